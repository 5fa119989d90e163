/** Reading a plain record. */
import { Field } from '../path.ts'
import type { Handle } from '../path.ts'
import type { Value, ValueMap } from '../types.ts'
import { getIn, newMap } from '../value.ts'
import { entriesIn, mapOf } from './record.ts'
import type { Entry, Group, PlainLog } from './record.ts'

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

export const readScalar = (log: PlainLog, field: Field): Value | undefined => {
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
