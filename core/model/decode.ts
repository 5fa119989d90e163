/** Bytes as batches. Line formats never throw: what is no record goes to `onInvalid`. */
import { isUtf8 } from 'node:buffer'
import { CollectorError } from '../kit/errors.ts'
import { PartsBatch } from './batch.ts'
import { asBytes } from './bytes.ts'
import { plainFromEnvelope } from './envelope/codec.ts'
import { decodeJson } from './json/decode.ts'
import { valueFromJson } from './json/parse.ts'
import { plainFromOtlpJson } from './otlp/json.ts'
import { plainFromOtlp } from './otlp/read-log.ts'
import { PlainPart } from './plain/part.ts'
import { emptyGroup, emptyLog, entriesOf } from './plain/record.ts'
import type { Group, PlainLog } from './plain/record.ts'
import { decodeStored } from './stored.ts'
import type { DecodeFormat, DecodeOptions, LogBatch } from './types.ts'
import { isMap } from './value.ts'

type LineFormat = 'envelope' | 'json' | 'text' | 'otlp_json'

const NEWLINE = 10
const RETURN = 13

const textRecord = (text: string): PlainLog => ({ ...emptyLog(), body: text })

/** The records on one line. Throws with the reason when it holds none. */
const recordsOn = (format: LineFormat, text: string): PlainLog[] => {
  if (format === 'text') return [textRecord(text)]
  if (format === 'otlp_json') return plainFromOtlpJson(JSON.parse(text))
  const value = valueFromJson(text)
  if (format === 'json') return [{ ...emptyLog(), body: value }]
  if (!isMap(value)) throw new SyntaxError('an envelope is an object')
  return [plainFromEnvelope(value)]
}

/** Records take what the line did not say: observed time, attributes beside it, the resource. */
const complete = (log: PlainLog, options: DecodeOptions, group: Group, offset: number): PlainLog => {
  if (options.observedTime !== undefined && log.observedTime === 0n) log.observedTime = options.observedTime
  if (options.attributes) log.attributes = [...log.attributes, ...entriesOf(options.attributes)]
  if (options.resource && log.group === emptyGroup) log.group = group
  if (options.origin) log.origin = { key: options.origin.key, offset: options.origin.offset + offset }
  return log
}

const decodeLines = (format: LineFormat, input: Uint8Array, options: DecodeOptions): PlainLog[] => {
  const bytes = asBytes(input)
  const group: Group = { ...emptyGroup, attributes: entriesOf(options.resource) }
  const logs: PlainLog[] = []
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start)
    const next = newline < 0 ? bytes.length : newline + 1
    let end = newline < 0 ? bytes.length : newline
    if (end > start && bytes[end - 1] === RETURN) end--
    const line = bytes.subarray(start, end)
    const text = bytes.utf8Slice(start, end)
    if (text !== '' && (format === 'text' || text.trim() !== '')) {
      for (const log of lineRecords(format, line, text, start, options)) logs.push(complete(log, options, group, start))
    }
    start = next
  }
  return logs
}

const lineRecords = (
  format: LineFormat,
  line: Uint8Array,
  text: string,
  offset: number,
  options: DecodeOptions,
): PlainLog[] => {
  try {
    if (text.includes('\ufffd') && !isUtf8(line)) throw new SyntaxError('not UTF-8')
    return recordsOn(format, text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (format === 'otlp_json' && !options.onInvalid) throw CollectorError.from(error, 'invalid_data')
    const at = (options.origin?.offset ?? 0) + offset
    return options.onInvalid?.({ bytes: line, offset: at, reason }) === 'text' ? [textRecord(text)] : []
  }
}

const recordsIn = (format: Exclude<DecodeFormat, 'stored'>, bytes: Uint8Array, options: DecodeOptions): PlainLog[] => {
  if (format !== 'otlp_proto') return decodeLines(format, bytes, options)
  const group: Group = { ...emptyGroup, attributes: entriesOf(options.resource) }
  return plainFromOtlp(bytes).map((log) => complete(log, options, group, 0))
}

/**
 * Decodes bytes. `json`: the line's object is the body. `text`: the line is. Lines may end with CRLF; blank ones are
 * nothing. Broken protobuf, OTLP/JSON without `onInvalid` and broken `stored` bytes throw `CollectorError('invalid_data')`.
 */
export const decode = (
  _signal: 'logs',
  format: DecodeFormat,
  bytes: Uint8Array,
  options: DecodeOptions = {},
): LogBatch => {
  if (format === 'stored') return new PartsBatch(decodeStored(bytes))
  if (format === 'json') return new PartsBatch(decodeJson('body', bytes, options))
  if (format === 'envelope' && !options.attributes && !options.resource)
    return new PartsBatch(decodeJson('envelope', bytes, options))
  const logs = recordsIn(format, bytes, options)
  return new PartsBatch(logs.length === 0 ? [] : [new PlainPart(logs)])
}
