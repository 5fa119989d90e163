/** Where a path leads in a log record: the tag of its field, and the key of an attribute. */
import { Field } from '../path.ts'
import type { Handle } from '../path.ts'

export const ATTRIBUTE = 50
export const EVENT_NAME = 98

const tags: Partial<Record<Field, number>> = {
  [Field.time]: 9,
  [Field.severity]: 16,
  [Field.severityText]: 26,
  [Field.body]: 42,
  [Field.attributes]: ATTRIBUTE,
  [Field.dropped]: 56,
  [Field.flags]: 69,
  [Field.traceId]: 74,
  [Field.spanId]: 82,
  [Field.observedTime]: 89,
  [Field.eventName]: 98,
}

/** 0 where it is no field of the record itself. */
export const tagOf = (at: Handle): number => tags[at.field] ?? 0

/** The first key below the field, as bytes: the same array for the same handle. */
export const keyBytes = (at: Handle): Uint8Array => {
  at.otlp ??= Buffer.from(String(at.rest[0]))
  return at.otlp
}

/** The key of an attribute; other fields have none. */
export const keyOf = (at: Handle): Uint8Array | undefined => (at.field === Field.attributes ? keyBytes(at) : undefined)

/** A single attribute, or another field as a whole. */
export const isWhole = (at: Handle): boolean =>
  at.field === Field.attributes ? at.rest.length === 1 && isInAttribute(at) : at.rest.length === 0 && tagOf(at) !== 0

/** The handle of a single attribute, or of something in it. */
export const isInAttribute = (at: Handle): boolean => at.field === Field.attributes && typeof at.rest[0] === 'string'
