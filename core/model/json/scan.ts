/**
 * The scanner: reads one JSON value on one line, checks the whole grammar (RFC 8259; a newline ends the record, so it is
 * no whitespace here) and writes an index of it, the tape.
 *
 * The tape has five words for each value, in order of appearance, a container before its members:
 *   KEY    where the key's text starts, -1 when the value has none
 *   INFO   the key's length in bytes × 2, + 1 when it has escapes
 *   START  the value's first byte, which also tells its type
 *   END    (the byte after the value) × 2, + 1 when it is a string with escapes
 *   NEXT   the word after the value and all its members: the next sibling
 * The bytes must end with a newline, or something else that JSON does not allow in a string. UTF-8 is the caller's.
 */
import { VALUE_DEPTH_MAX } from '../value.ts'

export const KEY = 0
export const INFO = 1
export const START = 2
export const END = 3
export const NEXT = 4
export const WORDS = 5

const SPACE = 32
const QUOTE = 34
const DOLLAR = 36
const COMMA = 44
const COLON = 58
const LIST = 91
const BACKSLASH = 92
const MAP = 123
const MAP_END = 125

/** 1 = stands for itself in a string. */
const ordinary = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 32 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
)
const isHex = Uint8Array.from({ length: 256 }, (_, byte) => (/[0-9A-Fa-f]/.test(String.fromCharCode(byte)) ? 1 : 0))
const isEscape = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrt'.includes(String.fromCharCode(byte)) ? 1 : 0,
)

/** In each byte's top bit whether it does not stand for itself; sure up to the first that is set. */
const specials = (four: number): number => {
  const quotes = four ^ 0x22222222
  const escapes = four ^ 0x5c5c5c5c
  return (
    (((four - 0x20202020) & ~four) | ((quotes - 0x01010101) & ~quotes) | ((escapes - 0x01010101) & ~escapes)) &
    0x80808080
  )
}

/** The end of a string whose text starts at `from`: negative when it has escapes, 0 when it is none. */
export const stringEnd = (bytes: Uint8Array, view: DataView, from: number): number => {
  let at = from
  for (const last = bytes.length - 4; at <= last; at += 4) {
    const found = specials(view.getInt32(at, true))
    if (found !== 0) {
      at += (31 - Math.clz32(found & -found)) >> 3
      if (bytes[at] === QUOTE) return at + 1
      return bytes[at] === BACKSLASH ? -escapedEnd(bytes, at) : 0
    }
  }
  while (ordinary[bytes[at]!] === 1) at++
  if (bytes[at] === QUOTE) return at + 1
  return bytes[at] === BACKSLASH ? -escapedEnd(bytes, at) : 0
}

/** The same for keys, which are too short to gain from looking at four bytes at once. */
const keyEnd = (bytes: Uint8Array, from: number): number => {
  let at = from
  while (ordinary[bytes[at]!] === 1) at++
  if (bytes[at] === QUOTE) return at + 1
  return bytes[at] === BACKSLASH ? -escapedEnd(bytes, at) : 0
}

const escapedEnd = (bytes: Uint8Array, from: number): number => {
  let at = from
  for (;;) {
    while (ordinary[bytes[at]!] === 1) at++
    if (bytes[at] === QUOTE) return at + 1
    if (bytes[at] !== BACKSLASH) return 0
    const escape = bytes[at + 1]!
    if (isEscape[escape] === 1) at += 2
    else if (escape === 117 && isHex4(bytes, at + 2)) at += 6
    else return 0
  }
}

const isHex4 = (bytes: Uint8Array, at: number): boolean =>
  (isHex[bytes[at]!]! & isHex[bytes[at + 1]!]! & isHex[bytes[at + 2]!]! & isHex[bytes[at + 3]!]!) === 1

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57

/** The end of a number, 0 when it is none. */
export const numberEnd = (bytes: Uint8Array, from: number): number => {
  let at = bytes[from] === 45 ? from + 1 : from
  if (bytes[at] === 48) at++
  else if (isDigit(bytes[at]!)) while (isDigit(bytes[at]!)) at++
  else return 0
  if (bytes[at] === 46) {
    if (!isDigit(bytes[++at]!)) return 0
    while (isDigit(bytes[at]!)) at++
  }
  if ((bytes[at]! | 32) !== 101) return at
  at++
  if (bytes[at] === 43 || bytes[at] === 45) at++
  if (!isDigit(bytes[at]!)) return 0
  while (isDigit(bytes[at]!)) at++
  return at
}

const literals: Readonly<Record<number, Uint8Array>> = {
  116: Buffer.from('true'),
  102: Buffer.from('false'),
  110: Buffer.from('null'),
}

