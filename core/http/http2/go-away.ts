/** GOAWAY (RFC 9113 §6.8). */
import type { ErrorCode } from './codes.ts'

const LEAST = 8

/** `last`: the newest stream that was, or will be, looked at. */
export const goAwayOf = (last: number, code: ErrorCode, message = ''): Buffer => {
  const payload = Buffer.alloc(LEAST + Buffer.byteLength(message))
  payload.writeUInt32BE(last, 0)
  payload.writeUInt32BE(code, 4)
  payload.write(message, LEAST)
  return payload
}
