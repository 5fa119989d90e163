/**
 * The structural check of an Export…ServiceRequest, the same for every signal around its records: every length, wire type, depth, id and text, once, without making
 * a value. It leaves the places of the records and what each resource and scope says. The grammar stands in write.ts.
 */
import { isUtf8 } from 'node:buffer'
import { VALUE_DEPTH_MAX } from '../value.ts'
import { OtlpGroup, ROW } from './block.ts'
import { ProtoReader } from './read.ts'

const ROWS_START = 256
/** What one huge request made larger than this is let go. */
const ROWS_KEPT = 65_536

/** Rows grow here, one request after the other; the block takes a copy of their exact size. */
let spare: Int32Array = new Int32Array(ROWS_START * ROW)

/** Has a log record of the request that is being checked a name of its event? */
let named = false

/** Checks a record whose message is open. */
export type CheckRecord = (r: ProtoReader) => void

interface Found {
  rows: Int32Array
  count: number
  readonly groups: OtlpGroup[]
}

/** The highest bits of the bytes from `at` to `end`, four at a time; the last four overlap with those before. */
const isAscii = (words: DataView, at: number, end: number): boolean => {
  let bits = 0
  let i = at
  if (end - at >= 4) {
    const last = end - 4
    for (; i + 4 < last; i += 8) bits |= words.getInt32(i, true) | words.getInt32(i + 4, true)
    bits |= words.getInt32(Math.min(i, last), true) | words.getInt32(last, true)
  } else for (; i < end; i++) bits |= words.getUint8(i)
  return (bits & 0x80808080) === 0
}

/** UTF-8, looked at closely only where it is not ASCII. */
const isText = (bytes: Uint8Array, words: DataView, at: number, end: number): boolean =>
  isAscii(words, at, end) || isUtf8(bytes.subarray(at, end))

export const checkText = (r: ProtoReader): void => {
  const length = r.varint()
  const at = r.need(length)
  if (!isText(r.bytes, r.words, at, at + length)) r.fail('text is not UTF-8', at)
}

/** A varint that fills these bytes, and no more than it may. */
const isVarint = (bytes: Uint8Array, at: number, end: number): boolean => {
  const last = end - 1
  if (last < at || last - at > 9 || bytes[last]! > 127) return false
  for (let i = at; i < last; i++) if (bytes[i]! < 128) return false
  return true
}

const UNUSUAL = 0
/** Nothing but ASCII, if its text is. */
const TEXT = 1
const NUMBER = 2

/** An AnyValue between these places that is one text, whole number or truth value, its length one byte. */
const kindOf = (bytes: Uint8Array, at: number, end: number): number => {
  switch (bytes[at]) {
    case 10:
      return end === at + 2 + bytes[at + 1]! && bytes[at + 1]! < 128 ? TEXT : UNUSUAL
    case 16:
    case 24:
      return isVarint(bytes, at + 1, end) ? (end - at === 2 ? TEXT : NUMBER) : UNUSUAL
    default:
      return UNUSUAL
  }
}

const isUsualValue = (bytes: Uint8Array, words: DataView, at: number, end: number): boolean => {
  const kind = kindOf(bytes, at, end)
  return kind === TEXT ? isText(bytes, words, at, end) : kind === NUMBER
}

/** The value's place in the KeyValue between these places, if it is written as nearly all are; else −1. Its key is not looked at. */
const valueIn = (bytes: Uint8Array, at: number, end: number): number => {
  if (bytes[at] !== 10) return -1
  const value = at + 2 + bytes[at + 1]!
  return value + 3 < end && bytes[value] === 18 && value + 2 + bytes[value + 1]! === end ? value + 2 : -1
}

/** Where the KeyValue at `at` (its length) ends, if it is written as nearly all are; else −1: nothing is said about it. */
const afterUsualEntry = (bytes: Uint8Array, words: DataView, at: number, outer: number): number => {
  const length = bytes[at]!
  const end = at + 1 + length
  if (length > 127 || end > outer) return -1
  const value = valueIn(bytes, at + 1, end)
  return value > 0 && isText(bytes, words, at + 1, value) && isUsualValue(bytes, words, value, end) ? end : -1
}

/**
 * Whether the open LogRecord is one as nearly all are: known fields of usual lengths, all of them sound. One that is not
 * may be sound all the same; it is looked at field by field.
 *
 * Tags and lengths of such a record are ASCII, so its texts are checked together with what stands between them, from one
 * binary field to the next: no character of UTF-8 crosses an ASCII byte, so all texts are sound when the whole is.
 */
const isUsualLog = (bytes: Uint8Array, words: DataView, start: number, end: number): boolean => {
  let at = start
  /** What stands from here to `at` is to be text. */
  let from = start
  while (at < end) {
    const tag = bytes[at]!
    let binary = 0
    switch (tag) {
      case 9:
      case 89:
        binary = 8
        break
      case 69:
        binary = 4
        break
      case 74:
      case 82:
        binary = tag === 74 ? 17 : 9
        if (bytes[at + 1] !== binary - 1) return false
        break
      case 16:
      case 56:
        if (bytes[at + 1]! > 127) return false
        at += 2
        continue
      case 26:
      case 98:
        if (tag === 98) named = true
        if (bytes[at + 1]! > 127) return false
        at += 2 + bytes[at + 1]!
        if (at > end) return false
        continue
      case 42:
      case 50: {
        const last = at + 2 + bytes[at + 1]!
        if (bytes[at + 1]! > 127 || last > end) return false
        const value = tag === 42 ? at + 2 : valueIn(bytes, at + 2, last)
        const kind = value < 0 ? UNUSUAL : kindOf(bytes, value, last)
        if (kind === UNUSUAL) return false
        at = last
        if (kind === TEXT) continue
        if (!isText(bytes, words, from, value)) return false
        from = last
        continue
      }
      default:
        return false
    }
    if (at > from && !isText(bytes, words, from, at)) return false
    at += 1 + binary
    from = at
  }
  return at === end && isText(bytes, words, from, end)
}

