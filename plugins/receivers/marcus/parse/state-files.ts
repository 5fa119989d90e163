/**
 * JSON files that Marcus replaces whole: assignments, projects, subtasks, project history, service files. Each is read
 * into observations with the times that stand in it; what has none is as old as the file.
 */
import { microsOf, type Micros } from '../micros.ts'
import type { Fact } from '../observation.ts'
import { fieldsOf, isFields, listOf, maybe, numberOf, textOf, textsOf, type Fields } from './fields.ts'
import { artifactOf, decisionOf } from './marcus-db.ts'

export interface Timed {
  readonly at: Micros | undefined
  readonly fact: Fact
}

export const parseAssignments = (content: Fields): readonly Timed[] =>
  Object.entries(content).flatMap(([agent, entry]): Timed[] => {
    const task = textOf(fieldsOf(entry)['task_id'])
    if (task === undefined) return []
    const data = fieldsOf(fieldsOf(entry)['task_data'])
    const names = { ...maybe('name', textOf(data['name'])), ...maybe('priority', textOf(data['priority'])) }
    return [{ at: microsOf(fieldsOf(entry)['assigned_at']), fact: { kind: 'assignment', agent, task, ...names } }]
  })

export const parseProjects = (content: Fields): readonly Timed[] =>
  Object.entries(content).flatMap(([id, entry]): Timed[] => {
    const project = fieldsOf(entry)
    if (id === 'active_project') {
      const active = textOf(project['project_id'])
      return active === undefined
        ? []
        : [{ at: microsOf(project['_stored_at']), fact: { kind: 'active_project', id: active } }]
    }
    if (!isFields(entry) || textOf(project['id']) === undefined) return []
    const name = textOf(fieldsOf(project['provider_config'])['project_name']) ?? textOf(project['name']) ?? id
    const provider = textOf(project['provider']) ?? 'unknown'
    const settings = { name: textOf(project['name']) ?? id, provider, tags: textsOf(project['tags']) }
    return [{ at: microsOf(project['created_at']), fact: { kind: 'project', id, name, settings } }]
  })

export const parseSubtasks = (content: Fields): readonly Timed[] =>
  Object.entries(fieldsOf(content['subtasks'])).flatMap(([id, entry]): Timed[] => {
    const subtask = fieldsOf(entry)
    const parent = textOf(subtask['parent_task_id'])
    if (parent === undefined) return []
    const fact: Fact = {
      kind: 'subtask',
      id,
      parent,
      name: textOf(subtask['name']) ?? id,
      priority: textOf(subtask['priority']) ?? 'medium',
      dependsOn: textsOf(subtask['dependencies']),
      ...maybe('hours', numberOf(subtask['estimated_hours'])),
    }
    return [{ at: microsOf(subtask['created_at']), fact }]
  })

export const parseHistory = (content: Fields): readonly Timed[] =>
  [...listOf(content['decisions']), ...listOf(content['artifacts'])].flatMap((entry): Timed[] => {
    const item = fieldsOf(entry)
    const parsed = item['decision_id'] === undefined ? artifactOf(item) : decisionOf(item)
    return parsed === undefined || parsed.kind === 'housekeeping'
      ? []
      : [{ at: microsOf(item['timestamp']), fact: parsed }]
  })

export const parseService = (content: Fields): readonly Timed[] => {
  const pid = numberOf(content['pid'])
  return [{ at: microsOf(content['started_at']), fact: { kind: 'boot', ...maybe('pid', pid) } }]
}
