/**
 * `stored`: a batch as a queue keeps it, in the layout it has and with the origins of its records.
 *
 *   stored  = "SCB" version(1) section*
 *   section = header_length(u32 LE) header(JSON) payload
 *   payload = records(header.records bytes) beside(header.beside bytes) offsets(header.count × u32 LE)
 *
 * Layout `body` or `envelope`: records are lines, `beside` is one OTLP request with what stands beside every line, offsets
 * count from the origin. Layout `otlp`: records are a request with offsets, or with a JSON list of origins as `beside`.
 */
import { CollectorError } from './errors.ts'
import { asBytes } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { Block, ROW, ROW_OFFSET } from './json/block.ts'
import { decodeJson } from './json/decode.ts'
import { JsonPart } from './json/part.ts'
import { ROW as OTLP_ROW, ROW_OFFSET as OTLP_ROW_OFFSET } from './otlp/block.ts'
import { decodeOtlp, decodeRequest } from './otlp/decode.ts'
import { logCodec } from './otlp/log-codec.ts'
import { OtlpPart } from './otlp/part.ts'
import type { OtlpCodec } from './otlp/part.ts'
import { otlpFromPlain } from './otlp/write.ts'
import type { LogPart, Part } from './part.ts'
import { Pieces } from './pieces.ts'
import { PlainPart } from './plain/part.ts'
import type { PlainLog } from './plain/record.ts'
import type { Origin, Signal } from './types.ts'

const MAGIC = Buffer.from('SCB\u0001', 'latin1')

interface Header {
  readonly layout: 'body' | 'envelope' | 'otlp'
  readonly records: number
  readonly beside: number
  readonly count: number
  readonly origin: Origin | null
  /** Absent for logs. */
  readonly signal?: Signal
}

const size = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0)

const section = (header: Header, payload: readonly Uint8Array[]): readonly Uint8Array[] => {
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return [length, text, ...payload]
}

/** Where each record stands after its block's origin. */
const offsetsOf = (part: JsonPart | OtlpPart<Signal>, row: number, offset: number): Buffer => {
  const offsets = Buffer.alloc(part.count * 4)
  for (let i = 0; i < part.count; i++) offsets.writeInt32LE(part.block.rows[part.row(i) * row + offset]!, i * 4)
  return offsets
}

const jsonSection = (part: JsonPart): readonly Uint8Array[] => {
  const { block, count } = part
  const out = new Pieces()
  part.encode(block.mapping, out)
  const records = out.finish()
  const beside = otlpFromPlain([{ group: block.base.group, logs: [block.base] }])
  const origin = block.originKey === undefined ? null : { key: block.originKey, offset: block.originOffset }
  const header = { layout: block.mapping, records: size(records), beside: beside.length, count, origin }
  return section(header, [...records, beside, offsetsOf(part, ROW, ROW_OFFSET)])
}

const otlpSection = (part: OtlpPart<Signal>): readonly Uint8Array[] => {
  const out = new Pieces()
  part.encode('otlp_proto', out)
  const records = out.finish()
  const { count, block, codec } = part
  const origin = block.origin ?? null
  const signal = codec.signal === 'logs' ? {} : { signal: codec.signal }
  const header: Header = { layout: 'otlp', records: size(records), beside: 0, count, origin, ...signal }
  return section(header, [...records, offsetsOf(part, OTLP_ROW, OTLP_ROW_OFFSET)])
}

/** Records as values, and those beside whose line something else was edited: as a request and a list of origins. */
const plainSection = (part: LogPart): readonly Uint8Array[] => {
  const logs = Array.from({ length: part.count }, (_, i) => part.plain(i))
  const records = otlpFromPlain(logs.map((log) => ({ group: log.group, logs: [log] })))
  const beside = Buffer.from(JSON.stringify(logs.map(({ origin }) => origin ?? null)))
  return section({ layout: 'otlp', records: records.length, beside: beside.length, count: 0, origin: null }, [
    records,
    beside,
  ])
}

export const encodeStored = (parts: readonly (LogPart | OtlpPart<Signal>)[]): readonly Uint8Array[] => [
  MAGIC,
  ...parts.flatMap((part) => {
    if (part instanceof OtlpPart) return otlpSection(part as OtlpPart<Signal>)
    return part instanceof JsonPart && !part.block.sides ? jsonSection(part) : plainSection(part)
  }),
]

const fail = (reason: string): never => {
  throw new CollectorError('invalid_data', `stored batch: ${reason}`)
}

