/** The tool calls that clients made while a day was recorded: requests joined to their answers. */
import { isObject, textOr, type Json } from './json.ts'
import { parseInstant, type Micros } from './instant.ts'
import type { Recording } from './recording.ts'

export interface Call {
  readonly client: string
  readonly sentAt: Micros
  /** When the answer came; `sentAt` when none did. */
  readonly answeredAt: Micros
  readonly tool: string
  readonly arguments: Json
  /** The JSON-RPC result; undefined when the call failed or was never answered. */
  readonly result: Json | undefined
  /** What the tool said: `structuredContent.result`, else its text as JSON. */
  readonly answer: unknown
}

/** What a tool said, whichever way it was wrapped. */
export const unwrap = (result: unknown): unknown => {
  if (!isObject(result)) return undefined
  const structured = result['structuredContent']
  if (isObject(structured) && 'result' in structured) return structured['result']
  if (isObject(structured)) return structured
  const content = Array.isArray(result['content']) ? (result['content'] as readonly unknown[]) : []
  const text = content.flatMap((block) => (isObject(block) && typeof block['text'] === 'string' ? [block['text']] : []))
  try {
    return JSON.parse(text.join('\n'))
  } catch {
    return text.length > 0 ? text.join('\n') : undefined
  }
}

interface Open {
  readonly client: string
  readonly sentAt: Micros
  readonly tool: string
  readonly arguments: Json
}

/** All tool calls of the recording, by the time they were sent. */
export const recordedCalls = (recording: Recording): readonly Call[] => {
  const lines = ['mcp-session.ndjson', 'mcp-observer.ndjson'].flatMap((path) => recording.lines(path))
  const sorted = lines.toSorted((a, b) => Number(a['seq'] ?? 0) - Number(b['seq'] ?? 0))
  const open = new Map<string, Open>()
  const calls: Call[] = []
  for (const line of sorted) {
    const message = isObject(line['message']) ? line['message'] : undefined
    const at = parseInstant(line['ts'])
    if (at === undefined || message === undefined) continue
    const key = `${textOr(line['client'], '')} ${textOr(line['session'], '')} ${textOr(message['id'], '')}`
    const params = isObject(message['params']) ? message['params'] : {}
    if (line['dir'] === 'send' && message['method'] === 'tools/call') {
      const args = isObject(params['arguments']) ? params['arguments'] : {}
      open.set(key, {
        client: textOr(line['client'], ''),
        sentAt: at,
        tool: textOr(params['name'], ''),
        arguments: args,
      })
    } else if (line['dir'] === 'recv' && open.has(key)) {
      const request = open.get(key)!
      open.delete(key)
      const result = isObject(message['result']) ? message['result'] : undefined
      calls.push({ ...request, answeredAt: at, result, answer: unwrap(result) })
    }
  }
  for (const request of open.values()) {
    calls.push({ ...request, answeredAt: request.sentAt, result: undefined, answer: undefined })
  }
  return calls.toSorted((a, b) => a.sentAt - b.sentAt)
}
