/** One client of a real Marcus over streamable HTTP, which writes down every message. */
import { unwrap } from '../../../core/replay/calls.ts'
import { parseLine, type Json } from '../../../core/replay/json.ts'
import type { Notes } from './notes.ts'

export interface McpClient {
  /** What the tool said; undefined when no answer came. */
  call(tool: string, args?: Json): Promise<Json | undefined>
}

const PROTOCOL = '2025-06-18'
/** Marcus plans, tests and merges while a caller waits. */
const ANSWER_MS = 120_000

export const connectClient = (notes: Notes, name: string, endpoint: string, url: string): McpClient => {
  let session: string | null = null
  let id = 0

  const post = async (message: Json): Promise<Json | undefined> => {
    notes.message({ dir: 'send', client: name, endpoint, session, message })
    const began = performance.now()
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-protocol-version': PROTOCOL,
        ...(session === null ? {} : { 'mcp-session-id': session }),
      },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const text = await response.text()
    const data = text
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => line.slice('data:'.length).trim())
      .join('')
    const answer = parseLine(data === '' ? text : data)
    const { status } = response
    const given = response.headers.get('mcp-session-id')
    session = status === 404 ? null : (given ?? session)
    if (message['id'] !== undefined) {
      const ms = Math.round((performance.now() - began) * 10) / 10
      notes.message({ dir: 'recv', client: name, endpoint, session, http_status: status, ms, message: answer ?? null })
    }
    return status === 404 ? undefined : answer
  }

  const initialize = async (): Promise<void> => {
    const params = { protocolVersion: PROTOCOL, capabilities: {}, clientInfo: { name, version: '1' } }
    await post({ jsonrpc: '2.0', id: ++id, method: 'initialize', params })
    await post({ jsonrpc: '2.0', method: 'notifications/initialized' })
  }

  const attempt = async (tool: string, args: Json): Promise<Json | undefined> => {
    if (session === null) await initialize()
    const answer = await post({
      jsonrpc: '2.0',
      id: ++id,
      method: 'tools/call',
      params: { name: tool, arguments: args },
    })
    const said = unwrap(answer?.['result'])
    return typeof said === 'object' && said !== null ? (said as Json) : undefined
  }

  return {
    call: async (tool, args = {}) => {
      try {
        // A new Marcus knows no old session: the first call finds out, the second is answered.
        return (await attempt(tool, args)) ?? (session === null ? await attempt(tool, args) : undefined)
      } catch (error) {
        notes.truth('no_answer', { client: name, tool, reason: String(error) })
        session = null
        return undefined
      }
    },
  }
}
