/** Lines as plain records: text, and envelopes that get something from beside them. */
import { isUtf8 } from 'node:buffer'
import { asBytes } from './bytes.ts'
import { plainFromEnvelope } from './envelope/codec.ts'
import { valueFromJson } from './json/parse.ts'
import type { LogPart } from './part.ts'
import { PlainPart } from './plain/part.ts'
import { completer, emptyLog } from './plain/record.ts'
import type { PlainLog } from './plain/record.ts'
import type { DecodeOptions } from './types.ts'
import { isMap } from './value.ts'

type LineFormat = 'envelope' | 'text'

const NEWLINE = 10
const RETURN = 13

const textRecord = (text: string): PlainLog => ({ ...emptyLog(), body: text })

/** The record on a line. Throws with the reason when it holds none. */
const recordOn = (format: LineFormat, text: string): PlainLog => {
  if (format === 'text') return textRecord(text)
  const value = valueFromJson(text)
  if (!isMap(value)) throw new SyntaxError('an envelope is an object')
  return plainFromEnvelope(value)
}

const recordOrNot = (
  format: LineFormat,
  line: Uint8Array,
  text: string,
  offset: number,
  options: DecodeOptions,
): PlainLog | undefined => {
  try {
    if (text.includes('\ufffd') && !isUtf8(line)) throw new SyntaxError('not UTF-8')
    return recordOn(format, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const at = (options.origin?.offset ?? 0) + offset
    return options.onInvalid?.({ bytes: line, offset: at, reason }) === 'text' ? textRecord(text) : undefined
  }
}

export const decodeLines = (format: LineFormat, input: Uint8Array, options: DecodeOptions): LogPart[] => {
  const bytes = asBytes(input)
  const complete = completer(options)
  const logs: PlainLog[] = []
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start)
    const next = newline < 0 ? bytes.length : newline + 1
    let end = newline < 0 ? bytes.length : newline
    if (end > start && bytes[end - 1] === RETURN) end--
    const text = bytes.utf8Slice(start, end)
    if (text !== '' && (format === 'text' || text.trim() !== '')) {
      const record = recordOrNot(format, bytes.subarray(start, end), text, start, options)
      if (record) logs.push(complete(record, start))
    }
    start = next
  }
  return logs.length === 0 ? [] : [new PlainPart(logs)]
}
