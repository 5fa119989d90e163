/**
 * Paths: where a value stands in a record, compiled once.
 *
 * A handle knows its field and the keys below it; layouts hang what they work out from it on `json`, `envelope` and `otlp`.
 * Plain arrays are compiled on first use and cached by identity, so a constant array is nearly as fast as a handle.
 */
import type { Bytes } from './bytes.ts'
import { namesIn } from './otlp/message/describe.ts'
import { metric } from './otlp/message/metric.ts'
import { span } from './otlp/message/span.ts'
import type { Path, PathHandle, PathKey } from './types.ts'

/** The fields a record has. Numbers, because every read and write switches on them. */
export const Field = {
  time: 0,
  observedTime: 1,
  severity: 2,
  severityText: 3,
  eventName: 4,
  body: 5,
  attributes: 6,
  traceId: 7,
  spanId: 8,
  flags: 9,
  dropped: 10,
  resource: 11,
  resourceAttributes: 12,
  resourceDropped: 13,
  resourceSchemaUrl: 14,
  scope: 15,
  scopeName: 16,
  scopeVersion: 17,
  scopeAttributes: 18,
  scopeDropped: 19,
  scopeSchemaUrl: 20,
  /** A field that log records do not have. */
  none: 21,
} as const
export type Field = (typeof Field)[keyof typeof Field]

const topFields: Readonly<Record<string, Field>> = {
  time_unix_nano: Field.time,
  observed_time_unix_nano: Field.observedTime,
  severity_number: Field.severity,
  severity_text: Field.severityText,
  event_name: Field.eventName,
  body: Field.body,
  attributes: Field.attributes,
  trace_id: Field.traceId,
  span_id: Field.spanId,
  flags: Field.flags,
  dropped_attributes_count: Field.dropped,
  resource: Field.resource,
  scope: Field.scope,
}
const resourceFields: Readonly<Record<string, Field>> = {
  attributes: Field.resourceAttributes,
  dropped_attributes_count: Field.resourceDropped,
  schema_url: Field.resourceSchemaUrl,
}
const scopeFields: Readonly<Record<string, Field>> = {
  name: Field.scopeName,
  version: Field.scopeVersion,
  attributes: Field.scopeAttributes,
  dropped_attributes_count: Field.scopeDropped,
  schema_url: Field.scopeSchemaUrl,
}

/** A compiled path. `rest` are the keys below the field. */
export class Handle implements PathHandle {
  readonly keys: readonly PathKey[]
  readonly field: Field
  readonly rest: readonly PathKey[]
  /** Worked out by the JSON layout on first use: the keys below the line's object as bytes. */
  json: unknown = undefined
  /** Worked out by the envelope mapping on first use: where the path stands in an envelope. */
  envelope: unknown = undefined
  /** Worked out by the protobuf layout on first use: the first of `rest` as bytes. */
  otlp: Uint8Array | undefined = undefined
  /** Kept by the protobuf layout: attributes with this key, by the text that was set. */
  otlpEntries: Map<string, Bytes> | undefined = undefined

  constructor(keys: readonly PathKey[], field: Field, rest: readonly PathKey[]) {
    this.keys = keys
    this.field = field
    this.rest = rest
  }
}

const fieldNamed = (fields: Readonly<Record<string, Field>>, key: PathKey | undefined, where: string): Field => {
  const field = typeof key === 'string' && Object.hasOwn(fields, key) ? fields[key] : undefined
  if (field !== undefined) return field
  throw new TypeError(`${where} has no field ${JSON.stringify(key)}; it has ${Object.keys(fields).join(', ')}`)
}

/** Fields of spans, metrics, and what they hold. */
const otherFields = new Set([...namesIn(span), ...namesIn(metric)])

/** Compiles a path. Throws `TypeError` when no record, of whatever signal, has such a field. */
export const path = (keys: readonly PathKey[]): Handle => {
  const [first] = keys
  const isOther = typeof first === 'string' && !Object.hasOwn(topFields, first) && otherFields.has(first)
  const field = isOther ? Field.none : fieldNamed(topFields, first, 'a record')
  const own = Object.freeze([...keys])
  if (field !== Field.resource && field !== Field.scope) return new Handle(own, field, own.slice(1))
  if (own.length === 1) return new Handle(own, field, [])
  const below =
    field === Field.resource ? fieldNamed(resourceFields, own[1], 'resource') : fieldNamed(scopeFields, own[1], 'scope')
  return new Handle(own, below, own.slice(2))
}

const compiled = new WeakMap<readonly PathKey[], Handle>()

/** The handle of a path in either form, into a log record. */
export const handleOf = (at: Path): Handle => {
  let handle: Handle | undefined
  if (at instanceof Handle) handle = at
  else {
    const keys = at as readonly PathKey[]
    handle = compiled.get(keys)
    if (handle === undefined) {
      handle = path(keys)
      compiled.set(keys, handle)
    }
  }
  if (handle.field === Field.none) fieldNamed(topFields, handle.keys[0], 'a log record')
  return handle
}

/** The keys of a path in either form, into a record of any other signal. */
export const handleKeys = (at: Path): readonly PathKey[] =>
  at instanceof Handle ? at.keys : (at as readonly PathKey[])

/** Handles of single attributes, for `attributes.get(key)`. Bounded: keys may come from data. */
const ATTRIBUTE_HANDLES_MAX = 2_048
const prefixes = {
  [Field.attributes]: ['attributes'],
  [Field.resourceAttributes]: ['resource', 'attributes'],
  [Field.scopeAttributes]: ['scope', 'attributes'],
} as const
export type AttributesField = keyof typeof prefixes
const attributeHandles: Record<AttributesField, Map<string, Handle>> = {
  [Field.attributes]: new Map(),
  [Field.resourceAttributes]: new Map(),
  [Field.scopeAttributes]: new Map(),
}

export const attributeHandle = (field: AttributesField, key: string): Handle => {
  const known = attributeHandles[field]
  let handle = known.get(key)
  if (handle === undefined) {
    handle = path([...prefixes[field], key])
    if (known.size < ATTRIBUTE_HANDLES_MAX) known.set(key, handle)
  }
  return handle
}
