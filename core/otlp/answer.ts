/**
 * What an OTLP server answers, as far as delivery needs it (opentelemetry-proto collector/<signal>/v1; google.rpc):
 *
 *   Export<Signal>ServiceResponse { 1: partial_success { 1: int64 rejected_<records>, 2: string error_message } }
 *   Status    { 1: int32 code, 2: string message, 3: repeated Any details }
 *   Any       { 1: string type_url, 2: bytes value }
 *   RetryInfo { 1: Duration retry_delay { 1: int64 seconds, 2: int32 nanos } }
 *
 * What cannot be read is as if it were empty: a server that took a batch and mumbles has taken it.
 */
import type { Signal } from '../model/types.ts'
import { lastOf, readFields } from './fields.ts'

export interface PartialSuccess {
  readonly rejected: number
  readonly message: string
}

export interface ServerStatus {
  /** A gRPC code, 0 when unknown. */
  readonly code: number
  readonly message: string
  /** `RetryInfo`'s delay in milliseconds; undefined when there is none. */
  readonly retryAfterMs: number | undefined
}

const NONE: PartialSuccess = { rejected: 0, message: '' }
const NO_STATUS: ServerStatus = { code: 0, message: '', retryAfterMs: undefined }
const RETRY_INFO = 'google.rpc.RetryInfo'
/** A longer wait than a day is a mistake of the server's. */
const RETRY_MOST_MS = 24 * 3_600_000

/** How the JSON mapping names the count of refused records. */
export const rejectedKey: Readonly<Record<Signal, string>> = {
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
  traces: 'rejectedSpans',
}

const text = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : new TextDecoder().decode(bytes))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const readJson = (body: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text(body))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

const count = (value: unknown): number => {
  const number = Number(value)
  return Number.isSafeInteger(number) && number > 0 ? number : 0
}

const isJson = (contentType: string | undefined): boolean => contentType?.startsWith('application/json') === true

/** Records a server refused although it took the request, and its words. */
export const partialSuccess = (signal: Signal, body: Uint8Array, contentType?: string): PartialSuccess => {
  if (body.length === 0) return NONE
  if (isJson(contentType)) {
    const partial = readJson(body)?.['partialSuccess']
    if (!isRecord(partial)) return NONE
    const message = partial['errorMessage']
    return { rejected: count(partial[rejectedKey[signal]]), message: typeof message === 'string' ? message : '' }
  }
  const partial = lastOf(readFields(body), 1)
  const fields = partial === undefined ? undefined : readFields(partial)
  return fields === undefined ? NONE : { rejected: count(fields.ints.get(1) ?? 0n), message: text(lastOf(fields, 2)) }
}

const retryInfo = (details: readonly Uint8Array[]): number | undefined => {
  for (const detail of details) {
    const any = readFields(detail)
    if (!text(lastOf(any, 1)).endsWith(RETRY_INFO)) continue
    const value = lastOf(any, 2)
    const delay = value === undefined ? undefined : lastOf(readFields(value), 1)
    const duration = delay === undefined ? undefined : readFields(delay)
    if (duration === undefined) return undefined
    const ms = Number(duration.ints.get(1) ?? 0n) * 1000 + Number(duration.ints.get(2) ?? 0n) / 1_000_000
    return Math.min(RETRY_MOST_MS, Math.max(0, Math.round(ms)))
  }
  return undefined
}

/** A `google.rpc.Status` in protobuf: the body of an OTLP/HTTP refusal, or gRPC's `grpc-status-details-bin`. */
export const readStatus = (body: Uint8Array): ServerStatus => {
  const fields = readFields(body)
  if (fields === undefined) return NO_STATUS
  return {
    code: count(fields.ints.get(1) ?? 0n),
    message: text(lastOf(fields, 2)),
    retryAfterMs: retryInfo(fields.bytes.get(3) ?? []),
  }
}

/** The words of a refusal over HTTP: the message of a Status, else whatever came. */
export const statusMessage = (body: Uint8Array, contentType: string | undefined): string => {
  if (isJson(contentType)) {
    const message = readJson(body)?.['message']
    if (typeof message === 'string') return message
  }
  return contentType?.startsWith('application/x-protobuf') === true ? readStatus(body).message : text(body)
}
