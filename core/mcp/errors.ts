/** What went wrong, in the collector's words. JSON-RPC errors are answers of the server, so they pass as they are. */
import { SdkError, SdkErrorCode, SdkHttpError, UnauthorizedError } from '@modelcontextprotocol/client'
import type { ProtocolError } from '@modelcontextprotocol/client'
import { CollectorError } from '../kit/errors.ts'
import { reasonOf } from './http-transport.ts'
import { refusalCode } from './refusal.ts'

const isProtocolError = (thrown: unknown): thrown is ProtocolError =>
  thrown instanceof Error && thrown.name === 'ProtocolError' && typeof (thrown as { code?: unknown }).code === 'number'

export const asError = (thrown: unknown, what: string): CollectorError | ProtocolError => {
  if (thrown instanceof CollectorError) return thrown
  if (isProtocolError(thrown)) {
    const code = refusalCode(thrown)
    return code === undefined
      ? thrown
      : new CollectorError(code, `${what}: ${thrown.message.replace(/^MCP error -?\d+: /, '')}`, {
          retryable: code === 'unavailable',
        })
  }
  const options = { cause: thrown }
  if (thrown instanceof UnauthorizedError)
    return new CollectorError('unauthenticated', `${what}: the server asks for authorization`, options)
  if (thrown instanceof SdkHttpError) {
    const status = thrown.data.status
    if (status === 401 || status === 403)
      return new CollectorError('unauthenticated', `${what}: the server refused with HTTP ${status}`, options)
    const later = status === 404 || status === 408 || status === 421 || status === 429 || (status ?? 0) >= 500
    const text = typeof thrown.data['text'] === 'string' ? `: ${thrown.data['text'].slice(0, 200)}` : ''
    return new CollectorError(later ? 'unavailable' : 'rejected', `${what}: HTTP ${status}${text}`, {
      ...options,
      retryable: later,
    })
  }
  if (thrown instanceof SdkError) {
    if (thrown.code === SdkErrorCode.RequestTimeout)
      return new CollectorError('timeout', `${what}: no answer in time`, { ...options, retryable: true })
    if (thrown.code === SdkErrorCode.InvalidResult)
      return new CollectorError('invalid_data', `${what}: the answer breaks the protocol's schema`, options)
    return new CollectorError('unavailable', `${what}: ${reasonOf(thrown)}`, { ...options, retryable: true })
  }
  if (thrown instanceof SyntaxError || (thrown instanceof Error && thrown.name === 'ZodError')) {
    return new CollectorError('invalid_data', `${what}: the answer is no JSON-RPC message`, options)
  }
  return new CollectorError('unavailable', `${what}: ${reasonOf(thrown)}`, { ...options, retryable: true })
}
