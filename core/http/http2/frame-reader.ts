/**
 * Cuts what a connection brings into frames (RFC 9113 §4.1). DATA is handed on as it comes, in pieces and without its
 * padding; every other frame whole. Of frames that are passed over nothing is kept, of what is pushed nothing but copies.
 */
import { ConnectionFault, ErrorCode, Flag, FRAME_HEAD, FrameType } from './codes.ts'

export interface FrameSink {
  /**
   * A frame begins. False: its payload is passed over. Throws `ConnectionFault` when it may not come, or is too long: what
   * is not DATA is gathered in memory from here on.
   */
  begin(type: number, flags: number, id: number, length: number): boolean
  /** Of a DATA frame: a piece of what is not padding, of which `coming` bytes are still to come. */
  data(piece: Buffer, coming: number): void
  /** The frame that `begin` was told of is over; `payload` is empty for DATA, and else valid within the call only. */
  frame(type: number, flags: number, id: number, payload: Buffer): void
}

const NOTHING = Buffer.alloc(0)

export class FrameReader {
  readonly #sink: FrameSink
  readonly #head = Buffer.allocUnsafeSlow(FRAME_HEAD)
  /** Bytes of the head that are there. */
  #headed = 0
  #type = 0
  #flags = 0
  #id = 0
  /** Bytes of the payload that are still to come, without padding. */
  #left = 0
  #padding = 0
  /** The next byte says how much padding there is. */
  #isPadded = false
  #isTaken = false
  #gathered: Buffer | undefined
  #filled = 0

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** In the middle of a frame. */
  get isWithin(): boolean {
    return this.#headed > 0
  }

  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#headed < FRAME_HEAD) {
        at = this.#takeHead(chunk, at)
        if (this.#headed < FRAME_HEAD) return
        this.#begin()
      }
      at = this.#takePayload(chunk, at)
    }
  }

  #takeHead(chunk: Buffer, at: number): number {
    const to = Math.min(chunk.length, at + FRAME_HEAD - this.#headed)
    for (let i = at; i < to; i++) this.#head[this.#headed++] = chunk[i]!
    return to
  }

  #begin(): void {
    const head = this.#head
    const length = head.readUIntBE(0, 3)
    this.#type = head[3]!
    this.#flags = head[4]!
    this.#id = head.readUInt32BE(5) & 0x7fffffff
    this.#left = length
    this.#padding = 0
    this.#isTaken = this.#sink.begin(this.#type, this.#flags, this.#id, length)
    this.#isPadded = this.#type === FrameType.DATA && (this.#flags & Flag.PADDED) !== 0
    if (this.#isPadded && length === 0)
      throw new ConnectionFault(ErrorCode.FRAME_SIZE_ERROR, 'a padded frame without padding')
    if (length === 0) this.#end(NOTHING)
  }

  #takePayload(chunk: Buffer, from: number): number {
    if (this.#headed < FRAME_HEAD) return from
    let at = from
    if (this.#isPadded && at < chunk.length) {
      this.#isPadded = false
      this.#padding = chunk[at++]!
      this.#left -= 1 + this.#padding
      if (this.#left < 0) throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, 'more padding than frame')
    }
    const to = Math.min(chunk.length, at + this.#left)
    if (this.#isTaken && to > at) this.#give(chunk, at, to)
    else this.#left -= to - at
    if (this.#left > 0 || this.#headed < FRAME_HEAD) return to
    const end = Math.min(chunk.length, to + this.#padding)
    this.#padding -= end - to
    if (this.#padding === 0 && !this.#isPadded) this.#end(this.#gathered ?? NOTHING)
    return end
  }

  #give(chunk: Buffer, from: number, to: number): void {
    const length = to - from
    if (this.#type === FrameType.DATA) {
      this.#left -= length
      this.#sink.data(chunk.subarray(from, to), this.#left)
      return
    }
    if (this.#gathered === undefined && length === this.#left) {
      this.#left = 0
      this.#gathered = chunk.subarray(from, to)
      return
    }
    if (this.#gathered === undefined) {
      this.#gathered = Buffer.allocUnsafeSlow(this.#left)
      this.#filled = 0
    }
    chunk.copy(this.#gathered, this.#filled, from, to)
    this.#filled += length
    this.#left -= length
  }

  #end(payload: Buffer): void {
    this.#headed = 0
    this.#gathered = undefined
    if (this.#isTaken) this.#sink.frame(this.#type, this.#flags, this.#id, payload)
  }
}
