/** `data/audit_logs/audit_<day>.jsonl`: every call with its duration, over stdio only. Over HTTP just registrations. */
import type { Parsed } from '../observation.ts'
import { refusalOf } from './conversations.ts'
import { fieldsOf, maybe, numberOf, textOf, type Fields } from './fields.ts'

/** Tools whose refusals are told as what they are; a "no" of these is no error of the system. */
const ANSWERED = new Set(['request_next_task', 'report_task_progress', 'report_blocker'])

const isOurs = (line: Fields, args: Fields): boolean =>
  textOf(line['client_type'])?.includes('seneca') === true ||
  textOf(args['echo'])?.toLowerCase().includes('seneca') === true

const toolCall = (line: Fields, tool: string): readonly Parsed[] => {
  const details = fieldsOf(line['details'])
  const args = fieldsOf(details['arguments'])
  if (isOurs(line, args)) return [{ kind: 'housekeeping', name: 'own_call' }]
  const result = fieldsOf(details['result'])
  const answeredNo =
    result['success'] === false || (line['success'] === false && line['event_type'] !== 'access_denied')
  const { message, code } = refusalOf(Object.keys(result).length > 0 ? result : { error: details['error'] })
  const agent = maybe('agent', textOf(args['agent_id']))
  const called: Parsed = {
    kind: 'tool_called',
    tool,
    ...agent,
    ...maybe('client', textOf(line['client_id'])),
    ...maybe('clientType', textOf(line['client_type'])),
    ...maybe('ms', numberOf(details['duration_ms'])),
    ok: !answeredNo,
    ...maybe('error', answeredNo ? message : undefined),
  }
  if (!answeredNo || ANSWERED.has(tool)) return [called]
  return [called, { kind: 'tool_failed', tool, message, ...agent, ...maybe('code', code) }]
}

export const parseAuditLine = (line: Fields): readonly Parsed[] | undefined => {
  const tool = textOf(line['tool_name'])
  const type = textOf(line['event_type'])
  if (type === 'client_registration') return [{ kind: 'housekeeping', name: type }]
  if (tool === undefined) return undefined
  if (type === 'access_denied') {
    return [{ kind: 'denied', tool, clientType: textOf(line['client_type']) ?? deniedType(line) }]
  }
  return type === 'tool_call' || type === 'tool_error' || type === 'tool_call_error' ? toolCall(line, tool) : undefined
}

const deniedType = (line: Fields): string =>
  /client type '([^']+)'/.exec(textOf(fieldsOf(line['details'])['reason']) ?? '')?.[1] ?? 'unregistered'
