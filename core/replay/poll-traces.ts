/**
 * What the real Marcus writes when somebody polls it: an observer leaves traces in what it observes. The replayed one
 * writes them too, for every poll it really answers, so that a collector which counts its own polls gives itself away.
 */
import type { Json } from './json.ts'
import { textOr } from './json.ts'
import { formatInstant, formatStamp, type Micros } from './instant.ts'
import type { Step } from './step.ts'

export interface PollTraces {
  /** Sees what is replayed, to know the log files of this start of Marcus. */
  saw(step: Step): void
  /** The lines a poll leaves. */
  of(tool: string, args: Json, answer: Json, at: Micros): readonly Step[]
}

const line = (value: Json): Uint8Array => Buffer.from(`${JSON.stringify(value)}\n`)

export const pollTraces = (): PollTraces => {
  let realtime: string | undefined
  let conversations: string | undefined

  const append = (path: string | undefined, at: Micros, value: Json): Step[] =>
    path === undefined ? [] : [{ at, kind: 'append', path, bytes: line(value) }]

  const ping = (args: Json, answer: Json, at: Micros): Step[] => {
    const echo = textOr(args['echo'], '')
    const client = echo.includes('seneca') ? 'seneca' : 'unknown'
    const timestamp = formatInstant(at)
    const request = { echo, source: 'mcp_client', client_type: client }
    const zulu = timestamp.replace('+00:00', 'Z')
    const thought = `Received ping from ${client} client with echo: ${echo}`
    const thinking = {
      conversation_type: 'internal_thinking',
      thought,
      context: {},
      timestamp: zulu,
      event: 'pm_thinking',
    }
    const day = formatStamp(at).slice(0, 8)
    return [
      ...append(realtime, at, { timestamp, type: 'ping_request', ...request }),
      ...append(`logs/agent_events/agent_events_${day}.jsonl`, at, {
        timestamp,
        event_type: 'ping_request',
        data: request,
      }),
      ...append(conversations, at, { ...thinking, logger: 'marcus', level: 'debug' }),
      ...append(realtime, at, { ...answer, timestamp, type: 'ping_response', echo, client_type_detected: client }),
    ]
  }

  return {
    saw: (step) => {
      if (step.kind === 'process') [realtime, conversations] = [undefined, undefined]
      if (step.kind !== 'append') return
      if (/\/realtime_[^/]*\.jsonl$/.test(step.path)) realtime = step.path
      if (/\/conversations_[^/]*\.jsonl$/.test(step.path)) conversations = step.path
    },
    of: (tool, args, answer, at) => {
      if (tool === 'ping') return ping(args, answer, at)
      if (tool !== 'get_project_status') return []
      const state = { project_name: 'Current Project', blocked_tasks: 0 }
      const timestamp = formatInstant(at)
      return append(realtime, at, { timestamp, type: 'project_state_refreshed', task_count: 0, project_state: state })
    },
  }
}
