/** Replies of the read-only tools that are polled. Broken tools of 0.3.8 are mapped from what their source promises. */
import { asValue } from 'seneca-collector'
import { microsOf, type Micros } from '../micros.ts'
import type { Fact, Polled } from '../observation.ts'
import { fieldsOf, listOf, numberOf, textOf, textsOf, type Fields } from './fields.ts'

const agentOf = (entry: unknown): Polled[] => {
  const agent = fieldsOf(entry)
  const id = textOf(agent['id']) ?? textOf(agent['agent_id'])
  if (id === undefined) return []
  return [
    {
      id,
      name: textOf(agent['name']) ?? id,
      role: textOf(agent['role']) ?? '',
      status: textOf(agent['status']) ?? 'unknown',
      skills: textsOf(agent['skills']),
      tasks: textsOf(agent['current_tasks']),
    },
  ]
}

const projectOf = (reply: Fields): Fact[] => {
  const project = fieldsOf(reply['project'])
  const id = textOf(project['id'])
  if (id === undefined) return []
  return [
    {
      kind: 'project_polled',
      id,
      name: textOf(project['name']) ?? id,
      total: numberOf(project['total_tasks']) ?? 0,
      completed: numberOf(project['completed']) ?? 0,
      active: numberOf(project['in_progress']) ?? 0,
      blocked: numberOf(project['blocked']) ?? 0,
      percent: numberOf(project['completion_percentage']) ?? 0,
    },
  ]
}

const measured = (values: Fields, unit: string): Fact[] => {
  const numbers = Object.entries(values).flatMap(([name, value]) => {
    const number = numberOf(value)
    return number === undefined ? [] : [{ name, value: number, unit }]
  })
  return numbers.length === 0 ? [] : [{ kind: 'measured', values: numbers }]
}

const health = (reply: Fields): Fact[] => {
  const state = fieldsOf(reply['health'])
  const { active_agents, assigned_tasks, active_operations } = state
  return measured({ active_agents, assigned_tasks, active_operations }, '1')
}

export interface Reply {
  /** The time the server states, where it does. */
  readonly at: Micros | undefined
  readonly facts: readonly Fact[]
}

export const parseReply = (tool: string, reply: unknown): Reply => {
  const fields = fieldsOf(reply)
  const at = microsOf(fields['timestamp'])
  if (fields['success'] === false) return { at, facts: [] }
  switch (tool) {
    case 'list_registered_agents':
      return { at, facts: [{ kind: 'agents_polled', agents: listOf(fields['agents']).flatMap(agentOf) }] }
    case 'get_project_status':
      return { at, facts: projectOf(fields) }
    case 'ping':
      return { at, facts: health(fields) }
    case 'get_system_metrics':
      return { at, facts: measured({ ...fieldsOf(fields['metrics']), ...fieldsOf(fields['system_metrics']) }, '1') }
    case 'check_assignment_health':
      return { at, facts: [] }
    default:
      return { at, facts: [{ kind: 'tool_result', tool, result: asValue(reply ?? null) }] }
  }
}
