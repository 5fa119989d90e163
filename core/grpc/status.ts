/**
 * How a call ends in words: the trailers `grpc-status`, `grpc-message` (percent-encoded) and `grpc-status-details-bin`, a
 * google.rpc.Status that may hold RetryInfo.
 */
import type { IncomingHttpHeaders } from 'node:http2'
import { CollectorError } from '../kit/errors.ts'
import { readStatus } from '../otlp/answer.ts'
import { encodeStatus } from '../otlp/write-answer.ts'
import { errorCodeOf, grpcCodeOf, grpcCodes, otlpGrpcRetryable } from './codes.ts'
import type { GrpcCode } from './codes.ts'

const MESSAGE_CHARACTERS = 1_000

export interface GrpcStatus {
  readonly code: GrpcCode
  readonly message: string
  /** When the sender may come back (RetryInfo), in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/** A call that did not end with OK. `retryable` follows the OTLP specification's table. */
export class GrpcError extends CollectorError {
  readonly status: GrpcCode
  constructor({ code, message, retryAfterMs }: GrpcStatus, cause?: unknown) {
    const isRetryable = otlpGrpcRetryable(code, retryAfterMs !== undefined)
    super(errorCodeOf(code, isRetryable), message, {
      retryable: isRetryable,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(cause === undefined ? {} : { cause }),
    })
    this.name = 'GrpcError'
    this.status = code
  }
}

/** All but printable ASCII without `%` is written `%XX` (doc/PROTOCOL-HTTP2.md, "Status-Message"). */
const percentEncoded = (message: string): string =>
  message
    .slice(0, MESSAGE_CHARACTERS)
    .toWellFormed()
    .replace(/[^ -$&-~]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    )

/** What is no escape stays as it is, as the specification asks. */
const percentDecoded = (value: string): string => {
  if (!value.includes('%')) return value
  const bytes = Buffer.from(value, 'latin1')
  const out: number[] = []
  for (let i = 0; i < bytes.length; i++) {
    const hex = bytes[i] === 37 ? /^[0-9a-f]{2}/i.exec(bytes.toString('latin1', i + 1, i + 3))?.[0] : undefined
    if (hex === undefined) out.push(bytes[i] as number)
    else {
      out.push(Number.parseInt(hex, 16))
      i += 2
    }
  }
  return new TextDecoder().decode(Uint8Array.from(out))
}

export const statusTrailers = (status: GrpcStatus): Readonly<Record<string, string>> => ({
  'grpc-status': String(grpcCodes[status.code]),
  ...(status.message === '' ? {} : { 'grpc-message': percentEncoded(status.message) }),
  ...(status.retryAfterMs === undefined
    ? {}
    : {
        'grpc-status-details-bin': Buffer.from(
          encodeStatus({
            ...status,
            code: grpcCodes[status.code],
            message: status.message.slice(0, MESSAGE_CHARACTERS),
          }),
        )
          .toString('base64')
          .replace(/=+$/, ''),
      }),
})

const one = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.[0]

/** How a call ended, from its trailers (or headers, when there is no message); undefined when they do not say. */
export const statusOf = (trailers: IncomingHttpHeaders): GrpcStatus | undefined => {
  const number = one(trailers['grpc-status'])
  if (number === undefined) return undefined
  const details = one(trailers['grpc-status-details-bin'])
  const detail = details === undefined ? undefined : readStatus(Buffer.from(details, 'base64'))
  return {
    code: /^\d+$/.test(number) ? grpcCodeOf(Number(number)) : 'UNKNOWN',
    message: percentDecoded(one(trailers['grpc-message']) ?? '') || (detail?.message ?? ''),
    ...(detail?.retryAfterMs === undefined ? {} : { retryAfterMs: detail.retryAfterMs }),
  }
}
