/** Batches as bytes: asks each part for its short way, and goes through plain records where there is none. */
import { otlpJsonFromPlain } from './otlp/json.ts'
import { otlpFromPlain } from './otlp/write.ts'
import { envelopeFromPlain } from './envelope/codec.ts'
import { valueToJson } from './json/text.ts'
import type { Part } from './part.ts'
import { Pieces } from './pieces.ts'
import { groupsEqual } from './plain/record.ts'
import type { Group, PlainLog } from './plain/record.ts'
import { encodeStored } from './stored.ts'
import type { EncodeFormat } from './types.ts'

interface Run {
  readonly group: Group
  readonly logs: PlainLog[]
}

/** Neighbours with an equal resource and scope, together. */
const runsOf = (parts: readonly Part[]): Run[] => {
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

const encodeLines = (part: Part, format: 'envelope' | 'body' | 'text', out: Pieces): void => {
  const line = lineOf[format]
  for (let i = 0; i < part.count; i++) out.add(Buffer.from(`${line(part.plain(i))}\n`))
}

export const encodeParts = (parts: readonly Part[], format: EncodeFormat): readonly Uint8Array[] => {
  if (parts.length === 0) return []
  if (format === 'otlp_json') return [Buffer.from(`${otlpJsonFromPlain(runsOf(parts))}\n`)]
  if (format === 'stored') return encodeStored(parts)
  const out = new Pieces()
  for (const part of parts) {
    if (part.encode(format, out)) continue
    if (format === 'otlp_proto') out.add(otlpFromPlain(runsOf([part])))
    else encodeLines(part, format, out)
  }
  return out.finish()
}
