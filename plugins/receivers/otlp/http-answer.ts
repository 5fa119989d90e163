/**
 * Answers of OTLP/HTTP: an Export…Response or a google.rpc.Status, in the encoding of the request; a sentence for those
 * whose encoding is not ours.
 */
import type { ServerResponse } from 'node:http'
import type { Signal } from 'seneca-collector'
import { grpcCodes } from 'seneca-collector/grpc'
import type { GrpcCode } from 'seneca-collector/grpc'
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

const send = (
  response: ServerResponse,
  status: number,
  type: string,
  body: Uint8Array | string,
  more: Common,
): void => {
  const length = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length)
  response.writeHead(status, ['content-type', type, 'content-length', length, ...more] as string[])
  response.end(body)
}

export const answerTaken = (response: ServerResponse, format: Format, common: Common): void =>
  send(response, 200, types[format], format === 'otlp_json' ? '{}' : '', common)

export const answerPartial = (
  response: ServerResponse,
  signal: Signal,
  format: Format,
  { rejected, message }: { readonly rejected: number; readonly message: string },
  common: Common,
): void => {
  const body =
    format === 'otlp_json'
      ? JSON.stringify(partialSuccessToJson(signal, rejected, message))
      : encodePartialSuccess(rejected, message)
  send(response, 200, types[format], body, common)
}

export const answerRefused = (
  response: ServerResponse,
  format: Format | undefined,
  { status, message, retryAfterMs, headers = [] }: Refusal,
  common: Common,
): void => {
  const wait = retryAfterMs === undefined ? [] : ['retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000)))]
  const more = [...wait, ...headers, ...common]
  if (format === undefined) return send(response, status, 'text/plain; charset=utf-8', `${message}\n`, more)
  const init = { code: grpcCodes[codes[status] ?? 'INTERNAL'], message, retryAfterMs }
  send(
    response,
    status,
    types[format],
    format === 'otlp_json' ? JSON.stringify(statusToJson(init)) : encodeStatus(init),
    more,
  )
}
