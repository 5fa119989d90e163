/** The scalar fields of a plain record: what they can hold, and setting them. */
import { isHexId } from '../id.ts'
import { Field } from '../path.ts'
import type { AttributesField } from '../path.ts'
import { TIME_MAX } from '../time.ts'
import type { Value } from '../types.ts'
import { isMap, kindOf } from '../value.ts'
import { emptyGroup } from './record.ts'
import type { Entry, Group, PlainLog } from './record.ts'

export const refuse = (what: string, value: Value): never => {
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

export const INT32_MIN = -(2 ** 31)
export const INT32_MAX = 2 ** 31 - 1
export const UINT32_MAX = 2 ** 32 - 1

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

export const withGroupEntries = (group: Group, field: AttributesField, entries: readonly Entry[]): Group =>
  field === Field.resourceAttributes ? { ...group, attributes: entries } : { ...group, scopeAttributes: entries }
