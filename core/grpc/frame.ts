/**
 * Length-Prefixed-Message: a byte (1 = compressed), four of length, big-endian, then the message. A unary call has exactly
 * one each way; it is gathered here as it comes, and refused by its length before its bytes are kept.
 */
import { GrpcError } from './status.ts'

const PREFIX = 5

/** A message is written piece by piece when its pieces are so large on average: copies cost more than writes, and memory. */
const COPY_BYTES = 4 * 1024

const lengthOf = (pieces: readonly Uint8Array[]): number => {
  let length = 0
  for (const piece of pieces) length += piece.length
  return length
}

/** A message of `pieces` with its prefix, as what is to be written; the bytes of a large one are not copied. */
export const framesOf = (pieces: readonly Uint8Array[], isCompressed: boolean): readonly Uint8Array[] => {
  const length = lengthOf(pieces)
  if (length <= COPY_BYTES * Math.max(4, pieces.length)) return [frameOf(pieces, isCompressed)]
  const prefix = Buffer.allocUnsafe(PREFIX)
  prefix[0] = isCompressed ? 1 : 0
  prefix.writeUInt32BE(length, 1)
  return [prefix, ...pieces]
}

/** One buffer: a message of `pieces` with its prefix. */
export const frameOf = (pieces: readonly Uint8Array[], isCompressed: boolean): Buffer => {
  const length = lengthOf(pieces)
  const frame = Buffer.allocUnsafe(PREFIX + length)
  frame[0] = isCompressed ? 1 : 0
  frame.writeUInt32BE(length, 1)
  let at = PREFIX
  for (const piece of pieces) {
    frame.set(piece, at)
    at += piece.length
  }
  return frame
}

export interface Message {
  readonly bytes: Buffer
  readonly isCompressed: boolean
}

/** What is reserved for a message that is longer than what has come, beside its frame's. */
const FIRST_BYTES = 16 * 1024
const NONE = Buffer.alloc(0)

const tooLong = (length: number, most: number): GrpcError =>
  new GrpcError({
    code: 'RESOURCE_EXHAUSTED',
    message: `a message of ${length} bytes is larger than the ${most} allowed`,
  })

/**
 * The bytes of one call in one direction, copied into one piece of memory: its whole length at once only where so much will
 * come for sure, else it grows with what has come.
 *
 * A class: an object literal with a getter keeps what the getter sees alive until old memory is collected, and there is one of
 * these for each call, with its message.
 */
export class Gathering {
  readonly #most: number
  #memory = NONE
  /** Bytes of prefix and message; -1 until they are known. */
  #expected = -1
  /** Bytes that came. */
  size = 0

  /** `most`: bytes of the message. */
  constructor(most: number) {
    this.#most = most
  }

  /**
   * `coming`: bytes that will follow for sure. Throws `GrpcError` as soon as the message is known to be too long, or more
   * than one.
   */
  push(chunk: Buffer, coming = 0): void {
    const { size } = this
    const end = size + chunk.length
    if (this.#expected < 0) this.#measure(chunk, end)
    if (this.#expected >= 0 && end > this.#expected)
      throw new GrpcError({ code: 'UNIMPLEMENTED', message: 'more than one message in a unary call' })
    if (end > this.#memory.length) this.#reserve(end, coming)
    chunk.copy(this.#memory, size)
    this.size = end
  }

  /** The message when all has come; undefined when nothing did. Throws when it is cut off. Its memory is the caller's. */
  finish(): Message | undefined {
    const { size } = this
    const expected = this.#expected
    if (size === 0) return undefined
    if (size !== expected)
      throw new GrpcError({
        code: 'INTERNAL',
        message: `the message is cut off after ${size} ${expected < 0 ? 'bytes' : `of ${expected} bytes`}`,
      })
    const flag = this.#memory[0]!
    if (flag > 1) throw new GrpcError({ code: 'INTERNAL', message: `the compression flag is ${flag}, not 0 or 1` })
    return { bytes: this.#memory.subarray(PREFIX), isCompressed: flag === 1 }
  }

  /** The length is in the bytes 1 to 4 of what came, some of it maybe before. */
  #measure(chunk: Buffer, end: number): void {
    if (end < PREFIX) return
    let length = 0
    for (let at = 1; at < PREFIX; at++)
      length = length * 256 + (at < this.size ? this.#memory[at]! : chunk[at - this.size]!)
    if (length > this.#most) throw tooLong(length, this.#most)
    this.#expected = PREFIX + length
  }

  #reserve(least: number, coming: number): void {
    const sure = Math.max(least + coming, FIRST_BYTES, 2 * this.#memory.length)
    const bytes = this.#expected < 0 ? PREFIX : Math.max(least, Math.min(sure, this.#expected))
    const larger = Buffer.allocUnsafeSlow(bytes)
    this.#memory.copy(larger, 0, 0, this.size)
    this.#memory = larger
  }
}
