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

export const gather = (most: number): Gathering => {
  const chunks = createChunks()
  let head: Buffer = Buffer.alloc(0)
  let expected = -1
  const measure = (chunk: Buffer): void => {
    if (expected < 0) {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      if (head.length < PREFIX) return
      const length = head.readUInt32BE(1)
      if (length > most) throw tooLong(length, most)
      expected = PREFIX + length
      head = Buffer.alloc(0)
    }
    if (chunks.size + chunk.length > expected)
      throw new GrpcError({ code: 'UNIMPLEMENTED', message: 'more than one message in a unary call' })
  }
  return {
    get size() {
      return chunks.size
    },
    push(chunk) {
      measure(chunk)
      const waits = chunks.size + chunk.length !== expected
      chunks.push(waits && chunk.length * PINNED_MOST < chunk.buffer.byteLength ? Buffer.from(chunk) : chunk)
    },
    finish() {
      const { size } = chunks
      if (size === 0) return undefined
      if (size !== expected)
        throw new GrpcError({
          code: 'INTERNAL',
          message: `the message is cut off after ${size} ${expected < 0 ? 'bytes' : `of ${expected} bytes`}`,
        })
      const bytes = chunks.join()
      const flag = bytes[0] as number
      if (flag > 1) throw new GrpcError({ code: 'INTERNAL', message: `the compression flag is ${flag}, not 0 or 1` })
      return { bytes: bytes.subarray(PREFIX), isCompressed: flag === 1 }
    },
  }
}
