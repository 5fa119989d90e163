/**
 * Lines of JSON as parts. Every line is checked in one scan, which leaves the block's tape behind; UTF-8 is checked once
 * for all bytes and line by line only when that fails.
 */
import { isUtf8 } from 'node:buffer'
import { asBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { plainFromEnvelope } from '../envelope/codec.ts'
import type { LogPart } from '../part.ts'
import { PlainPart } from '../plain/part.ts'
import { emptyGroup, emptyLog, entriesOf } from '../plain/record.ts'
import type { PlainLog } from '../plain/record.ts'
import type { DecodeOptions, Origin } from '../types.ts'
import { Block, ROW, takeTape } from './block.ts'
import type { Mapping } from './block.ts'
import { JsonPart } from './part.ts'
import { MAP } from './scan.ts'
import { isOpaque, membersAt } from './tape.ts'

const NEWLINE = 10
const ROWS_START = 1_024

/** Rows are collected in an array that is used again and again, and copied at their exact size. */
let spareRows: Int32Array | undefined

const grown = (old: Int32Array): Int32Array => {
  const larger = new Int32Array(Math.max(ROWS_START * ROW, old.length * 2))
  larger.set(old)
  return larger
}

const endingInNewline = (input: Uint8Array): Bytes => {
  const bytes = asBytes(input)
  if (bytes[bytes.length - 1] === NEWLINE) return bytes
  const copy = asBytes(Buffer.allocUnsafeSlow(bytes.length + 1))
  bytes.copy(copy)
  copy[bytes.length] = NEWLINE
  return copy
}

/** What stands beside every line. */
const baseOf = (options: DecodeOptions): PlainLog => ({
  ...emptyLog(),
  observedTime: options.observedTime ?? 0n,
  attributes: entriesOf(options.attributes),
  group: options.resource ? { ...emptyGroup, attributes: entriesOf(options.resource) } : emptyGroup,
})

/** A record that is no row, such as a broken line passed on as text; `row` rows stand before it. */
interface Other {
  readonly row: number
  readonly log: PlainLog
}

export const decodeJson = (mapping: Mapping, input: Uint8Array, options: DecodeOptions): LogPart[] => {
  if (input.length === 0) return []
  const bytes = endingInNewline(input)
  const base = baseOf(options)
  const allUtf8 = isUtf8(bytes)
  const tape = takeTape()
  const { lines, scanner } = tape
  const texts: Other[] = []
  let rows = spareRows ?? new Int32Array(ROWS_START * ROW)
  spareRows = undefined
  let count = 0
  for (let at = 0; at < bytes.length;) {
    const start = at
    const before = scanner.length
    const end = lines.scan(bytes, at)
    const fits = end >= 0 && bytes[end] === NEWLINE && (mapping === 'body' || bytes[lines.start] === MAP)
    if (fits && (allUtf8 || isUtf8(bytes.subarray(at, end)))) {
      at = end + 1
      if (
        mapping === 'envelope' &&
        lines.shape === undefined &&
        scanner.odd &&
        isOpaque(bytes, scanner.words, before)
      ) {
        // As a value it would be bytes, but an envelope is always its members.
        const log = plainFromEnvelope(membersAt(bytes, scanner.words, before))
        scanner.length = before
        texts.push({ row: count, log: { ...log, origin: originAt(options, start), observedTime: base.observedTime } })
        continue
      }
      if ((count + 1) * ROW > rows.length) rows = grown(rows)
      if (count === tape.roots.length) tape.roots = grown(tape.roots)
      tape.roots[count] = before
      tape.shapes[count] = lines.shape
      rows[count * ROW] = lines.start
      rows[count * ROW + 1] = lines.end
      rows[count * ROW + 2] = start
      count++
      continue
    }
    scanner.length = before
    const newline = bytes.indexOf(NEWLINE, at)
    const reason =
      end < 0 ? `${scanner.reason} at column ${scanner.failedAt - at + 1}` : fits ? 'not UTF-8' : unfit(bytes, end, at)
    const text = refuse(bytes, at, newline, reason, options)
    if (text !== undefined) texts.push({ row: count, log: textRecord(base, text, at, options) })
    at = newline + 1
  }
  const block = new Block(
    {
      bytes,
      mapping,
      rows: rows.slice(0, count * ROW),
      originKey: options.origin?.key,
      originOffset: options.origin?.offset ?? 0,
      base,
      sides: undefined,
    },
    tape,
  )
  spareRows = rows
  return partsOf(block, texts)
}

const unfit = (bytes: Bytes, end: number, at: number): string =>
  bytes[end] === NEWLINE ? 'an envelope is an object' : `more after the value at column ${end - at + 1}`

const isBlank = (bytes: Bytes, start: number, end: number): boolean => {
  for (let at = start; at < end; at++) if (bytes[at] !== 32 && bytes[at] !== 9 && bytes[at] !== 13) return false
  return true
}

/** Reports a line that is no record; the text to pass on instead, if any. Blank lines are nothing. */
const refuse = (
  bytes: Bytes,
  start: number,
  newline: number,
  reason: string,
  options: DecodeOptions,
): string | undefined => {
  if (isBlank(bytes, start, newline)) return undefined
  const end = bytes[newline - 1] === 13 ? newline - 1 : newline
  const line = bytes.subarray(start, end)
  const verdict = options.onInvalid?.({ bytes: line, offset: (options.origin?.offset ?? 0) + start, reason })
  return verdict === 'text' ? bytes.utf8Slice(start, end) : undefined
}

const textRecord = (base: PlainLog, text: string, at: number, options: DecodeOptions): PlainLog => ({
  ...base,
  body: text,
  origin: originAt(options, at),
})

const originAt = ({ origin }: DecodeOptions, at: number): Origin | undefined =>
  origin && { key: origin.key, offset: origin.offset + at }

/** The block's rows with the text lines between them. */
const partsOf = (block: Block, texts: readonly Other[]): LogPart[] => {
  const parts: LogPart[] = []
  let from = 0
  for (let i = 0; i < texts.length;) {
    const { row } = texts[i]!
    if (row > from) parts.push(new JsonPart(block, from, row - from))
    const logs: PlainLog[] = []
    for (; i < texts.length && texts[i]!.row === row; i++) logs.push(texts[i]!.log)
    parts.push(new PlainPart(logs))
    from = row
  }
  if (block.count > from) parts.push(new JsonPart(block, from, block.count - from))
  return parts
}
