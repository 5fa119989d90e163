/**
 * Records as Loki keeps them: streams, each a set of labels and its lines, every line with the rest of the record beside
 * it. Names follow Loki's own reading of OTLP: what is no letter, digit or underscore becomes one, maps are flattened.
 */
import { isMap, valueToJson } from 'seneca-collector'
import type { Batch, LogRecord, Value } from 'seneca-collector'
import { labelName, valueText } from 'seneca-collector/prometheus'
import type { Config } from './options.ts'

export type Pairs = readonly (readonly [name: string, value: string])[]

export interface Entry {
  /** Nanoseconds since the epoch. */
  readonly time: bigint
  readonly line: string
  readonly metadata: Pairs
}

export interface Stream {
  readonly labels: Pairs
  readonly entries: Entry[]
}

/** Loki refuses a stream without labels; it calls such senders this. */
const UNKNOWN: readonly [string, string] = ['service_name', 'unknown_service']

const byName = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1)

const labelsOf = (record: LogRecord, config: Config): Pairs => {
  const labels = new Map<string, string>()
  const add = (key: string, value: Value | undefined): void => {
    const [name, text] = [labelName(key), value === undefined ? '' : valueText(value)]
    if (name !== '' && text !== '') labels.set(name, text)
  }
  const { attributes } = record.resource
  for (const key of config.resource_labels) add(key, attributes.get(key))
  for (const key of config.attribute_labels) add(key, record.attributes.get(key))
  for (const [name, value] of Object.entries(config.labels)) labels.set(name, value)
  return labels.size === 0 ? [UNKNOWN] : [...labels].sort(byName)
}

const flatten = (into: Map<string, string>, key: string, value: Value): void => {
  if (isMap(value)) {
    for (const [inner, item] of Object.entries(value)) flatten(into, `${key}_${inner}`, item)
    return
  }
  const [name, text] = [labelName(key), valueText(value)]
  if (name !== '' && text !== '') into.set(name, text)
}

const metadataOf = (record: LogRecord, config: Config): Pairs => {
  const pairs = new Map<string, string>()
  const say = (name: string, text: string): void => void (text === '' ? undefined : pairs.set(name, text))
  for (const [key, value] of record.resource.attributes)
    if (!config.resource_labels.includes(key)) flatten(pairs, key, value)
  for (const [key, value] of record.attributes) if (!config.attribute_labels.includes(key)) flatten(pairs, key, value)
  say('event_name', record.eventName)
  say('severity_text', record.severityText)
  say('severity_number', record.severity === 0 ? '' : String(record.severity))
  say('trace_id', record.traceId)
  say('span_id', record.spanId)
  say('scope_name', record.scope.name)
  say('scope_version', record.scope.version)
  return [...pairs]
}

const envelopeOf = (batch: Batch<'logs'>, index: number): string =>
  Buffer.concat(batch.slice(index, index + 1).encode('envelope'))
    .toString()
    .trimEnd()

const lineOf = (batch: Batch<'logs'>, record: LogRecord, index: number, line: Config['line']): string => {
  const { body } = record
  if (line === 'envelope' || body === undefined || body === null) return envelopeOf(batch, index)
  return typeof body === 'string' ? body : valueToJson(body)
}

const keyOf = (labels: Pairs): string => labels.flat().join('\u0000')

/** `now` stands in for records that carry no time. */
export const streamsOf = (batch: Batch<'logs'>, config: Config, now: bigint): Stream[] => {
  const streams = new Map<string, Stream>()
  let index = 0
  for (const record of batch) {
    const labels = labelsOf(record, config)
    const key = keyOf(labels)
    const stream = streams.get(key) ?? { labels, entries: [] }
    streams.set(key, stream)
    stream.entries.push({
      time: record.time || record.observedTime || now,
      line: lineOf(batch, record, index++, config.line),
      metadata: config.structured_metadata ? metadataOf(record, config) : [],
    })
  }
  return [...streams.values()]
}