export const literalEnd = (bytes: Uint8Array, from: number): number => {
  const literal = literals[bytes[from]!]
  if (literal === undefined) return 0
  for (let i = 1; i < literal.length; i++) if (bytes[from + i] !== literal[i]) return 0
  return from + literal.length
}

export const skipBlanks = (bytes: Uint8Array, from: number): number => {
  let at = from
  while (bytes[at] === 32 || bytes[at] === 9 || bytes[at] === 13) at++
  return at
}

const START_WORDS = 4_096

const noBytes = new Uint8Array(0)

export class Scanner {
  words: Int32Array
  /** Words written so far; a failed scan leaves it as it was. */
  length = 0
  /** Whether any key so far begins with `$` or an escape: readers take the slow way then. */
  odd = false
  /** Why the last scan failed, and where. */
  reason = ''
  failedAt = 0
  /** What was scanned last, and words of it. */
  #bytes: Uint8Array = noBytes
  #view: DataView = new DataView(noBytes.buffer)
  readonly #open = new Int32Array(VALUE_DEPTH_MAX)

  constructor(words = START_WORDS) {
    this.words = new Int32Array(words)
  }

  /** Scans the value that starts at or after `from`. The place after it and its trailing blanks, or -1. */
  scan(bytes: Uint8Array, from: number): number {
    const before = this.length
    if (bytes !== this.#bytes) this.#turnTo(bytes)
    const view = this.#view
    const open = this.#open
    let words = this.words
    let top = before
    let depth = 0
    // The container around, and the byte that closes it: 0 around the whole.
    let container = -1
    let closer = 0
    let at = skipBlanks(bytes, from)
    for (;;) {
      if (top + WORDS > words.length) words = this.#grow()
      const entry = top
      top += WORDS
      if (closer === MAP_END) {
        const key = at + 1
        const end = bytes[at] === QUOTE ? keyEnd(bytes, key) : 0
        if (end === 0) return this.#fail(before, 'no key', at)
        at = end < 0 ? -end : end
        words[entry] = key
        words[entry + INFO] = (at - 1 - key) * 2 + (end >>> 31)
        if (bytes[key] === DOLLAR || bytes[key] === BACKSLASH) this.odd = true
        if (bytes[at] !== COLON) at = skipBlanks(bytes, at)
        if (bytes[at] !== COLON) return this.#fail(before, 'no colon', at)
        at++
        if (bytes[at]! <= SPACE) at = skipBlanks(bytes, at)
      } else {
        words[entry] = -1
        words[entry + INFO] = 0
      }
      const first = bytes[at]!
      words[entry + START] = at
      if (first === MAP || first === LIST) {
        if (depth === VALUE_DEPTH_MAX) return this.#fail(before, `nested deeper than ${VALUE_DEPTH_MAX}`, at)
        open[depth++] = entry
        container = entry
        closer = first + 2
        at = skipBlanks(bytes, at + 1)
        if (bytes[at] !== closer) continue
      } else {
        const end =
          first === QUOTE
            ? stringEnd(bytes, view, at + 1)
            : first < COLON
              ? numberEnd(bytes, at)
              : literalEnd(bytes, at)
        if (end === 0) return this.#fail(before, first === QUOTE ? 'broken string' : 'no value', at)
        at = end < 0 ? -end : end
        words[entry + END] = at * 2 + (end >>> 31)
        words[entry + NEXT] = top
        if (bytes[at]! <= SPACE) at = skipBlanks(bytes, at)
      }
      // Closes what ends here, up to the next comma or the end of the record.
      while (bytes[at] !== COMMA || depth === 0) {
        if (depth === 0) {
          this.length = top
          return at
        }
        if (bytes[at] !== closer) return this.#fail(before, 'no comma or end', at)
        words[container + END] = (at + 1) * 2
        words[container + NEXT] = top
        container = --depth === 0 ? -1 : open[depth - 1]!
        closer = depth === 0 ? 0 : bytes[words[container + START]!]! + 2
        at = skipBlanks(bytes, at + 1)
      }
      at++
      if (bytes[at]! <= SPACE) at = skipBlanks(bytes, at)
    }
  }

  #turnTo(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Room for so many more words. */
  reserve(count: number): Int32Array {
    while (this.length + count > this.words.length) this.#grow()
    return this.words
  }

  view(bytes: Uint8Array): DataView {
    if (bytes !== this.#bytes) this.#turnTo(bytes)
    return this.#view
  }

  #grow(): Int32Array {
    const words = new Int32Array(this.words.length * 2)
    words.set(this.words)
    this.words = words
    return words
  }

  #fail(before: number, reason: string, at: number): number {
    this.length = before
    this.reason = reason
    this.failedAt = at
    return -1
  }
}

export { COLON, LIST, MAP, MAP_END, QUOTE, SPACE }
