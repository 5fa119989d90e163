/**
 * Answers of OTLP/HTTP: an Export…Response or a google.rpc.Status, in the encoding of the request; a sentence for those
 * whose encoding is not ours.
 */
import type { Signal } from 'seneca-collector'
import { grpcCodes } from 'seneca-collector/grpc'
import type { GrpcCode } from 'seneca-collector/grpc'
import type { Answer } from 'seneca-collector/http'
import { encodePartialSuccess, encodeStatus, partialSuccessToJson, statusToJson } from 'seneca-collector/otlp'
import type { Format } from './intake.ts'

const codes: Readonly<Record<number, GrpcCode>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  408: 'DEADLINE_EXCEEDED',
  413: 'RESOURCE_EXHAUSTED',
  415: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
}

export interface Refusal {
  readonly status: number
  readonly message: string
  readonly retryAfterMs?: number | undefined
  /** More headers, name after value. */
  readonly headers?: readonly string[]
}

const types: Readonly<Record<Format, string>> = {
  otlp_proto: 'application/x-protobuf',
  otlp_json: 'application/json',
}

/** Common headers of a server's answers, name after value. */
export type Common = readonly string[]

const answerOf = (status: number, type: string, body: Uint8Array | string, more: Common): Answer => ({
  status,
  headers: ['content-type', type, ...more],
  body,
})

const taken = new WeakMap<Common, Readonly<Record<Format, Answer>>>()

/** The usual answer: made once for headers that are the same array. */
export const answerTaken = (format: Format, common: Common): Answer => {
  const known = taken.get(common)
  if (known !== undefined) return known[format]
  const made = {
    otlp_proto: answerOf(200, types.otlp_proto, '', common),
    otlp_json: answerOf(200, types.otlp_json, '{}', common),
  }
  taken.set(common, made)
  return made[format]
}

export const answerPartial = (
  signal: Signal,
  format: Format,
  { rejected, message }: { readonly rejected: number; readonly message: string },
  common: Common,
): Answer => {
  const body =
    format === 'otlp_json'
      ? JSON.stringify(partialSuccessToJson(signal, rejected, message))
      : encodePartialSuccess(rejected, message)
  return answerOf(200, types[format], body, common)
}

export const answerRefused = (
  format: Format | undefined,
  { status, message, retryAfterMs, headers = [] }: Refusal,
  common: Common,
): Answer => {
  const wait = retryAfterMs === undefined ? [] : ['retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000)))]
  const more = [...wait, ...headers, ...common]
  if (format === undefined) return answerOf(status, 'text/plain; charset=utf-8', `${message}\n`, more)
  const init = { code: grpcCodes[codes[status] ?? 'INTERNAL'], message, retryAfterMs }
  const body = format === 'otlp_json' ? JSON.stringify(statusToJson(init)) : encodeStatus(init)
  return answerOf(status, types[format], body, more)
}
