/**
 * One error class with a closed set of codes. Operating errors are values of the flow: `retryable` decides whether the
 * engine tries again. Every code has a row in docs/errors.md, which a test holds in step.
 */
export const errorCodes = [
  'config_invalid',
  'plugin_invalid',
  'plugin_failed',
  'start_failed',
  'storage_failed',
  'storage_locked',
  'unavailable',
  'timeout',
  'queue_full',
  'rejected',
  'too_large',
  'invalid_data',
  'unauthenticated',
  'memory_limit',
  'stopping',
  'cancelled',
  'not_found',
  'dependency_missing',
  'usage',
  'no_collector',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface CollectorErrorOptions {
  readonly retryable?: boolean
  /** The least wait the peer asked for, in milliseconds (`Retry-After`). */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

export class CollectorError extends Error {
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, options: CollectorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CollectorError'
    this.code = code
    this.retryable = options.retryable ?? false
    this.retryAfterMs = options.retryAfterMs
  }

  /** Any thrown thing as a CollectorError; foreign errors are not retryable. */
  static from(thrown: unknown, code: ErrorCode = 'plugin_failed'): CollectorError {
    if (thrown instanceof CollectorError) return thrown
    return new CollectorError(code, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown })
  }
}

/** Some records of a batch were refused for good; the others were taken. `indexes` point into the batch. */
export class PartialError extends CollectorError {
  readonly indexes: readonly number[]
  constructor(message: string, indexes: readonly number[], options: CollectorErrorOptions = {}) {
    super('rejected', message, { ...options, retryable: false })
    this.name = 'PartialError'
    this.indexes = indexes
  }
}
