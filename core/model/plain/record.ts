/**
 * The plain layout's record: values in an object. What `logs` makes, what the slow paths of the byte layouts go through,
 * and what the codecs speak. Immutable once it is in a part; an editor copies it first.
 */
import { Field } from '../path.ts'
import type { AttributesField } from '../path.ts'
import type { DecodeOptions, Origin, Value, ValueMap } from '../types.ts'
import { asValue, newMap, valuesEqual } from '../value.ts'

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
