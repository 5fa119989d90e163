/** OTLP/JSON texts: one request, on however many lines, or one request a line. Integers beyond 2^53 stay exact. */
import { isUtf8 } from 'node:buffer'
import { asBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { CollectorError } from '../errors.ts'
import { Scanner } from '../json/scan.ts'
import type { DecodeOptions } from '../types.ts'
import { withJsonNames } from './original-names.ts'

const NEWLINE = 10

/** An integer of sixteen digits or more that is no string: JSON.parse would round it. */
const BIG = /[[:,]\s*-?\d{16,}/

const exact = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
  const isRounded = typeof value === 'number' && !Number.isSafeInteger(value)
  return isRounded && context?.source && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value
}

/** Where the text stops being JSON, in bytes. */
const placeOf = (bytes: Bytes, start: number, end: number): string => {
  const line = asBytes(Buffer.concat([bytes.subarray(start, end), Buffer.of(NEWLINE)]))
  for (let at = 0; at < line.length - 1; at++) if (line[at] === NEWLINE || line[at] === 13) line[at] = 32
  const scanner = new Scanner()
  const stopped = scanner.scan(line, 0)
  if (stopped < 0) return `${scanner.reason} at byte ${start + scanner.failedAt}`
  return stopped < line.length - 1 ? `more than one value at byte ${start + stopped}` : ''
}

/** The value between two places. Throws `CollectorError('invalid_data')` with the offset. */
const parse = (bytes: Bytes, start: number, end: number): unknown => {
  const text = bytes.utf8Slice(start, end)
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end)))
    throw new CollectorError('invalid_data', 'OTLP/JSON: not UTF-8')
  try {
    return withJsonNames(JSON.parse(text, BIG.test(text) ? exact : undefined))
  } catch (error) {
    const reason = placeOf(bytes, start, end) || (error instanceof Error ? error.message : String(error))
    throw new CollectorError('invalid_data', `OTLP/JSON: ${reason}`, { cause: error })
  }
}

/** Who takes what is found, each with the place where it starts. */
export interface Takers {
  /** One parsed request; what this throws makes the request an invalid one. */
  readonly request: (value: unknown, start: number) => void
  /** A line that is no request and that `onInvalid` wants as text. */
  readonly text?: (line: string, start: number) => void
}

/** Calls `each` for every line that is not blank. */
const eachLine = (bytes: Bytes, each: (start: number, end: number) => void): void => {
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start)
    const end = newline < 0 ? bytes.length : newline
    if (bytes.utf8Slice(start, end).trim() !== '') each(start, end)
    start = end + 1
  }
}

/** Without `onInvalid`, throws what is wrong as a `CollectorError('invalid_data')`. */
export const readRequests = (input: Uint8Array, options: DecodeOptions, takers: Takers): void => {
  const bytes = asBytes(input)
  if (options.onInvalid) readLines(bytes, options, takers)
  else readStrictly(bytes, takers.request)
}

const RETURN = 13

/** One request a line; a line that is none concerns nobody else. */
const readLines = (bytes: Bytes, { onInvalid, origin }: DecodeOptions, { request, text }: Takers): void =>
  eachLine(bytes, (start, next) => {
    const end = bytes[next - 1] === RETURN ? next - 1 : next
    try {
      request(parse(bytes, start, end), start)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const offset = (origin?.offset ?? 0) + start
      const verdict = onInvalid?.({ bytes: bytes.subarray(start, end), offset, reason })
      if (verdict === 'text') text?.(bytes.utf8Slice(start, end), start)
    }
  })

/** The first line decides whether the requests stand on one line each, or all is one request. */
const readStrictly = (bytes: Bytes, request: Takers['request']): void => {
  let isFirst = true
  let isWhole = false
  eachLine(bytes, (start, end) => {
    if (isWhole) return
    let value: unknown
    try {
      value = parse(bytes, start, end)
    } catch (error) {
      if (!isFirst || bytes.latin1Slice(end, bytes.length).trim() === '') throw error
      isWhole = true
      value = parse(bytes, 0, bytes.length)
    }
    isFirst = false
    request(value, start)
  })
}
