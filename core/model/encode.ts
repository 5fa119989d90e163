/** Batches as bytes: asks each part for its short way, and goes through plain records where there is none. */
import { CollectorError } from './errors.ts'
import { JsonDocument } from './otlp/json-document.ts'
import { otlpJsonOf } from './otlp/message/to-json.ts'
import type { OtlpPart } from './otlp/part.ts'
import { otlpFromPlain } from './otlp/write.ts'
import { envelopeFromPlain } from './envelope/codec.ts'
import { valueToJson } from './json/text.ts'
import type { LogPart, Part } from './part.ts'
import { Pieces } from './pieces.ts'
import { groupsEqual } from './plain/record.ts'
import type { Group, PlainLog } from './plain/record.ts'
import { encodeStored } from './stored.ts'
import type { EncodeFormat, Signal } from './types.ts'

interface Run {
  readonly group: Group
  readonly logs: PlainLog[]
}

/** Neighbours with an equal resource and scope, together. */
const runsOf = (parts: readonly LogPart[]): Run[] => {
  const runs: Run[] = []
  for (const part of parts) {
    for (let i = 0; i < part.count; i++) {
      const log = part.plain(i)
      const last = runs.at(-1)
      if (last && groupsEqual(last.group, log.group)) last.logs.push(log)
      else runs.push({ group: log.group, logs: [log] })
    }
  }
  return runs
}

const bodyText = (log: PlainLog): string => {
  if (log.body === undefined) return ''
  return typeof log.body === 'string' ? log.body : valueToJson(log.body)
}

/** One record as a line, without its newline. */
const lineOf: Readonly<Record<'envelope' | 'body' | 'text', (log: PlainLog) => string>> = {
  envelope: (log) => valueToJson(envelopeFromPlain(log)),
  body: (log) => valueToJson(log.body ?? null),
  text: bodyText,
}

const encodeLines = (part: LogPart, format: 'envelope' | 'body' | 'text', out: Pieces): void => {
  const line = lineOf[format]
  for (let i = 0; i < part.count; i++) out.add(Buffer.from(`${line(part.plain(i))}\n`))
}

const encodeOtlpJson = (parts: readonly LogPart[], out: Pieces): readonly Uint8Array[] => {
  const document = new JsonDocument(out)
  for (const part of parts) {
    if (part.writeOtlpJson) part.writeOtlpJson(document)
    else for (let i = 0; i < part.count; i++) document.log(part.plain(i))
  }
  document.finish()
  return out.finish()
}

const encodeLogs = (parts: readonly LogPart[], format: EncodeFormat): readonly Uint8Array[] => {
  if (format === 'stored') return encodeStored(parts)
  const out = new Pieces()
  if (format === 'otlp_json') return encodeOtlpJson(parts, out)
  for (const part of parts) {
    if (part.encode(format, out)) continue
    if (format === 'otlp_proto') out.add(otlpFromPlain(runsOf([part])))
    else encodeLines(part, format, out)
  }
  return out.finish()
}

const encodeMessages = <S extends 'metrics' | 'traces'>(
  signal: S,
  parts: readonly OtlpPart<S>[],
  format: EncodeFormat,
): readonly Uint8Array[] => {
  if (format === 'otlp_json') return [Buffer.from(`${otlpJsonOf(signal, parts)}\n`)]
  if (format === 'stored') return encodeStored(parts)
  if (format !== 'otlp_proto')
    throw new CollectorError(
      'invalid_data',
      `format ${format} is for logs; ${signal} have otlp_proto, otlp_json and stored`,
    )
  const out = new Pieces()
  for (const part of parts) part.encode(format, out)
  return out.finish()
}

/** Logs come in every layout, other signals in protobuf only. */
export const encodeParts = (
  signal: Signal,
  parts: readonly Part<never>[],
  format: EncodeFormat,
): readonly Uint8Array[] => {
  if (parts.length === 0) return []
  if (signal === 'logs') return encodeLogs(parts as readonly Part<Signal>[] as readonly LogPart[], format)
  return encodeMessages(signal, parts as readonly Part<Signal>[] as readonly OtlpPart<typeof signal>[], format)
}