const readJson = (header: Header, records: Bytes, beside: Bytes, offsets: Bytes): LogPart[] => {
  const parts = decodeJson(header.layout === 'otlp' ? fail('layout') : header.layout, records, {})
  const part = parts[0]
  if (parts.length !== 1 || !(part instanceof JsonPart) || part.count !== header.count) return fail('lines are damaged')
  const [base] = plainOf(beside)
  const { bytes, rows, mapping } = part.block
  for (let i = 0; i < header.count; i++) rows[i * ROW + ROW_OFFSET] = offsets.readUInt32LE(i * 4)
  const origin = { originKey: header.origin?.key, originOffset: header.origin?.offset ?? 0 }
  return [new JsonPart(new Block({ bytes, rows, mapping, ...origin, base: base ?? fail('no base'), sides: undefined }))]
}

const plainOf = (bytes: Bytes): PlainLog[] =>
  decodeRequest(bytes, {}).flatMap((part) => Array.from({ length: part.count }, (_, i) => part.plain(i)))

const withOffsets = <S extends Signal>(parts: OtlpPart<S>[], offsets: Bytes): OtlpPart<S>[] => {
  const [part] = parts
  if (!part || part.count * 4 !== offsets.length) return fail('records do not fit')
  for (let i = 0; i < part.count; i++) part.block.rows[i * OTLP_ROW + OTLP_ROW_OFFSET] = offsets.readUInt32LE(i * 4)
  return parts
}

const readOtlp = (header: Header, records: Bytes, beside: Bytes, offsets: Bytes): LogPart[] => {
  if (header.beside === 0) return withOffsets(decodeOtlp(logCodec, records, header.origin ?? undefined), offsets)
  const logs = plainOf(records)
  const origins = jsonIn(beside, 'origins')
  if (!Array.isArray(origins) || origins.length !== logs.length || !origins.every(isOrigin))
    return fail('origins do not fit')
  origins.forEach((origin, i) => (logs[i]!.origin = origin ?? undefined))
  return logs.length === 0 ? [] : [new PlainPart(logs)]
}

interface Section {
  readonly header: Header
  readonly records: Bytes
  readonly beside: Bytes
  readonly offsets: Bytes
}

/** The sections of stored bytes, all of one signal. */
const sectionsOf = (input: Uint8Array, signal: Signal): Section[] => {
  const bytes = asBytes(input)
  let at = MAGIC.length
  const take = (count: number): Bytes => {
    if (!(count >= 0) || at + count > bytes.length) fail('truncated')
    at += count
    return asBytes(bytes.subarray(at - count, at))
  }
  if (!bytes.subarray(0, at).equals(MAGIC)) fail('none, or of another version')
  const sections: Section[] = []
  while (at < bytes.length) {
    const header = headerOf(take(take(4).readUInt32LE(0)))
    const of = header.signal ?? 'logs'
    if (of !== signal) fail(`holds ${of}, not ${signal}`)
    const [records, beside, offsets] = [take(header.records), take(header.beside), take(header.count * 4)] as const
    sections.push({ header, records, beside, offsets })
  }
  return sections
}

/** Throws `CollectorError('invalid_data')`. The bytes belong to the batch from then on. */
export const decodeStoredLogs = (input: Uint8Array): LogPart[] =>
  sectionsOf(input, 'logs').flatMap(({ header, records, beside, offsets }) =>
    header.layout === 'otlp' ? readOtlp(header, records, beside, offsets) : readJson(header, records, beside, offsets),
  )

/** The same for what is protobuf only. */
export const decodeStored = <S extends Signal>(codec: OtlpCodec<S>, input: Uint8Array): Part<S>[] =>
  sectionsOf(input, codec.signal).flatMap(({ header, records, offsets }) =>
    withOffsets(decodeOtlp(codec, records, header.origin ?? undefined), offsets),
  )

const jsonIn = (bytes: Bytes, what: string): unknown => {
  try {
    return JSON.parse(bytes.utf8Slice(0, bytes.length)) as unknown
  } catch (error) {
    throw new CollectorError('invalid_data', `stored batch: ${what} cannot be read`, { cause: error })
  }
}

const isOrigin = (value: unknown): value is Origin | null => {
  if (value === null) return true
  const { key, offset } = Object(value) as Partial<Origin>
  return typeof key === 'string' && Number.isFinite(offset)
}

const layouts: readonly unknown[] = ['body', 'envelope', 'otlp']
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

const headerOf = (bytes: Bytes): Header => {
  const header = Object(jsonIn(bytes, 'header')) as Partial<Header>
  const { layout, records, beside, count, origin } = header
  const isSound = layouts.includes(layout) && isCount(records) && isCount(beside) && isCount(count) && isOrigin(origin)
  return isSound ? (header as Header) : fail('header is damaged')
}
