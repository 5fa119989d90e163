/**
 * The plain layout's record: values in an object. What `logs` makes, what the slow paths of the byte layouts go through,
 * and what the codecs speak. Immutable once it is in a part; an editor copies it first.
 */
import { isHexId } from '../id.ts'
import { Field } from '../path.ts'
import type { AttributesField, Handle } from '../path.ts'
import { TIME_MAX } from '../time.ts'
import type { DecodeOptions, LogInit, LogsOptions, Origin, Value, ValueMap } from '../types.ts'
import { asValue, deleteIn, getIn, isMap, kindOf, newMap, setIn, valuesEqual } from '../value.ts'

export type Entry = readonly [key: string, value: Value]

/** Who speaks: shared by all records of one resource and scope. */
export interface Group {
  readonly attributes: readonly Entry[]
  readonly dropped: number
  readonly schemaUrl: string
  readonly scopeName: string
  readonly scopeVersion: string
  readonly scopeAttributes: readonly Entry[]
  readonly scopeDropped: number
  readonly scopeSchemaUrl: string
}

export interface PlainLog {
  time: bigint
  observedTime: bigint
  severity: number
  severityText: string
  eventName: string
  body: Value | undefined
  attributes: readonly Entry[]
  traceId: string
  spanId: string
  flags: number
  dropped: number
  group: Group
  origin: Origin | undefined
}

export const emptyGroup: Group = {
  attributes: [],
  dropped: 0,
  schemaUrl: '',
  scopeName: '',
  scopeVersion: '',
  scopeAttributes: [],
  scopeDropped: 0,
  scopeSchemaUrl: '',
}

export const emptyLog = (): PlainLog => ({
  time: 0n,
  observedTime: 0n,
  severity: 0,
  severityText: '',
  eventName: '',
  body: undefined,
  attributes: [],
  traceId: '',
  spanId: '',
  flags: 0,
  dropped: 0,
  group: emptyGroup,
  origin: undefined,
})

export const entriesOf = (map: ValueMap | undefined): readonly Entry[] =>
  map ? Object.entries(asValue(map) as ValueMap) : []

export const groupOf = (options: LogsOptions | undefined): Group => {
  const { resource, scope } = options ?? {}
  if (!resource && !scope) return emptyGroup
  return {
    attributes: entriesOf(resource?.attributes),
    dropped: 0,
    schemaUrl: resource?.schemaUrl ?? '',
    scopeName: scope?.name ?? '',
    scopeVersion: scope?.version ?? '',
    scopeAttributes: entriesOf(scope?.attributes),
    scopeDropped: 0,
    scopeSchemaUrl: scope?.schemaUrl ?? '',
  }
}

const fieldOfInit = {
  time: Field.time,
  observedTime: Field.observedTime,
  severity: Field.severity,
  severityText: Field.severityText,
  eventName: Field.eventName,
  traceId: Field.traceId,
  spanId: Field.spanId,
  flags: Field.flags,
} as const

export const plainFromInit = (init: LogInit, group: Group): PlainLog => {
  const log = emptyLog()
  for (const [name, field] of Object.entries(fieldOfInit)) {
    const value = init[name as keyof typeof fieldOfInit]
    if (value !== undefined) setScalar(log, field, value)
  }
  if (init.body !== undefined) log.body = asValue(init.body)
  log.attributes = entriesOf(init.attributes)
  log.group = group
  log.origin = init.origin
  return log
}

/** A map of the entries; the first of duplicates. */
export const mapOf = (entries: readonly Entry[]): ValueMap => {
  const map = newMap()
  for (const [key, value] of entries) if (!(key in map)) map[key] = value
  return map
}

export const entriesIn = (log: PlainLog, field: AttributesField): readonly Entry[] => {
  if (field === Field.attributes) return log.attributes
  return field === Field.resourceAttributes ? log.group.attributes : log.group.scopeAttributes
}

