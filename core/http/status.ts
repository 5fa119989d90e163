/** What an HTTP status means to delivery: taken, worth another try, or refused for good. */
import { CollectorError } from '../kit/errors.ts'
import type { ErrorCode } from '../kit/errors.ts'
import type { HttpHeaders } from './http1/head.ts'
import { retryAfterMs } from './retry-after.ts'

const SAID_CHARACTERS = 300

/** OTLP/HTTP's own list; everything else from 400 on is refused for good. */
export const otlpRetryable: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** Webhooks and other plain APIs: what may pass by itself. */
export const isRetryable = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || status >= 500

const codeOf = (status: number): ErrorCode => {
  if (status === 401 || status === 403) return 'unauthenticated'
  if (status === 413) return 'too_large'
  if (status === 404 || status === 410) return 'not_found'
  if (status === 429 || status >= 500) return 'unavailable'
  return 'rejected'
}

/** The start of an answer, on one line, for a message. */
export const said = (body: Uint8Array | string): string => {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body.subarray(0, SAID_CHARACTERS * 4))
  // Control characters of a peer's text must not reach a terminal.
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim()
  return line.length > SAID_CHARACTERS ? `${line.slice(0, SAID_CHARACTERS)}…` : line
}

export interface StatusErrorOptions {
  readonly what: string
  readonly status: number
  readonly headers: HttpHeaders
  readonly body?: Uint8Array | string
  readonly now: number
  readonly retryable: boolean
}

/** The error of an answer that is no 2xx; `Retry-After` counts only where another try makes sense. */
export const statusError = ({ what, status, headers, body, now, retryable }: StatusErrorOptions): CollectorError => {
  const text = body === undefined ? '' : said(body)
  const redirect = status >= 300 && status < 400 && headers['location'] !== undefined
  const detail = redirect ? 'a redirect to another host, which is not followed' : text
  const wait = retryable ? retryAfterMs(headers['retry-after'], now) : undefined
  return new CollectorError(codeOf(status), `${what} answered ${status}${detail === '' ? '' : `: ${detail}`}`, {
    retryable,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  })
}
