/** An answer the transport gives in the server's place, so that a request whose answer cannot come fails at once. */
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import type { ErrorCode } from '../kit/errors.ts'

/** Servers do not use it: JSON-RPC keeps -32099 to -32000 for implementations. */
const LOCAL_CODE = -32_099
const MARK = 'seneca-collector/local'

export const refusal = (id: string | number, code: ErrorCode, message: string): JSONRPCMessage => ({
  jsonrpc: '2.0',
  id,
  error: { code: LOCAL_CODE, message, data: { [MARK]: code } },
})

/** The code that `refusal` put into an error, if it is one. */
export const refusalCode = (error: { readonly code?: unknown; readonly data?: unknown }): ErrorCode | undefined => {
  if (error.code !== LOCAL_CODE || typeof error.data !== 'object' || error.data === null) return undefined
  const code = (error.data as Record<string, unknown>)[MARK]
  return typeof code === 'string' ? (code as ErrorCode) : undefined
}