const getEntry = (entries: readonly Entry[], handle: Handle): Value | undefined => {
  const key = handle.rest[0]
  if (key === undefined) return mapOf(entries)
  for (const entry of entries) if (entry[0] === key) return getIn(entry[1], handle.rest, 1)
  return undefined
}

export const readPlain = (log: PlainLog, handle: Handle): Value | undefined => {
  switch (handle.field) {
    case Field.body:
      return getIn(log.body, handle.rest, 0)
    case Field.attributes:
    case Field.resourceAttributes:
    case Field.scopeAttributes:
      return getEntry(entriesIn(log, handle.field), handle)
    default:
      return handle.rest.length > 0
        ? getIn(readScalar(log, handle.field), handle.rest, 0)
        : readScalar(log, handle.field)
  }
}

const readScalar = (log: PlainLog, field: Field): Value | undefined => {
  switch (field) {
    case Field.time:
      return log.time
    case Field.observedTime:
      return log.observedTime
    case Field.severity:
      return log.severity
    case Field.severityText:
      return log.severityText
    case Field.eventName:
      return log.eventName
    case Field.traceId:
      return log.traceId
    case Field.spanId:
      return log.spanId
    case Field.flags:
      return log.flags
    case Field.dropped:
      return log.dropped
    default:
      return readGroup(log.group, field)
  }
}

const asMap = (members: ValueMap): ValueMap => Object.assign(newMap(), members)

/** `resource` and `scope` as maps, and their scalar fields. */
const readGroup = (group: Group, field: Field): Value | undefined => {
  switch (field) {
    case Field.resource:
      return asMap({
        attributes: mapOf(group.attributes),
        dropped_attributes_count: group.dropped,
        schema_url: group.schemaUrl,
      })
    case Field.scope:
      return asMap({
        name: group.scopeName,
        version: group.scopeVersion,
        attributes: mapOf(group.scopeAttributes),
        dropped_attributes_count: group.scopeDropped,
        schema_url: group.scopeSchemaUrl,
      })
    case Field.resourceDropped:
      return group.dropped
    case Field.resourceSchemaUrl:
      return group.schemaUrl
    case Field.scopeName:
      return group.scopeName
    case Field.scopeVersion:
      return group.scopeVersion
    case Field.scopeDropped:
      return group.scopeDropped
    default:
      return group.scopeSchemaUrl
  }
}

const refuse = (what: string, value: Value): never => {
  throw new TypeError(
    `${what} cannot be a ${kindOf(value)}${typeof value === 'string' ? ` such as ${JSON.stringify(value.slice(0, 64))}` : ''}`,
  )
}

export const asTime = (what: string, value: Value): bigint => {
  const time =
    typeof value === 'bigint' ? value : typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : -1n
  return time >= 0n && time <= TIME_MAX ? time : refuse(what, value)
}
export const asInt = (what: string, value: Value, min: number, max: number): number => {
  const int = typeof value === 'bigint' ? Number(value) : value
  return typeof int === 'number' && Number.isInteger(int) && int >= min && int <= max ? int : refuse(what, value)
}
export const asText = (what: string, value: Value): string => (typeof value === 'string' ? value : refuse(what, value))
export const asId = (what: string, value: Value, digits: number): string =>
  value === '' || isHexId(value, digits) ? value : refuse(what, value)

const INT32_MIN = -(2 ** 31)
const INT32_MAX = 2 ** 31 - 1
const UINT32_MAX = 2 ** 32 - 1

