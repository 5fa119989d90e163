/**
 * Records out of what people have at hand: OTLP/JSON of any signal, an event's envelope, fields by the names of the
 * transformation language (`body`, `attributes`, `severity_number` …), or any JSON, which is then the body.
 */
import { decode, isMap, logs, valueToJson } from '../../model/index.ts'
import type { Batch, LogInit, Value, ValueMap } from '../../model/index.ts'
import { CollectorError } from '../../kit/errors.ts'
import { didYouMean } from '../../config/index.ts'
import type { Face } from './facts.ts'

export interface Sample {
  readonly batch: Batch
  readonly face: Face
}

const roots = { resourceLogs: 'logs', resourceSpans: 'traces', resourceMetrics: 'metrics' } as const
/** Members that only an envelope has. */
const envelopeMembers = ['type', 'data', 'metadata', 'source', 'timestamp']

const bytes = (text: string): Uint8Array => Buffer.from(text)

const otlp = (value: ValueMap, text: string): Batch | undefined => {
  for (const [root, signal] of Object.entries(roots)) {
    if (Object.hasOwn(value, root)) return decode(signal, 'otlp_json', bytes(text))
  }
  return undefined
}

const isEnvelope = (value: ValueMap): boolean =>
  typeof value['type'] === 'string' && envelopeMembers.filter((name) => Object.hasOwn(value, name)).length > 1

const invalid = (reason: string): never => {
  throw new CollectorError('invalid_data', reason)
}

const envelope = (text: string): Batch =>
  decode('logs', 'envelope', bytes(`${text}\n`), { onInvalid: ({ reason }) => invalid(`no event: ${reason}`) })

/** JSON that is piped in: one document, or a record a line. */
export const readSample = (text: string): Sample => {
  const trimmed = text.trim()
  if (trimmed === '') return invalid('there is no record in the input')
  let whole: unknown
  try {
    whole = JSON.parse(trimmed)
  } catch {
    const batch = decode('logs', 'json', bytes(trimmed), { onInvalid: () => 'text' })
    return { batch, face: 'record' }
  }
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole))
    return { batch: decode('logs', 'json', bytes(`${JSON.stringify(whole)}\n`)), face: 'record' }
  const request = otlp(whole as ValueMap, trimmed)
  if (request !== undefined) return { batch: request, face: 'record' }
  const line = trimmed.replaceAll(/\r?\n/g, ' ')
  if (isEnvelope(whole as ValueMap)) return { batch: envelope(line), face: 'event' }
  return { batch: decode('logs', 'json', bytes(`${line}\n`)), face: 'record' }
}

const time = (value: Value, name: string): bigint => {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return BigInt(value)
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms)
    ? invalid(`${name} is neither nanoseconds nor a time such as 2026-01-05T09:00:00Z`)
    : BigInt(ms) * 1_000_000n
}
const text = (value: Value, name: string): string => (typeof value === 'string' ? value : invalid(`${name} is no text`))
const whole = (value: Value, name: string): number =>
  typeof value === 'number' ? value : invalid(`${name} is no number`)
const map = (value: Value, name: string): ValueMap => (isMap(value) ? value : invalid(`${name} is no map`))

/** Fields of a log record by the names of the language. */
const members: Readonly<Record<string, (value: Value, name: string) => LogInit>> = {
  body: (body) => ({ body }),
  attributes: (value, name) => ({ attributes: map(value, name) }),
  event_name: (value, name) => ({ eventName: text(value, name) }),
  severity_number: (value, name) => ({ severity: whole(value, name) }),
  severity_text: (value, name) => ({ severityText: text(value, name) }),
  time: (value, name) => ({ time: time(value, name) }),
  time_unix_nano: (value, name) => ({ time: time(value, name) }),
  observed_time: (value, name) => ({ observedTime: time(value, name) }),
  observed_time_unix_nano: (value, name) => ({ observedTime: time(value, name) }),
  trace_id: (value, name) => ({ traceId: text(value, name) }),
  span_id: (value, name) => ({ spanId: text(value, name) }),
  flags: (value, name) => ({ flags: whole(value, name) }),
  resource: () => ({}),
  scope: () => ({}),
}

const scopeOf = (value: Value | undefined): { name?: string; version?: string; attributes?: ValueMap } =>
  value === undefined ? {} : (map(value, 'scope') as { name?: string; version?: string; attributes?: ValueMap })

const fieldsOf = (value: ValueMap): Batch => {
  const init: LogInit = {}
  for (const [name, given] of Object.entries(value)) {
    const read = Object.hasOwn(members, name) ? members[name] : undefined
    if (read === undefined)
      return invalid(
        `a record has no field '${name}'; ${didYouMean(name, Object.keys(members)) ?? `fields are ${Object.keys(members).join(', ')}`}`,
      )
    Object.assign(init, read(given, name))
  }
  const resource = value['resource'] === undefined ? {} : map(value['resource'], 'resource')
  const attributes = Object.hasOwn(resource, 'attributes') ? map(resource['attributes']!, 'resource.attributes') : {}
  return logs([init], { resource: { attributes }, scope: scopeOf(value['scope']) })
}

/** A record as it is written in a test file. Throws `invalid_data` with what is wrong. */
export const sampleOf = (value: Value): Sample => {
  if (!isMap(value))
    return invalid('a record is a map: fields such as body and attributes, an event with a type, or OTLP/JSON')
  const json = valueToJson(value)
  const request = otlp(value, json)
  if (request !== undefined) return { batch: request, face: 'record' }
  return Object.hasOwn(value, 'type')
    ? { batch: envelope(json), face: 'event' }
    : { batch: fieldsOf(value), face: 'record' }
}
