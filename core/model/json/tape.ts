/**
 * Reading a tape: finding members, and making values of entries. An entry is the number of its first word.
 */
import type { Bytes } from '../bytes.ts'
import type { PathKey, Value, ValueKind, ValueMap } from '../types.ts'
import { getIn, kindOf, newMap } from '../value.ts'
import { END, INFO, KEY, LIST, MAP, NEXT, QUOTE, START, WORDS } from './scan.ts'
import { textAt } from '../strings.ts'
import { fromMembers, numberFromLexeme } from './text.ts'

/** A path's keys as the tape wants them: bytes for a map, a number for a list. */
export type TapeKey = Uint8Array | number

export const toTapeKeys = (keys: readonly PathKey[]): readonly TapeKey[] =>
  keys.map((key) => (typeof key === 'string' ? Buffer.from(key) : key))

/** The text between quotes with its escapes undone. */
const unescape = (bytes: Bytes, start: number, end: number): string =>
  JSON.parse(`"${bytes.utf8Slice(start, end)}"`) as string

const isKeyAt = (bytes: Bytes, words: Int32Array, entry: number, key: Uint8Array): boolean => {
  const info = words[entry + INFO]!
  const start = words[entry + KEY]!
  if (info === key.length * 2) {
    for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false
    return true
  }
  return (info & 1) === 1 && Buffer.from(unescape(bytes, start, start + (info >> 1))).equals(key)
}

/** The first member `key` of a map at or after the entry `from` and before `stop`; -1 when there is none. */
export const findKey = (bytes: Bytes, words: Int32Array, from: number, stop: number, key: Uint8Array): number => {
  const want = key.length * 2
  for (let entry = from; entry < stop; entry = words[entry + NEXT]!) {
    const info = words[entry + INFO]!
    if ((info === want || (info & 1) === 1) && isKeyAt(bytes, words, entry, key)) return entry
  }
  return -1
}

/** The member of a container, -1 when it has none of that key. */
export const findChild = (bytes: Bytes, words: Int32Array, entry: number, key: TapeKey): number => {
  const first = bytes[words[entry + START]!]
  const stop = words[entry + NEXT]!
  if (typeof key !== 'number') return first === MAP ? findKey(bytes, words, entry + WORDS, stop, key) : -1
  if (first !== LIST || key < 0) return -1
  let child = entry + WORDS
  for (let i = 0; i < key && child < stop; i++) child = words[child + NEXT]!
  return child < stop ? child : -1
}

export const keyText = (bytes: Bytes, words: Int32Array, entry: number): string => {
  const info = words[entry + INFO]!
  const start = words[entry + KEY]!
  const end = start + (info >> 1)
  return (info & 1) === 0 ? textAt(bytes, start, end) : unescape(bytes, start, end)
}

const DIGITS_SAFE = 15

const numberAt = (bytes: Bytes, start: number, end: number): Value => {
  if (end - start <= DIGITS_SAFE) {
    let int = 0
    let at = start
    for (; at < end; at++) {
      const digit = bytes[at]! - 48
      if (digit < 0 || digit > 9) break
      int = int * 10 + digit
    }
    if (at === end) return int
  }
  return numberFromLexeme(bytes.latin1Slice(start, end))
}

/** The value of a scalar, from its START and END. */
export const scalarAt = (bytes: Bytes, start: number, endWord: number): Value => {
  const first = bytes[start]
  const end = endWord >> 1
  if (first === QUOTE)
    return (endWord & 1) === 0 ? textAt(bytes, start + 1, end - 1) : unescape(bytes, start + 1, end - 1)
  if (first === 110) return null
  return first === 116 ? true : first === 102 ? false : numberAt(bytes, start, end)
}

/** The value an entry stands for. */
export const valueAt = (bytes: Bytes, words: Int32Array, entry: number): Value => {
  const first = bytes[words[entry + START]!]
  if (first === MAP) return fromMembers(membersAt(bytes, words, entry))
  if (first === LIST) {
    const items: Value[] = []
    const stop = words[entry + NEXT]!
    for (let child = entry + WORDS; child < stop; child = words[child + NEXT]!) items.push(valueAt(bytes, words, child))
    return items
  }
  return scalarAt(bytes, words[entry + START]!, words[entry + END]!)
}

/** The members of a map, whatever they stand for. The first of duplicate keys counts. */
export const membersAt = (bytes: Bytes, words: Int32Array, entry: number): ValueMap => {
  const map = newMap()
  const stop = words[entry + NEXT]!
  for (let child = entry + WORDS; child < stop; child = words[child + NEXT]!) {
    const key = keyText(bytes, words, child)
    if (!(key in map)) map[key] = valueAt(bytes, words, child)
  }
  return map
}

const DOLLAR = 36
const BACKSLASH = 92

/** Whether a map may be one that stands for bytes (text.ts): then it is read and written as a whole. */
export const isOpaque = (bytes: Bytes, words: Int32Array, entry: number): boolean => {
  const child = entry + WORDS
  if (child >= words[entry + NEXT]! || bytes[words[entry + START]!] !== MAP) return false
  const first = bytes[words[child + KEY]!]
  return (first === DOLLAR || first === BACKSLASH) && words[child + NEXT] === words[entry + NEXT]
}

/** Whether editing the members of a map may make it one that stands for bytes, or stop it from being one. */
export const mayBecomeOpaque = (bytes: Bytes, words: Int32Array, entry: number): boolean => {
  if (bytes[words[entry + START]!] !== MAP) return false
  for (let child = entry + WORDS; child < words[entry + NEXT]!; child = words[child + NEXT]!) {
    const first = bytes[words[child + KEY]!]
    if (first === DOLLAR || (first === BACKSLASH && keyText(bytes, words, child).startsWith('$'))) return true
  }
  return false
}

/** What stands at these keys below an entry. `odd`: the tape has keys that need the slow way. */
export const readTape = (
  bytes: Bytes,
  words: Int32Array,
  root: number,
  keys: readonly PathKey[],
  tapeKeys: readonly TapeKey[],
  odd: boolean,
): Value | undefined => {
  let entry = root
  for (let i = 0; i < tapeKeys.length; i++) {
    if (odd && isOpaque(bytes, words, entry)) return getIn(valueAt(bytes, words, entry), keys, i)
    entry = findChild(bytes, words, entry, tapeKeys[i]!)
    if (entry < 0) return undefined
  }
  return valueAt(bytes, words, entry)
}

/** What an entry is that does not stand for bytes. */
export const kindAt = (bytes: Bytes, words: Int32Array, entry: number): ValueKind => {
  const first = bytes[words[entry + START]!]
  if (first === MAP) return 'map'
  if (first === LIST) return 'list'
  return first === QUOTE ? 'string' : kindOf(valueAt(bytes, words, entry))
}

/** What stands at these keys below an entry. `odd`: the tape has keys that need the slow way. */
export const kindInTape = (
  bytes: Bytes,
  words: Int32Array,
  root: number,
  keys: readonly PathKey[],
  tapeKeys: readonly TapeKey[],
  odd: boolean,
): ValueKind | undefined => {
  if (odd) {
    const value = readTape(bytes, words, root, keys, tapeKeys, odd)
    return value === undefined ? undefined : kindOf(value)
  }
  let entry = root
  for (let i = 0; i < tapeKeys.length && entry >= 0; i++) entry = findChild(bytes, words, entry, tapeKeys[i]!)
  return entry < 0 ? undefined : kindAt(bytes, words, entry)
}