const checkValue = (r: ProtoReader, depth: number): void => {
  if (depth > VALUE_DEPTH_MAX) r.fail(`nested deeper than ${VALUE_DEPTH_MAX}`)
  const outer = r.enter()
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) checkText(r)
    else if (tag === 42) checkItems(r, depth, checkValue)
    else if (tag === 50) checkItems(r, depth, checkEntry)
    else r.skip(tag)
  }
  r.leave(outer)
}

const checkItems = (r: ProtoReader, depth: number, check: (r: ProtoReader, depth: number) => void): void => {
  const outer = r.enter()
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) check(r, depth + 1)
    else r.skip(tag)
  }
  r.leave(outer)
}

export const checkEntry = (r: ProtoReader, depth: number): void => {
  const after = afterUsualEntry(r.bytes, r.words, r.at, r.end)
  if (after > 0) {
    r.at = after
    return
  }
  const outer = r.enter()
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) checkText(r)
    else if (tag === 18) checkValue(r, depth)
    else r.skip(tag)
  }
  r.leave(outer)
}

export const checkId = (r: ProtoReader, length: number): void => {
  const count = r.varint()
  if (count !== 0 && count !== length) r.fail(`an id of ${count} bytes, not ${length}`)
  r.need(count)
}

/** A LogRecord whose message is open. */
export const checkLog = (r: ProtoReader): void => {
  if (isUsualLog(r.bytes, r.words, r.at, r.end)) {
    r.at = r.end
    return
  }
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 50) checkEntry(r, 0)
    else if (tag === 42) checkValue(r, 0)
    else if (tag === 26) checkText(r)
    else if (tag === 98) {
      named = true
      checkText(r)
    } else if (tag === 74) checkId(r, 16)
    else if (tag === 82) checkId(r, 8)
    else r.skip(tag)
  }
}

/** Resource (attributes 1) or Scope (name 1, version 2, attributes 3). */
const checkHeader = (r: ProtoReader, isScope: boolean): void => {
  const outer = r.enter()
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === (isScope ? 26 : 10)) checkEntry(r, 0)
    else if (isScope && (tag === 10 || tag === 18)) checkText(r)
    else r.skip(tag)
  }
  r.leave(outer)
}

/** The fields beside the repeated one (scopes, records), which `each` takes; as spans from the field's tag on. */
const checkAround = (r: ProtoReader, isScope: boolean, each: (tagAt: number) => void): Uint8Array => {
  const spans: Uint8Array[] = []
  while (r.at < r.end) {
    const from = r.at
    const tag = r.varint()
    if (tag === 18) {
      each(from)
      continue
    }
    if (tag === 10) checkHeader(r, isScope)
    else if (tag === 26) checkText(r)
    else r.skip(tag)
    spans.push(r.bytes.subarray(from, r.at))
  }
  return Buffer.concat(spans)
}

const addRow = (found: Found, tagAt: number, start: number, end: number): void => {
  if ((found.count + 1) * ROW > found.rows.length) {
    const rows = new Int32Array(found.rows.length * 2)
    rows.set(found.rows)
    found.rows = rows
  }
  const at = found.count++ * ROW
  found.rows[at] = tagAt
  found.rows[at + 1] = start
  found.rows[at + 2] = end
  found.rows[at + 3] = found.groups.length
  found.rows[at + 4] = found.count - 1
}

const checkScope = (
  r: ProtoReader,
  found: Found,
  check: CheckRecord,
  scopes: { scope: Uint8Array; from: number }[],
): void => {
  const outer = r.enter()
  const from = found.count
  const scope = checkAround(r, true, (tagAt) => {
    const record = r.enter()
    const start = r.at
    check(r)
    addRow(found, tagAt, start, r.at)
    r.leave(record)
  })
  r.leave(outer)
  scopes.push({ scope, from })
}

const checkResource = (r: ProtoReader, found: Found, check: CheckRecord): void => {
  const outer = r.enter()
  const scopes: { scope: Uint8Array; from: number }[] = []
  const resource = checkAround(r, false, () => checkScope(r, found, check, scopes))
  r.leave(outer)
  // The resource's own fields may follow its scopes, so groups are complete only now.
  for (let i = 0; i < scopes.length; i++) {
    const stop = scopes[i + 1]?.from ?? found.count
    for (let row = scopes[i]!.from; row < stop; row++) found.rows[row * ROW + 3] = found.groups.length
    found.groups.push(new OtlpGroup(resource, scopes[i]!.scope))
  }
}

/** Checks a request. Throws `CollectorError('invalid_data')` with the offset. */
export const checkRequest = (
  bytes: Uint8Array,
  check: CheckRecord,
): { readonly rows: Int32Array; readonly groups: readonly OtlpGroup[]; readonly named: boolean } => {
  named = false
  const r = new ProtoReader(bytes)
  const found: Found = { rows: spare, count: 0, groups: [] }
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 10) checkResource(r, found, check)
    else r.skip(tag)
  }
  if (found.rows.length <= ROWS_KEPT * ROW) spare = found.rows
  return { rows: found.rows.slice(0, found.count * ROW), groups: found.groups, named }
}
