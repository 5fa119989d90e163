/** `data/kanban.db`: cards, and the comments that tell when a card was taken back. */
import { microsOf } from '../micros.ts'
import type { Card, Parsed } from '../observation.ts'
import { numberOf, textOf, type Fields } from './fields.ts'

/** A row of `tasks`; undefined when it has no id or no time. */
export const cardOf = (row: Fields, dependsOn: readonly string[]): Card | undefined => {
  const id = textOf(row['id'])
  const createdAt = microsOf(row['created_at']) ?? microsOf(row['updated_at'])
  if (id === undefined || createdAt === undefined) return undefined
  return {
    id,
    name: textOf(row['name']) ?? id,
    status: textOf(row['status']) ?? 'todo',
    priority: textOf(row['priority']) ?? 'medium',
    assignedTo: textOf(row['assigned_to']),
    createdAt,
    updatedAt: microsOf(row['updated_at']) ?? createdAt,
    completedAt: microsOf(row['completed_at']),
    projectId: textOf(row['project_id']),
    projectName: textOf(row['project_name']),
    estimatedHours: numberOf(row['estimated_hours']),
    parentId: textOf(row['parent_task_id']),
    dependsOn,
  }
}

const RECOVERED = /TASK RECOVERED FROM AGENT ([^*\n]+?)\s*\*{0,2}(?:\n|$)/

export const parseComment = (row: Fields): Parsed | undefined => {
  const card = textOf(row['task_id'])
  const agent = RECOVERED.exec(textOf(row['content']) ?? '')?.[1]
  if (card === undefined) return undefined
  return agent === undefined ? { kind: 'housekeeping', name: 'comment' } : { kind: 'recovered', card, agent }
}

export const parseCost = (row: Fields): Parsed | undefined => {
  const operation = textOf(row['operation'])
  if (operation === undefined) return undefined
  const optional: { [key: string]: string | number } = {}
  for (const [key, column] of [
    ['agent', 'agent_id'],
    ['project', 'project_id'],
  ] as const) {
    const value = textOf(row[column])
    if (value !== undefined) optional[key] = value
  }
  const task = textOf(row['subtask_id']) ?? textOf(row['task_id'])
  if (task !== undefined) optional['task'] = task
  const usd = numberOf(row['cost_usd'])
  if (usd !== undefined) optional['usd'] = usd
  return {
    kind: 'cost',
    key: `${textOf(row['run_id']) ?? ''}/${String(row['event_id'])}`,
    role: textOf(row['agent_role']) ?? 'unknown',
    operation,
    model: textOf(row['model']) ?? 'unknown',
    input: numberOf(row['input_tokens']) ?? 0,
    output: numberOf(row['output_tokens']) ?? 0,
    ...optional,
  }
}
