/**
 * Where edited records are written: one growing buffer that is used again and again; what is kept is copied out of it
 * once, at its exact size.
 */
import { asBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import type { Value } from '../types.ts'
import { valueToJson } from './text.ts'

const START_SIZE = 65_536
/** A buffer that one huge batch made larger than this is let go. */
const KEEP_MAX = 16 * 1_024 * 1_024
/** Up to here a loop is faster than a call. */
const LOOP_MAX = 192

const QUOTE = 34
const COMMA = 44
const COLON = 58
const BACKSLASH = 92

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** A text that is written again and again, by four bytes. */
export class Constant {
  readonly length: number
  readonly fours: Int32Array

  constructor(text: Uint8Array) {
    this.length = text.length
    const padded = new Uint8Array((text.length + 3) & ~3)
    padded.set(text)
    const view = viewOf(padded)
    this.fours = Int32Array.from({ length: padded.length >> 2 }, (_, i) => view.getInt32(i * 4, true))
  }
}

export class Output {
  bytes: Bytes = asBytes(Buffer.allocUnsafeSlow(START_SIZE))
  length = 0
  #view = viewOf(this.bytes)
  /** What is being copied from. */
  #source: Bytes = this.bytes
  #sourceView = this.#view

  reset(): void {
    this.length = 0
    if (this.bytes.length > KEEP_MAX) this.#take(asBytes(Buffer.allocUnsafeSlow(START_SIZE)))
    this.#read(this.bytes)
  }

  #take(bytes: Bytes): void {
    this.bytes = bytes
    this.#view = viewOf(bytes)
  }

  room(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(count)
  }

  #grow(count: number): void {
    const bytes = asBytes(Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + count)))
    this.bytes.copy(bytes, 0, 0, this.length)
    this.#take(bytes)
  }

  byte(byte: number): void {
    this.room(1)
    this.bytes[this.length++] = byte
  }

  /** Copies; four bytes at a time while that is faster than a call. */
  span(from: Bytes, start: number, end: number): void {
    const count = end - start
    this.room(count)
    let at = this.length
    this.length = at + count
    if (count > LOOP_MAX) {
      this.bytes.set(from.subarray(start, end), at)
      return
    }
    if (from !== this.#source) this.#read(from)
    const source = this.#sourceView
    const view = this.#view
    let i = start
    for (; i < end - 3; i += 4, at += 4) view.setInt32(at, source.getInt32(i, true), true)
    const bytes = this.bytes
    for (; i < end; i++) bytes[at++] = from[i]!
  }

  #read(from: Bytes): void {
    this.#source = from
    this.#sourceView = viewOf(from)
  }

  constant({ length, fours }: Constant): void {
    // The last four may reach over the end.
    this.room(length + 3)
    const view = this.#view
    const at = this.length
    for (let i = 0; i < fours.length; i++) view.setInt32(at + i * 4, fours[i]!, true)
    this.length = at + length
  }

  /** A member's key and colon; `bytes` are the key's. */
  key(key: string, bytes: Uint8Array, comma: boolean): void {
    const count = bytes.length
    this.room(count + 4)
    const to = this.bytes
    const start = this.length
    let at = start
    if (comma) to[at++] = COMMA
    to[at++] = QUOTE
    for (let i = 0; i < count; i++) {
      const byte = bytes[i]!
      if (byte < 32 || byte === QUOTE || byte === BACKSLASH) {
        if (comma) this.byte(COMMA)
        this.text(key)
        this.byte(COLON)
        return
      }
      to[at++] = byte
    }
    to[at] = QUOTE
    to[at + 1] = COLON
    this.length = at + 2
  }

  /** A string between quotes. */
  text(text: string): void {
    const count = text.length
    this.room(count + 2)
    const bytes = this.bytes
    let at = this.length
    bytes[at++] = QUOTE
    for (let i = 0; i < count; i++) {
      const code = text.charCodeAt(i)
      if (code < 32 || code === QUOTE || code === BACKSLASH || code > 126) return this.ascii(JSON.stringify(text))
      bytes[at++] = code
    }
    bytes[at++] = QUOTE
    this.length = at
  }

  /** Text as it is; JSON made elsewhere. */
  ascii(text: string): void {
    this.room(text.length * 3)
    this.length += this.bytes.write(text, this.length, 'utf8')
  }

  value(value: Value): void {
    if (typeof value === 'string') this.text(value)
    else this.ascii(valueToJson(value))
  }

  /** What was written, copied. */
  take(): Bytes {
    const taken = asBytes(Buffer.allocUnsafeSlow(this.length))
    this.bytes.copy(taken, 0, 0, this.length)
    return taken
  }
}
