/**
 * `logs/conversations/conversations_*.jsonl`: every message between agents and Marcus, with acceptance and refusal, the
 * real severity of blockers, and failures of tools. Half of it is thinking. `decisions_*` repeats it and is not read.
 */
import { fieldsOf, maybe, numberOf, textOf, type Fields } from './fields.ts'
import type { Parsed } from '../observation.ts'
import { registration, reportOf } from './realtime.ts'

const quiet = (name: string): readonly Parsed[] => [{ kind: 'housekeeping', name }]

const BLOCKER = 'Reporting blocker: '

const fromWorker = (agent: string, message: string, metadata: Fields): readonly Parsed[] | undefined => {
  const project = maybe('project', textOf(metadata['project_id']))
  if (message.startsWith('Registering as ')) {
    const parsed = registration({ ...metadata, worker_id: agent })
    return parsed === undefined ? undefined : [parsed]
  }
  if (message === 'Requesting next task') return [{ kind: 'request', agent, ...project }]
  if (message.startsWith('Progress update: ')) {
    const text = message.slice('Progress update: '.length).replace(/ \(-?[\d.]+%\)$/, '')
    const parsed = reportOf({ ...metadata, agent_id: agent, message: text })
    return parsed === undefined ? undefined : [parsed]
  }
  const task = textOf(metadata['task_id'])
  if (message.startsWith(BLOCKER) && task !== undefined) {
    const severity = textOf(metadata['severity']) ?? 'medium'
    return [{ kind: 'blocker', agent, task, severity, description: message.slice(BLOCKER.length), ...project }]
  }
  return undefined
}

const ACCEPTED = /^Progress update received: (\S+) at (-?[\d.]+)%$/

const toWorker = (agent: string, message: string, metadata: Fields): readonly Parsed[] | undefined => {
  const accepted = ACCEPTED.exec(message)
  if (accepted !== null) {
    const progress = Number(accepted[2])
    return [{ kind: 'answer', to: 'report', via: 'line', agent, ok: true, status: accepted[1] ?? '', progress }]
  }
  if (message.startsWith('Blocker acknowledged')) {
    return [
      {
        kind: 'answer',
        to: 'blocker',
        via: 'line',
        agent,
        ok: true,
        ...maybe('severity', textOf(metadata['severity'])),
      },
    ]
  }
  if (message.startsWith('No suitable tasks')) {
    const reason = textOf(metadata['reason']) ?? 'no_matching_tasks'
    return [{ kind: 'no_task', agent, reason, ...maybe('retry', numberOf(metadata['retry_after_seconds'])) }]
  }
  if (message.startsWith('Task request denied')) {
    return [{ kind: 'no_task', agent, reason: textOf(metadata['reason']) ?? 'denied' }]
  }
  if (message.startsWith('Failed to assign task')) return [{ kind: 'no_task', agent, reason: 'assignment_failed' }]
  const task = textOf(metadata['task_id'])
  if (task !== undefined && /^(Assigned task|Task assigned): /.test(message)) {
    const name = message.slice(message.indexOf(': ') + 2)
    return [
      {
        kind: 'assignment',
        agent,
        task,
        ...maybe('name', textOf(name)),
        ...maybe('priority', textOf(metadata['priority'])),
      },
    ]
  }
  if (/^(Registration successful|Registration failed)/.test(message)) return quiet('registration_answer')
  if (task !== undefined && message.includes(' unassigned ')) {
    return [{ kind: 'unassigned', agent, task, by: 'manual_intervention' }]
  }
  return undefined
}

const decision = (line: Fields): readonly Parsed[] => {
  const text = textOf(line['decision']) ?? ''
  const factors = fieldsOf(line['decision_factors'])
  const id = textOf(factors['new_project_id'])
  if (text.startsWith('Switching project from ') && id !== undefined) {
    const old = maybe('old', textOf(factors['previous_project_id']))
    return [{ kind: 'active_project', id, ...old, ...maybe('name', textOf(factors['new_project_name'])) }]
  }
  return quiet('pm_decision')
}

/** What an answer says when it is no: its own status first, then its code, its error, its message. */
export const refusalOf = (response: Fields): { reason: string; code?: string; message: string } => {
  const error = response['error']
  const inner = fieldsOf(error)
  const code = textOf(response['status']) ?? textOf(inner['code'])
  const message = textOf(inner['message']) ?? textOf(error) ?? textOf(response['message']) ?? 'Unknown error'
  return { reason: code ?? message, message, ...maybe('code', code) }
}

const reportArguments = (args: Fields): Fields => ({
  task: textOf(args['task_id']),
  progress: numberOf(args['progress']),
  status: textOf(args['status']),
  severity: textOf(args['severity']),
  description: textOf(args['blocker_description']),
})

