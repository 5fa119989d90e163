/**
 * `logs/conversations/realtime_*.jsonl`: `{timestamp, type, …}`. Registrations, requests, assignments, the making of
 * projects. No progress, no completion, no blocker. marcus.db's `events` hold the same with `data` one level down.
 */
import { fieldsOf, maybe, numberOf, textOf, textsOf, type Fields } from './fields.ts'
import type { Parsed } from '../observation.ts'

const housekeeping = new Set([
  'client_registered',
  'ping_request',
  'ping_response',
  'project_state_refreshed',
  'project_state_refresh_error',
  'refresh_project_state_error',
  'create_project_returning_to_mcp',
  'create_project_final_return',
  'create_project_auto_select_starting',
  'create_project_auto_select_skipped',
  'mcp_creating_response',
  'mcp_returning_response',
  'mcp_tool_call_start',
  'mcp_tool_call_complete',
  'session_expired',
  'cleanup_error',
  'client_session_created',
  'context_updated',
])

const known = (type: string): boolean =>
  housekeeping.has(type) || type.startsWith('ping_') || type.startsWith('project_state_refresh')

const assignment = (data: Fields): Parsed | undefined => {
  const agent = textOf(data['agent_id'])
  const task = textOf(data['task_id'])
  if (agent === undefined || task === undefined) return undefined
  if (data['source'] === 'auto_complete') return { kind: 'auto_complete', agent, task }
  if (data['source'] !== 'marcus') return undefined
  return {
    kind: 'assignment',
    agent,
    task,
    ...maybe('name', textOf(data['task_name'])),
    ...maybe('priority', textOf(data['priority'])),
  }
}

export const registration = (data: Fields): Parsed | undefined => {
  const agent = textOf(data['worker_id']) ?? textOf(data['agent_id'])
  if (agent === undefined) return undefined
  return {
    kind: 'registration',
    agent,
    name: textOf(data['name']) ?? agent,
    role: textOf(data['role']) ?? '',
    skills: textsOf(data['skills']),
    ...maybe('project', textOf(data['project_id'])),
  }
}

const projectStep = (type: string, data: Fields): Parsed | undefined => {
  const name = textOf(data['project_name'])
  if (name === undefined) return undefined
  if (type === 'create_project_calling') return { kind: 'creating', name }
  if (type === 'create_project_returned') {
    return { kind: 'created', name, ok: data['success'] === true, count: numberOf(data['task_count']) ?? 0 }
  }
  const id = textOf(data['project_id'])
  return id === undefined ? undefined : { kind: 'created_id', name, id }
}

const unassigned = (data: Fields): Parsed | undefined => {
  const task = textOf(data['task_id'])
  if (task === undefined) return undefined
  return {
    kind: 'unassigned',
    task,
    by: textOf(data['source']) ?? 'unknown',
    ...maybe('agent', textOf(data['agent_id'])),
  }
}

/** One event of the realtime log or of marcus.db; undefined when no rule knows it. */
export const parseRealtime = (type: string, data: Fields): Parsed | undefined => {
  if (type === 'server_startup') return { kind: 'boot' }
  if (type === 'worker_registration') return registration(data)
  if (type === 'task_assignment') return assignment(data)
  if (type === 'task_unassigned') return unassigned(data)
  if (type === 'task_request') {
    const agent = textOf(data['worker_id'])
    return agent === undefined ? undefined : { kind: 'request', agent }
  }
  if (['create_project_calling', 'create_project_returned', 'create_project_auto_select_succeeded'].includes(type)) {
    return projectStep(type, data)
  }
  return known(type) ? { kind: 'housekeeping', name: type } : undefined
}

export const parseRealtimeLine = (line: Fields): readonly Parsed[] | undefined => {
  const type = textOf(line['type'])
  const parsed = type === undefined ? undefined : parseRealtime(type, line)
  return parsed === undefined ? undefined : [parsed]
}

/** `logs/agent_events/agent_events_<day>.jsonl`: `{timestamp, event_type, data}`. Progress is written before Marcus decides. */
export const parseAgentEventLine = (line: Fields): readonly Parsed[] | undefined => {
  const type = textOf(line['event_type'])
  const data = fieldsOf(line['data'])
  if (type === 'progress_update') {
    const report = reportOf(data)
    return report === undefined ? undefined : [report]
  }
  if (type === 'task_assignment') {
    const task = fieldsOf(data['task'])
    const agent = textOf(data['worker_id'])
    const id = textOf(task['id'])
    if (agent === undefined || id === undefined) return undefined
    return [
      {
        kind: 'assignment',
        agent,
        task: id,
        ...maybe('name', textOf(task['name'])),
        ...maybe('priority', textOf(task['priority'])),
      },
    ]
  }
  if (type === 'worker_registration' || type === 'task_request') {
    const parsed = parseRealtime(type, data)
    return parsed === undefined ? undefined : [parsed]
  }
  // Who asks for context is named wrongly here (the last client that authenticated), so it is no sign of life.
  const quiet = ['context_requested', 'ping_request', 'planning_start', 'planning_end']
  return type !== undefined && quiet.includes(type) ? [{ kind: 'housekeeping', name: type }] : undefined
}

export const reportOf = (data: Fields): Parsed | undefined => {
  const agent = textOf(data['agent_id'])
  const task = textOf(data['task_id'])
  const progress = numberOf(data['progress'])
  if (agent === undefined || task === undefined || progress === undefined) return undefined
  const status = textOf(data['status']) ?? 'in_progress'
  return {
    kind: 'report',
    agent,
    task,
    progress,
    status,
    ...maybe('message', textOf(data['message'])),
    ...maybe('project', textOf(data['project_id'])),
  }
}
