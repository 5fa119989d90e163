/** gRPC's status codes (grpc/grpc, doc/statuscodes.md) and what they mean to delivery. */
import { ErrorCode as Reset } from '../http/http2/codes.ts'
import type { ErrorCode } from '../kit/errors.ts'

export const grpcCodes = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const

export type GrpcCode = keyof typeof grpcCodes

const names = Object.keys(grpcCodes) as readonly GrpcCode[]

/** Numbers that are no code are UNKNOWN. */
export const grpcCodeOf = (number: number): GrpcCode => names[number] ?? 'UNKNOWN'

/** The OTLP specification's table: RESOURCE_EXHAUSTED only when the server says when to come back (RetryInfo). */
const retryable: ReadonlySet<GrpcCode> = new Set([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNAVAILABLE',
  'DATA_LOSS',
])

export const otlpGrpcRetryable = (code: GrpcCode, hasRetryInfo: boolean): boolean =>
  retryable.has(code) || (code === 'RESOURCE_EXHAUSTED' && hasRetryInfo)

const errorCodes: Readonly<Partial<Record<GrpcCode, ErrorCode>>> = {
  CANCELLED: 'unavailable',
  DEADLINE_EXCEEDED: 'timeout',
  NOT_FOUND: 'not_found',
  UNIMPLEMENTED: 'not_found',
  PERMISSION_DENIED: 'unauthenticated',
  UNAUTHENTICATED: 'unauthenticated',
  ABORTED: 'unavailable',
  OUT_OF_RANGE: 'unavailable',
  UNAVAILABLE: 'unavailable',
  DATA_LOSS: 'unavailable',
}

export const errorCodeOf = (code: GrpcCode, isRetryable: boolean): ErrorCode =>
  errorCodes[code] ?? (isRetryable ? 'unavailable' : 'rejected')

/** An HTTP status where gRPC's own is missing (grpc/grpc, doc/http-grpc-status-mapping.md). */
export const codeOfHttpStatus = (status: number): GrpcCode => {
  if (status === 400) return 'INTERNAL'
  if (status === 401) return 'UNAUTHENTICATED'
  if (status === 403) return 'PERMISSION_DENIED'
  if (status === 404) return 'UNIMPLEMENTED'
  return status === 429 || status === 502 || status === 503 || status === 504 ? 'UNAVAILABLE' : 'UNKNOWN'
}

/** A reset stream (doc/PROTOCOL-HTTP2.md, "Errors"). A reset without a code of its own is a lost connection. */
export const codeOfReset = (reset: number): GrpcCode => {
  if (reset === Reset.CANCEL) return 'CANCELLED'
  if (reset === Reset.ENHANCE_YOUR_CALM) return 'RESOURCE_EXHAUSTED'
  if (reset === Reset.INADEQUATE_SECURITY) return 'PERMISSION_DENIED'
  return 'UNAVAILABLE'
}