/** Sets one scalar field of the record itself. Throws `TypeError` when it cannot hold the value. */
export const setScalar = (log: PlainLog, field: Field, value: Value): void => {
  switch (field) {
    case Field.time:
      log.time = asTime('time_unix_nano', value)
      return
    case Field.observedTime:
      log.observedTime = asTime('observed_time_unix_nano', value)
      return
    case Field.severity:
      log.severity = asInt('severity_number', value, INT32_MIN, INT32_MAX)
      return
    case Field.severityText:
      log.severityText = asText('severity_text', value)
      return
    case Field.eventName:
      log.eventName = asText('event_name', value)
      return
    case Field.traceId:
      log.traceId = asId('trace_id', value, 32)
      return
    case Field.spanId:
      log.spanId = asId('span_id', value, 16)
      return
    case Field.flags:
      log.flags = asInt('flags', value, 0, UINT32_MAX)
      return
    case Field.dropped:
      log.dropped = asInt('dropped_attributes_count', value, 0, UINT32_MAX)
      return
    default:
      log.group = setGroup(log.group, field, value)
  }
}

const setGroup = (group: Group, field: Field, value: Value): Group => {
  switch (field) {
    case Field.resourceDropped:
      return { ...group, dropped: asInt('dropped_attributes_count', value, 0, UINT32_MAX) }
    case Field.resourceSchemaUrl:
      return { ...group, schemaUrl: asText('schema_url', value) }
    case Field.scopeName:
      return { ...group, scopeName: asText('scope name', value) }
    case Field.scopeVersion:
      return { ...group, scopeVersion: asText('scope version', value) }
    case Field.scopeDropped:
      return { ...group, scopeDropped: asInt('dropped_attributes_count', value, 0, UINT32_MAX) }
    case Field.scopeSchemaUrl:
      return { ...group, scopeSchemaUrl: asText('schema_url', value) }
    case Field.resource:
      return setWhole(group, value, wholeResource)
    default:
      return setWhole(group, value, wholeScope)
  }
}

const wholeResource: Readonly<Record<string, Field>> = {
  attributes: Field.resourceAttributes,
  dropped_attributes_count: Field.resourceDropped,
  schema_url: Field.resourceSchemaUrl,
}
const wholeScope: Readonly<Record<string, Field>> = {
  name: Field.scopeName,
  version: Field.scopeVersion,
  attributes: Field.scopeAttributes,
  dropped_attributes_count: Field.scopeDropped,
  schema_url: Field.scopeSchemaUrl,
}

/** Replaces the whole resource or scope by a map of its fields. */
const setWhole = (group: Group, value: Value, fields: Readonly<Record<string, Field>>): Group => {
  if (!isMap(value)) return refuse(fields === wholeScope ? 'scope' : 'resource', value)
  const blank = emptyGroup
  let next: Group =
    fields === wholeScope
      ? { ...blank, attributes: group.attributes, dropped: group.dropped, schemaUrl: group.schemaUrl }
      : { ...group, attributes: blank.attributes, dropped: 0, schemaUrl: '' }
  for (const [key, item] of Object.entries(value)) {
    const field = fields[key]
    if (field === undefined)
      throw new TypeError(`no field ${JSON.stringify(key)}; there are ${Object.keys(fields).join(', ')}`)
    if (field !== Field.resourceAttributes && field !== Field.scopeAttributes) next = setGroup(next, field, item)
    else if (!isMap(item)) return refuse('attributes', item)
    else next = withGroupEntries(next, field, Object.entries(item))
  }
  return next
}

const withGroupEntries = (group: Group, field: AttributesField, entries: readonly Entry[]): Group =>
  field === Field.resourceAttributes ? { ...group, attributes: entries } : { ...group, scopeAttributes: entries }

const putEntries = (log: PlainLog, field: AttributesField, entries: readonly Entry[]): void => {
  if (field === Field.attributes) log.attributes = entries
  else log.group = withGroupEntries(log.group, field, entries)
}

const asKey = (key: string | number): string => {
  if (typeof key === 'string') return key
  throw new TypeError(`attributes have keys, no index ${key}`)
}

/** The entries with `key` set: the first of that name changes, others of that name go. */
export const withEntry = (
  entries: readonly Entry[],
  key: string,
  change: (old: Value | undefined) => Value,
): readonly Entry[] => {
  const at = entries.findIndex((entry) => entry[0] === key)
  if (at < 0) return [...entries, [key, change(undefined)]]
  const next: Entry = [key, change(entries[at]![1])]
  return entries.flatMap((entry, i) => (i === at ? [next] : entry[0] === key ? [] : [entry]))
}

