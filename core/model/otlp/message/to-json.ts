/**
 * Messages as OTLP/JSON: lowerCamelCase names, hex ids, enums as numbers, 64-bit integers as strings; what is absent is left
 * out. A string is written value by value, since nothing else is done with it.
 */
import type { Signal, Value } from '../../types.ts'
import { ROW, ROW_END, ROW_GROUP, ROW_START } from '../block.ts'
import { jsonDouble, valueToOtlpJson } from '../json.ts'
import type { OtlpPart } from '../part.ts'
import { ProtoReader, readEntry } from '../read.ts'
import { resource, scope } from './around.ts'
import { fieldAt, Kind } from './describe.ts'
import type { Message, MessageField } from './describe.ts'
import { metric } from './metric.ts'
import { readNumbers, readScalar } from './read.ts'
import { span } from './span.ts'

type Members = Record<string, unknown>

/** What the request, its parts and its records are called, and what the records are. */
export const jsonNames = {
  metrics: { resources: 'resourceMetrics', scopes: 'scopeMetrics', records: 'metrics', message: metric },
  traces: { resources: 'resourceSpans', scopes: 'scopeSpans', records: 'spans', message: span },
} as const

const numbersOf = (field: MessageField, values: readonly Value[]): unknown[] =>
  values.map((value) => (field.kind === Kind.doubles ? jsonDouble(Number(value)) : String(value as number | bigint)))

/** One field with one value; undefined when it is the one it has anyway. */
const scalarOf = (field: MessageField, value: Value): unknown => {
  switch (field.kind) {
    case Kind.time:
    case Kind.count:
      return value === 0n || value === 0 ? undefined : String(value as number | bigint)
    case Kind.optionalDouble:
      return jsonDouble(Number(value))
    case Kind.double:
      return Object.is(Number(value), 0) ? undefined : jsonDouble(Number(value))
    default:
      return value === '' || value === 0 || value === false ? undefined : value
  }
}

const put = (into: Members, name: string, value: unknown): void => {
  if (value === undefined) delete into[name]
  else into[name] = value
}

const listIn = (into: Members, name: string): unknown[] => (into[name] ??= []) as unknown[]

const readInto = (r: ProtoReader, tag: number, field: MessageField, into: Members): void => {
  switch (field.kind) {
    case Kind.number: {
      delete into['asDouble']
      delete into['asInt']
      const value = readScalar(r, tag, field)
      if (tag === field.alternative) into['asInt'] = String(value as number | bigint)
      else into['asDouble'] = jsonDouble(Number(value))
      return
    }
    case Kind.entries: {
      const [key, value] = readEntry(r, 0)
      listIn(into, field.json).push({ key, value: valueToOtlpJson(value) })
      return
    }
    case Kind.fixedCounts:
    case Kind.counts:
    case Kind.doubles: {
      const values: Value[] = []
      readNumbers(r, tag, field, values)
      listIn(into, field.json).push(...numbersOf(field, values))
      return
    }
    case Kind.message:
    case Kind.messages:
      readInner(r, field, into)
      return
    default:
      put(into, field.json, scalarOf(field, readScalar(r, tag, field)))
  }
}

const readInner = (r: ProtoReader, field: MessageField, into: Members): void => {
  const outer = r.enter()
  if (field.kind === Kind.messages) listIn(into, field.json).push(messageToJson(r, field.message!))
  else into[field.json] = messageToJson(r, field.message!, into[field.json] as Members | undefined)
  r.leave(outer)
}

/** The message that is open. Occurrences of one inner message are merged; of a choice the last member counts. */
const messageToJson = (r: ProtoReader, message: Message, into: Members = {}): Members => {
  while (r.at < r.end) {
    const tag = r.varint()
    const field = fieldAt(message, tag)
    if (field === undefined) {
      r.skip(tag)
      continue
    }
    if (field.isChoice) for (const other of message.choices) if (other !== field) delete into[other.json]
    readInto(r, tag, field, into)
  }
  return into
}

/** What stands around: the message of field 1 and the schema URL of field 3. */
const aroundToJson = (
  bytes: Uint8Array,
  message: Message,
): { readonly inside: Members; readonly schemaUrl: string } => {
  const r = new ProtoReader(bytes)
  const inside: Members = {}
  let schemaUrl = ''
  while (r.at < r.end) {
    const tag = r.varint()
    if (tag === 26) schemaUrl = r.text()
    else if (tag !== 10) r.skip(tag)
    else {
      const outer = r.enter()
      messageToJson(r, message, inside)
      r.leave(outer)
    }
  }
  return { inside, schemaUrl }
}

/** Records as one request on one line; neighbours of one group stand together. */
export const otlpJsonOf = <S extends 'metrics' | 'traces'>(signal: S, parts: readonly OtlpPart<S>[]): string => {
  const names = jsonNames[signal]
  const resources = parts.flatMap((part) => groupsOf(part, names))
  return JSON.stringify({ [names.resources]: resources })
}

const groupsOf = (part: OtlpPart<Signal>, names: (typeof jsonNames)['metrics' | 'traces']): Members[] => {
  const { bytes, rows, groups } = part.block
  const r = new ProtoReader(bytes)
  const found: Members[] = []
  let records: unknown[] = []
  let last = -1
  for (let i = 0; i < part.count; i++) {
    const at = part.row(i) * ROW
    const group = rows[at + ROW_GROUP]!
    if (group !== last) {
      last = group
      records = []
      const around = aroundToJson(groups[group]!.resource, resource)
      const beside = aroundToJson(groups[group]!.scope, scope)
      const inner = { scope: beside.inside, [names.records]: records, ...urlOf(beside.schemaUrl) }
      found.push({ resource: around.inside, [names.scopes]: [inner], ...urlOf(around.schemaUrl) })
    }
    r.at = rows[at + ROW_START]!
    r.end = rows[at + ROW_END]!
    records.push(messageToJson(r, names.message))
  }
  return found
}

const urlOf = (schemaUrl: string): Members => (schemaUrl === '' ? {} : { schemaUrl })
