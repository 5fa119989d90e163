/**
 * Events of a protobuf block with their name as the attribute `event.name` too. A record is its own bytes and one more
 * attribute at its end; nothing of it is decoded. Records that are no events, or have the attribute, stay as they are.
 */
import { asBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { ROW, ROW_END, ROW_GROUP, ROW_OFFSET, ROW_START, ROW_TAG } from './block.ts'
import type { OtlpPart } from './part.ts'

const KEY = Buffer.from('event.name')
const RECORD = 18
const ATTRIBUTE = 50
const EVENT_NAME = 98
const FIRST_STRING = 10
const SECOND_MESSAGE = 18
/** Names are few; beyond this they are encoded anew each time. */
const KEPT_MOST = 512

interface Walker {
  readonly bytes: Bytes
  at: number
}

/** The bytes are checked: no bounds are looked at again. */
const varint = (w: Walker): number => {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = w.bytes[w.at++]!
    value += (byte & 127) * scale
    if (byte < 128) return value
  }
}

/** The end of a varint of any length. */
const varintEnd = (bytes: Bytes, from: number): number => {
  let at = from
  while (bytes[at]! > 127) at++
  return at + 1
}

const skip = (w: Walker, tag: number): void => {
  const wire = tag & 7
  if (wire === 2) {
    const length = varint(w)
    w.at += length
  } else if (wire === 1) w.at += 8
  else if (wire === 5) w.at += 4
  else w.at = varintEnd(w.bytes, w.at)
}

/**
 * Where the event's name stands, at its length; the last counts. -1 when there is none. Every record that passes through
 * is walked here, so that numbers of one byte, which is nearly all of them, cost no call.
 */
const nameAt = (w: Walker, start: number, end: number): number => {
  const { bytes } = w
  let found = -1
  let at = start
  while (at < end) {
    let tag = bytes[at]!
    if (tag > 127) {
      w.at = at
      tag = varint(w)
      at = w.at
    } else at++
    if (tag === EVENT_NAME) found = at
    const wire = tag & 7
    if (wire === 2) {
      const length = bytes[at]!
      if (length < 128) at += length + 1
      else {
        w.at = at
        const long = varint(w)
        at = w.at + long
      }
    } else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else at = varintEnd(bytes, at)
  }
  return found
}

const isKey = (bytes: Bytes, at: number, length: number): boolean => {
  if (length !== KEY.length) return false
  for (let i = 0; i < length; i++) if (bytes[at + i] !== KEY[i]) return false
  return true
}

/** An attribute may have its key anywhere, and more than once: then the last counts. */
const hasKey = (w: Walker, end: number): boolean => {
  let has = false
  while (w.at < end) {
    const tag = varint(w)
    if (tag !== FIRST_STRING) skip(w, tag)
    else {
      const length = varint(w)
      has = isKey(w.bytes, w.at, length)
      w.at += length
    }
  }
  return has
}

const hasAttribute = (w: Walker, start: number, end: number): boolean => {
  const { bytes } = w
  for (w.at = start; w.at < end;) {
    const tag = varint(w)
    if (tag !== ATTRIBUTE) {
      skip(w, tag)
      continue
    }
    const entryEnd = varint(w) + w.at
    // As everybody writes it: a short key first, then the value and nothing more.
    const keyLength = bytes[w.at + 1]!
    const keyAt = w.at + 2
    const valueAt = keyAt + keyLength
    const isUsual = bytes[w.at] === FIRST_STRING && keyLength < 128 && bytes[valueAt] === SECOND_MESSAGE
    if (isUsual && bytes[valueAt + 1]! < 128 && valueAt + 2 + bytes[valueAt + 1]! === entryEnd) {
      if (isKey(bytes, keyAt, keyLength)) return true
    } else if (hasKey(w, entryEnd)) return true
    w.at = entryEnd
  }
  return false
}

const headOf = (tag: number, length: number): number[] => {
  const head = [tag]
  let rest = length
  for (; rest > 127; rest >>>= 7) head.push((rest & 127) | 128)
  head.push(rest)
  return head
}

/** KeyValue { 1: "event.name", 2: AnyValue { 1: name } } as field 6. */
const attributeOf = (name: Uint8Array): Buffer => {
  const value = [...headOf(FIRST_STRING, name.length), ...name]
  const entry = [FIRST_STRING, KEY.length, ...KEY, ...headOf(SECOND_MESSAGE, value.length), ...value]
  return Buffer.from([...headOf(ATTRIBUTE, entry.length), ...entry])
}

const kept = new Map<string, Buffer>()

const attributeFor = (bytes: Bytes, at: number, length: number): Buffer => {
  const name = bytes.latin1Slice(at, at + length)
  const known = kept.get(name)
  if (known !== undefined) return known
  const made = attributeOf(bytes.subarray(at, at + length))
  if (kept.size < KEPT_MOST) kept.set(name, made)
  return made
}

/** The attribute a record lacks. */
const missingIn = (w: Walker, start: number, end: number): Buffer | undefined => {
  const name = nameAt(w, start, end)
  if (name < 0) return undefined
  w.at = name
  const length = varint(w)
  const at = w.at
  return length === 0 || hasAttribute(w, start, end) ? undefined : attributeFor(w.bytes, at, length)
}

const headLength = (length: number): number => {
  let bytes = 2
  for (let rest = length; rest > 127; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

/** The part anew, with what each of its records lacks. */
const withAll = (part: OtlpPart<'logs'>, missing: readonly (Buffer | undefined)[], size: number): OtlpPart<'logs'> => {
  const { bytes, rows, groups, origin } = part.block
  const out = asBytes(Buffer.allocUnsafeSlow(size))
  const outRows = new Int32Array(part.count * ROW)
  let at = 0
  for (let i = 0; i < part.count; i++) {
    const from = part.row(i) * ROW
    const to = i * ROW
    const start = rows[from + ROW_START]!
    const end = rows[from + ROW_END]!
    const attribute = missing[i]
    outRows[to + ROW_TAG] = at
    out[at++] = RECORD
    let rest = end - start + (attribute?.length ?? 0)
    for (; rest > 127; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) | 128
    out[at++] = rest
    outRows[to + ROW_START] = at
    at += bytes.copy(out, at, start, end)
    if (attribute !== undefined) at += attribute.copy(out, at)
    outRows[to + ROW_END] = at
    outRows[to + ROW_GROUP] = rows[from + ROW_GROUP]!
    outRows[to + ROW_OFFSET] = rows[from + ROW_OFFSET]!
  }
  return part.over({ bytes: out, rows: outRows, groups, origin, isRequest: false, mayBeNamed: true })
}

/** The same part when there is nothing to add. */
export const nameEvents = (part: OtlpPart<'logs'>): OtlpPart<'logs'> => {
  const { bytes, rows, mayBeNamed } = part.block
  if (!mayBeNamed) return part
  const w: Walker = { bytes, at: 0 }
  let missing: (Buffer | undefined)[] | undefined
  let size = 0
  for (let i = 0; i < part.count; i++) {
    const at = part.row(i) * ROW
    const start = rows[at + ROW_START]!
    const end = rows[at + ROW_END]!
    const attribute = missingIn(w, start, end)
    const length = end - start + (attribute?.length ?? 0)
    size += headLength(length) + length
    if (attribute !== undefined) (missing ??= Array.from({ length: part.count }))[i] = attribute
  }
  return missing === undefined ? part : withAll(part, missing, size)
}
