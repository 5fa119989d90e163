/**
 * What expressions evaluate to: the record model's values, and what only lives while statements run: instants, durations,
 * ids, and lists and maps that were made by the language and not read from a record (`RawList`, `RawMap`).
 *
 * The last distinction shows: a raw list may hold instants, a list literal compares differently from a stored list, and
 * some functions take only one of them.
 */
import { Double } from '../model/index.ts'
import type { Value, ValueMap } from '../model/index.ts'
import { isFloat, isInt } from './numbers.ts'
import type { Zone } from './go/zone.ts'

/** A statement that failed on a record. No stack: under `ignore` it may be thrown for every record. */
export class Failure {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

/** A value was not of the type that was asked for. */
export class TypeMismatch extends Failure {}

/** A value that no record can hold. `rest` is what is stored of it all the same: the storable items of a list. */
export class Unstorable extends Failure {
  readonly rest: Value | undefined
  constructor(message: string, rest?: Value) {
    super(message)
    this.rest = rest
  }
}

/** Nanoseconds from the first of January of year 1, from where Go counts, to the epoch. */
export const YEAR_ONE = 62_135_596_800n * 1_000_000_000n
const HALF = 2n ** 63n * 1_000_000_000n

/** Go counts seconds in an int64, round and round. */
const wrapped = (nanos: bigint): bigint => {
  const since = nanos + YEAR_ONE
  if (since >= -HALF && since < HALF) return nanos
  const over = (((since + HALF) % (2n * HALF)) + 2n * HALF) % (2n * HALF)
  return over - HALF - YEAR_ONE
}

/** An instant: nanoseconds since the epoch, within 2^63 seconds of year 1, and the zone its wall clock is read in. */
export class Time {
  readonly nanos: bigint
  readonly zone: Zone | undefined
  constructor(nanos: bigint, zone?: Zone) {
    this.nanos = wrapped(nanos)
    this.zone = zone
  }
}

/** Nanoseconds, an int64. */
export class Duration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = BigInt.asIntN(64, nanos)
  }
}

/** A trace id (16 bytes) or span id (8 bytes) in lower-case hex. */
export class Id {
  readonly kind: 'trace' | 'span'
  readonly hex: string
  constructor(kind: 'trace' | 'span', hex: string) {
    this.kind = kind
    this.hex = hex
  }
  get size(): number {
    return this.kind === 'trace' ? 16 : 8
  }
}

/** A list made by a literal (`any`) or a function. */
export class RawList {
  readonly items: readonly Evaluated[]
  readonly of: 'any' | 'string'
  constructor(items: readonly Evaluated[], of: 'any' | 'string' = 'any') {
    this.items = items
    this.of = of
  }
}

/** A map made by a function. */
export class RawMap {
  readonly map: ValueMap
  constructor(map: ValueMap) {
    this.map = map
  }
}

export type Evaluated = Value | Time | Duration | Id | RawList | RawMap

export const member = (map: ValueMap, key: string): Value | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined

export const newMap = (): Record<string, Value> => Object.create(null) as Record<string, Value>

export const isBytes = (value: unknown): value is Uint8Array => value instanceof Uint8Array

/** A list as a record stores it. */
export const isStoredList = (value: Evaluated): value is readonly Value[] => Array.isArray(value)

/** A map as a record stores it; map literals make such ones too. */
export const isStoredMap = (value: Evaluated): value is ValueMap =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Double) &&
  !(value instanceof Uint8Array) &&
  !(value instanceof Time) &&
  !(value instanceof Duration) &&
  !(value instanceof Id) &&
  !(value instanceof RawList) &&
  !(value instanceof RawMap)

/** What a type is called in messages: the reference's names for its Go types are kept where people know them. */
export const typeName = (value: Evaluated): string => {
  if (value === null) return 'nil'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (isInt(value)) return 'int64'
  if (isFloat(value)) return 'float64'
  if (isBytes(value)) return 'bytes'
  if (value instanceof Time) return 'time'
  if (value instanceof Duration) return 'duration'
  if (value instanceof Id) return `${value.kind} id`
  if (Array.isArray(value) || value instanceof RawList) return 'list'
  return 'map'
}

/** The reference's name for the Go type behind a value; `Format` prints it. */
export const goTypeName = (value: Evaluated): string => {
  if (value === null) return '<nil>'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (isInt(value)) return 'int64'
  if (isFloat(value)) return 'float64'
  if (isBytes(value)) return '[]uint8'
  if (value instanceof Time) return 'time.Time'
  if (value instanceof Duration) return 'time.Duration'
  if (value instanceof Id) return value.kind === 'trace' ? 'pcommon.TraceID' : 'pcommon.SpanID'
  if (value instanceof RawList) return value.of === 'any' ? '[]interface {}' : '[]string'
  if (value instanceof RawMap) return 'map[string]interface {}'
  return Array.isArray(value) ? 'pcommon.Slice' : 'pcommon.Map'
}

/** What a raw list or map may hold when it becomes a stored one. Stored maps and lists inside it are refused. */
export const fromRaw = (value: Evaluated): Value => {
  if (value instanceof RawMap) return value.map
  if (value instanceof RawList && value.of === 'any') return value.items.map(fromRaw)
  if (isStoredMap(value) || isStoredList(value) || value instanceof RawList || isVolatile(value)) {
    throw new Failure(`a ${typeName(value)} cannot stand in a list or map here`)
  }
  return value
}

const isVolatile = (value: Evaluated): value is Time | Duration | Id =>
  value instanceof Time || value instanceof Duration || value instanceof Id

/** What can be stored in a record, or a Failure. Of a list whose items cannot all be stored only the last item decides. */
export const toStored = (value: Evaluated): Value => {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof RawList) return listToStored(value)
  if (value instanceof RawMap) return value.map
  if (isVolatile(value))
    throw new Unstorable(`a ${typeName(value)} cannot be stored; convert it first, for example with ${hint(value)}`)
  return value
}

const hint = (value: Time | Duration | Id): string =>
  value instanceof Time
    ? 'FormatTime or UnixNano'
    : value instanceof Duration
      ? 'Milliseconds'
      : `${value.kind}_id.string`

const listToStored = (list: RawList): Value => {
  let failed: Failure | undefined
  const items = list.items.map((item) => {
    try {
      failed = undefined
      return toStored(item)
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown
      failed = thrown
      return thrown instanceof Unstorable ? (thrown.rest ?? null) : null
    }
  })
  if (failed !== undefined) throw new Unstorable(failed.message, items)
  return items
}
