/**
 * Length-Prefixed-Message: a byte (1 = compressed), four of length, big-endian, then the message. A unary call has exactly
 * one each way; it is gathered here as it comes, and refused by its length before its bytes are kept.
 */
import { createChunks } from '../http/chunks.ts'
import { GrpcError } from './status.ts'

const PREFIX = 5

/** A message is written piece by piece when its pieces are so large on average: copies cost more than writes, and memory. */
const COPY_BYTES = 4 * 1024
/** A piece that keeps more than so many times its size alive (what was read with it) is copied out when it has to wait. */
const PINNED_MOST = 4

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

/** The bytes of one call in one direction. */
export interface Gathering {
  /** Bytes kept. */
  readonly size: number
  /** Throws `GrpcError` as soon as the message is known to be too long, or more than one. */
  push(chunk: Buffer): void
  /** The message when all has come; undefined when nothing did. Throws when it is cut off. */
  finish(): Message | undefined
}

const tooLong = (length: number, most: number): GrpcError =>
  new GrpcError({
    code: 'RESOURCE_EXHAUSTED',
    message: `a message of ${length} bytes is larger than the ${most} allowed`,
  })

/**
 * A class: an object literal with a getter keeps what the getter sees alive until old memory is collected, and there is one of
 * these for each call, with its message.
 */
class Gather implements Gathering {
  readonly #most: number
  readonly #chunks = createChunks()
  /** Of the prefix, until it is whole. */
  #head: Buffer | undefined
  /** Bytes of prefix and message; -1 until they are known. */
  #expected = -1

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#chunks.size
  }

  push(chunk: Buffer): void {
    this.#measure(chunk)
    const waits = this.size + chunk.length !== this.#expected
    this.#chunks.push(waits && chunk.length * PINNED_MOST < chunk.buffer.byteLength ? Buffer.from(chunk) : chunk)
  }

  finish(): Message | undefined {
    const { size } = this
    const expected = this.#expected
    if (size === 0) return undefined
    if (size !== expected)
      throw new GrpcError({
        code: 'INTERNAL',
        message: `the message is cut off after ${size} ${expected < 0 ? 'bytes' : `of ${expected} bytes`}`,
      })
    const bytes = this.#chunks.join()
    const flag = bytes[0] as number
    if (flag > 1) throw new GrpcError({ code: 'INTERNAL', message: `the compression flag is ${flag}, not 0 or 1` })
    return { bytes: bytes.subarray(PREFIX), isCompressed: flag === 1 }
  }

  #measure(chunk: Buffer): void {
    if (this.#expected < 0) {
      const head = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk])
      if (head.length < PREFIX) {
        this.#head = Buffer.from(head)
        return
      }
      const length = head.readUInt32BE(1)
      if (length > this.#most) throw tooLong(length, this.#most)
      this.#expected = PREFIX + length
      this.#head = undefined
    }
    if (this.size + chunk.length > this.#expected)
      throw new GrpcError({ code: 'UNIMPLEMENTED', message: 'more than one message in a unary call' })
  }
}

/** `most`: bytes of the message. */
export const gather = (most: number): Gathering => new Gather(most)
