/**
 * What an OTLP server of ours answers; the messages are drawn in answer.ts. They are small, so that they are written
 * forwards, field by field.
 */
import type { Signal } from '../model/types.ts'
import { rejectedKey } from './answer.ts'

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'

const pushVarint = (out: number[], value: number): void => {
  let rest = value
  while (rest > 127) {
    out.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  out.push(rest)
}

/** A field with a whole number from 0 to 2^53, left out when it is 0. */
export const intField = (field: number, value: number): Uint8Array => {
  if (value === 0) return new Uint8Array()
  const out: number[] = [field * 8]
  pushVarint(out, value)
  return Uint8Array.from(out)
}

/** A text or message, left out when it is empty. */
export const bytesField = (field: number, value: Uint8Array | string): Uint8Array => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  if (bytes.length === 0) return bytes
  const head: number[] = [field * 8 + 2]
  pushVarint(head, bytes.length)
  return Buffer.concat([Uint8Array.from(head), bytes])
}

/** A google.rpc.Status. */
export interface StatusInit {
  /** A gRPC code. */
  readonly code: number
  readonly message: string
  /** RetryInfo, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

const retryInfo = (ms: number): Uint8Array => {
  const delay = Buffer.concat([intField(1, Math.floor(ms / 1000)), intField(2, Math.round((ms % 1000) * 1e6))])
  // An empty delay is a delay all the same: "at once".
  return delay.length === 0 ? Uint8Array.of(10, 0) : bytesField(1, delay)
}

/** The bytes of a google.rpc.Status. */
export const encodeStatus = ({ code, message, retryAfterMs }: StatusInit): Buffer =>
  Buffer.concat([
    intField(1, code),
    bytesField(2, message),
    ...(retryAfterMs === undefined
      ? []
      : [bytesField(3, Buffer.concat([bytesField(1, RETRY_INFO), bytesField(2, retryInfo(retryAfterMs))]))]),
  ])

/** The same in the protobuf JSON mapping. */
export const statusToJson = ({ code, message, retryAfterMs }: StatusInit): unknown => ({
  code,
  message,
  ...(retryAfterMs === undefined
    ? {}
    : { details: [{ '@type': RETRY_INFO, retryDelay: `${(retryAfterMs / 1000).toFixed(3)}s` }] }),
})

/** An Export…Response that names how many records were refused for good, and why; the same bytes for every signal. */
export const encodePartialSuccess = (rejected: number, message: string): Buffer =>
  Buffer.from(bytesField(1, Buffer.concat([intField(1, rejected), bytesField(2, message)])))

/** The same in the protobuf JSON mapping. */
export const partialSuccessToJson = (signal: Signal, rejected: number, message: string): unknown => ({
  partialSuccess: { [rejectedKey[signal]]: String(rejected), errorMessage: message },
})