/** Edits a record in place (its values are shared and never changed in place). */
export const setPlain = (log: PlainLog, handle: Handle, input: Value): void => {
  const value = asValue(input)
  const { field, rest } = handle
  switch (field) {
    case Field.body:
      log.body = setIn(log.body, rest, 0, value)
      return
    case Field.attributes:
    case Field.resourceAttributes:
    case Field.scopeAttributes: {
      if (rest.length > 0) {
        putEntries(
          log,
          field,
          withEntry(entriesIn(log, field), asKey(rest[0]!), (old) => setIn(old, rest, 1, value)),
        )
      } else if (isMap(value)) putEntries(log, field, Object.entries(value))
      else refuse('attributes', value)
      return
    }
    default:
      if (rest.length > 0) throw new TypeError(`${handle.keys[0]} holds no further keys`)
      setScalar(log, field, value)
  }
}

export const deletePlain = (log: PlainLog, handle: Handle): void => {
  const { field, rest } = handle
  switch (field) {
    case Field.body:
      log.body = rest.length === 0 || log.body === undefined ? undefined : deleteIn(log.body, rest, 0)
      return
    case Field.attributes:
    case Field.resourceAttributes:
    case Field.scopeAttributes:
      deleteEntry(log, field, rest)
      return
    default:
      if (rest.length === 0) clearScalar(log, field)
  }
}

const deleteEntry = (log: PlainLog, field: AttributesField, rest: readonly (string | number)[]): void => {
  const entries = entriesIn(log, field)
  if (rest.length === 0) return putEntries(log, field, [])
  const key = rest[0]!
  if (rest.length === 1)
    return putEntries(
      log,
      field,
      entries.filter((entry) => entry[0] !== key),
    )
  const at = entries.findIndex((entry) => entry[0] === key)
  const old = entries[at]
  if (old) putEntries(log, field, entries.with(at, [old[0], deleteIn(old[1], rest, 1)]))
}

const clearScalar = (log: PlainLog, field: Field): void => {
  if (field === Field.time) log.time = 0n
  else if (field === Field.observedTime) log.observedTime = 0n
  else if (field === Field.resource || field === Field.scope) setScalar(log, field, {})
  else setScalar(log, field, typeof readScalar(log, field) === 'string' ? '' : 0)
}

const entriesEqual = (a: readonly Entry[], b: readonly Entry[]): boolean =>
  a === b || (a.length === b.length && a.every(([key, value], i) => key === b[i]![0] && valuesEqual(value, b[i]![1])))

export const groupsEqual = (a: Group, b: Group): boolean =>
  a === b ||
  (a.schemaUrl === b.schemaUrl &&
    a.scopeName === b.scopeName &&
    a.scopeVersion === b.scopeVersion &&
    a.scopeSchemaUrl === b.scopeSchemaUrl &&
    a.dropped === b.dropped &&
    a.scopeDropped === b.scopeDropped &&
    entriesEqual(a.attributes, b.attributes) &&
    entriesEqual(a.scopeAttributes, b.scopeAttributes))

/** What records take that their own bytes do not say: observed time, attributes beside them, the resource, the origin. */
export const completer = (options: DecodeOptions): ((log: PlainLog, offset: number) => PlainLog) => {
  const group: Group = { ...emptyGroup, attributes: entriesOf(options.resource) }
  const entries = entriesOf(options.attributes)
  const { observedTime, origin } = options
  return (log, offset) => {
    if (observedTime !== undefined && log.observedTime === 0n) log.observedTime = observedTime
    if (entries.length > 0) log.attributes = [...log.attributes, ...entries]
    if (options.resource && groupsEqual(log.group, emptyGroup)) log.group = group
    if (origin) log.origin = { key: origin.key, offset: origin.offset + offset }
    return log
  }
}