const toolAnswer = (tool: string, args: Fields, response: Fields, ok: boolean): Parsed | undefined => {
  const agent = textOf(args['agent_id'])
  if (agent === undefined || (tool !== 'report_task_progress' && tool !== 'report_blocker')) return undefined
  const { task, progress, status, severity, description } = reportArguments(args)
  return {
    kind: 'answer',
    to: tool === 'report_blocker' ? 'blocker' : 'report',
    via: 'tool',
    agent,
    ok,
    ...maybe('task', task as string | undefined),
    ...maybe('progress', progress as number | undefined),
    ...maybe('status', status as string | undefined),
    ...maybe('severity', severity as string | undefined),
    ...maybe('description', description as string | undefined),
    ...maybe('reason', ok ? undefined : refusalOf(response).reason),
  }
}

/** Tools that only an agent calls, in its own name: a successful call is a sign of its life. */
const LIVELY = new Set(['log_decision', 'log_artifact', 'get_task_context', 'register_agent', 'request_next_task'])

const succeeded = (tool: string, context: Fields): readonly Parsed[] => {
  const args = fieldsOf(context['arguments'])
  const answer = toolAnswer(tool, args, fieldsOf(context['response']), true)
  if (answer !== undefined) return [answer]
  const agent = textOf(args['agent_id'])
  return agent !== undefined && LIVELY.has(tool) ? [{ kind: 'life', agent }] : quiet('tool_succeeded')
}

export const isFine = (response: Fields): boolean =>
  Object.keys(response).length > 0 && response['success'] !== false && (response['error'] ?? null) === null

const failed = (tool: string, line: Fields): readonly Parsed[] => {
  const args = fieldsOf(line['arguments'])
  const response = fieldsOf(line['response'])
  const agent = textOf(args['agent_id'])
  const answer = toolAnswer(tool, args, response, false)
  if (answer !== undefined) return [answer]
  if (tool === 'request_next_task' && agent !== undefined) {
    const { message } = refusalOf({ ...response, message: undefined })
    const reason =
      textOf(response['retry_reason']) ?? textOf(line['retry_reason']) ?? textOf(response['status']) ?? message
    return [{ kind: 'no_task_answer', agent, reason, ...maybe('retry', numberOf(response['retry_after_seconds'])) }]
  }
  // Some tools say no `success` at all, which Marcus's own log takes for a failure.
  if (isFine(response)) return quiet('tool_succeeded')
  const { message, code } = refusalOf(Object.keys(response).length > 0 ? response : { error: line['error'] })
  return [{ kind: 'tool_failed', tool, message, ...maybe('agent', agent), ...maybe('code', code) }]
}

const TOOL = /^MCP tool '([^']+)' (succeeded|returned failure)$/

const thinking = (line: Fields): readonly Parsed[] => {
  const thought = textOf(line['thought']) ?? ''
  const tool = TOOL.exec(thought)
  if (tool !== null) return succeeded(tool[1] ?? '', fieldsOf(line['context']))
  if (thought.includes('PROJECT GRIDLOCK DETECTED')) {
    const metrics = fieldsOf(fieldsOf(line['context'])['metrics'])
    const blocked =
      numberOf(metrics['blocked_tasks']) ?? numberOf(metrics['blocked_tasks_count']) ?? numberOf(metrics['todo_tasks'])
    return [{ kind: 'gridlock', blocked: blocked ?? 0 }]
  }
  return quiet('thinking')
}

const communication = (line: Fields): readonly Parsed[] | undefined => {
  const agent = textOf(line['worker_id'])
  const message = textOf(line['message'])
  if (agent === undefined || message === undefined) return undefined
  const metadata = fieldsOf(line['metadata'])
  if (line['conversation_type'] === 'worker_to_pm') return fromWorker(agent, message, metadata)
  return toWorker(agent, message, metadata)
}

export const parseConversationLine = (line: Fields): readonly Parsed[] | undefined => {
  const event = textOf(line['event']) ?? ''
  const tool = TOOL.exec(event)
  if (tool !== null) return tool[2] === 'succeeded' ? succeeded(tool[1] ?? '', line) : failed(tool[1] ?? '', line)
  switch (line['conversation_type']) {
    case 'worker_to_pm':
    case 'pm_to_worker':
      return communication(line)
    case 'decision':
      return decision(line)
    case 'internal_thinking':
      return thinking(line)
    case 'pm_to_kanban':
    case 'kanban_to_pm':
    case 'internal':
      return quiet(textOf(line['action']) === 'client_connection' ? 'client_connection' : 'kanban_interaction')
    default:
      if (event === 'kanban_interaction') return quiet('kanban_interaction')
      if (event === 'pm_thinking') return thinking(line)
      if (event === 'worker_communication') return communication(line)
      return undefined
  }
}
