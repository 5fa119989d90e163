/**
 * What Marcus would answer to a tool at an instant of the recorded day: the newest answer that any client got to the
 * same question from the same process. Before the first one there, and for an agent that nobody had asked about, the
 * answer is made from what the logs say had happened by then.
 */
import { isObject, parseLine, textOr, type Json } from './json.ts'
import type { Boot } from './boots.ts'
import type { Call } from './calls.ts'
import { formatInstant, type Micros } from './instant.ts'
import type { Recording } from './recording.ts'
import type { Step } from './step.ts'
import type { Timeline } from './timeline.ts'

export interface Answers {
  /** The `tools/call` result. */
  answer(tool: string, args: Json, at: Micros, boot: Boot): Json
  readonly tools: readonly Json[]
  readonly initialize: { readonly name: string; readonly version: string; readonly instructions: string }
}

const wrap = (value: unknown): Json => ({
  content: [{ type: 'text', text: JSON.stringify(value, null, 2) }],
  structuredContent: { result: value },
  isError: false,
})

const keyOf = (tool: string, args: Json): string =>
  `${tool} ${JSON.stringify(Object.entries(args).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`

interface Registered {
  readonly at: Micros
  readonly agent: Json
}

const registrations = (steps: readonly Step[]): readonly Registered[] =>
  steps.flatMap((step) => {
    if (step.kind !== 'append' || !/(^|\/)realtime_[^/]*\.jsonl$/.test(step.path)) return []
    const line = parseLine(Buffer.from(step.bytes).toString('utf8'))
    if (line?.['type'] !== 'worker_registration') return []
    const known = { id: line['worker_id'], name: line['name'], role: line['role'], status: 'available' }
    const agent = { ...known, skills: line['skills'] ?? [], current_tasks: [], total_completed: 0 }
    return [{ at: step.at, agent }]
  })

/** Without a recorded answer: who had registered with this process, and nothing that is not known. */
const made = (tool: string, args: Json, at: Micros, boot: Boot, registered: readonly Registered[]): unknown => {
  const agents = new Map<unknown, Json>()
  for (const one of registered) if (one.at >= boot.startedAt && one.at <= at) agents.set(one.agent['id'], one.agent)
  if (tool === 'list_registered_agents') return { success: true, agents: [...agents.values()], total: agents.size }
  if (tool === 'get_agent_status') {
    const agent = agents.get(args['agent_id'])
    return agent === undefined
      ? { success: false, message: `Agent ${textOr(args['agent_id'], '')} not found` }
      : { success: true, agent: { ...agent, performance_score: 1 } }
  }
  if (tool === 'ping') {
    const server = { instance_id: 'unknown', log_dir: '' }
    const known = { success: true, status: 'online', provider: 'sqlite', echo: textOr(args['echo'], '') }
    const tail = { timestamp: formatInstant(at), client_type_detected: 'seneca', server_info: server }
    if (args['echo'] !== 'health') return { ...known, ...tail }
    const health = { tasks_being_assigned: [], active_agents: agents.size, assigned_tasks: 0, shutdown_pending: false }
    return { ...known, ...tail, health }
  }
  if (tool === 'get_project_status') return { success: false, error: 'No active project' }
  return undefined
}

export const answersOf = (recording: Recording, { calls, steps }: Pick<Timeline, 'calls' | 'steps'>): Answers => {
  const byQuestion = new Map<string, Call[]>()
  for (const call of calls) {
    if (call.result === undefined) continue
    const key = keyOf(call.tool, call.arguments)
    byQuestion.set(key, [...(byQuestion.get(key) ?? []), call])
  }
  for (const list of byQuestion.values()) list.sort((a, b) => a.answeredAt - b.answeredAt)
  const registered = registrations(steps)
  const listed = recording.json('tools-list.json')?.['analytics']
  const analytics = isObject(listed) ? listed : {}
  const begun = isObject(analytics['initialize']) ? analytics['initialize'] : {}
  const info = isObject(begun['serverInfo']) ? begun['serverInfo'] : {}
  const names = [...new Set(calls.map((call) => call.tool))]
  const tools = Array.isArray(analytics['tools'])
    ? (analytics['tools'] as readonly Json[])
    : names.map((name) => ({ name, inputSchema: { type: 'object' } }))

  const last = (key: string, at: Micros, boot: Boot): Call | undefined =>
    byQuestion.get(key)?.findLast((call) => call.answeredAt <= at && call.sentAt >= boot.startedAt)

  return {
    tools,
    initialize: {
      name: textOr(info['name'], 'marcus-analytics'),
      version: textOr(info['version'], 'replay'),
      instructions: textOr(begun['instructions'], ''),
    },
    answer: (tool, args, at, boot) => {
      const key = keyOf(tool, args)
      const recorded = last(key, at, boot)
      if (recorded?.result !== undefined) return recorded.result
      const value = made(tool, args, at, boot, registered)
      if (value !== undefined) return wrap(value)
      const text = names.includes(tool)
        ? `Error executing tool ${tool}: nothing is recorded yet`
        : `Unknown tool: ${tool}`
      return { content: [{ type: 'text', text }], isError: true }
    },
  }
}
