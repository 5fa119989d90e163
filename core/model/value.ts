/**
 * Values: what they are, when two are equal, and editing them without changing the one somebody else holds.
 *
 * Inside the model every value is normal: whole numbers that fit 2^53 are `number`, other int64 `bigint`, fractional
 * doubles `number`, whole doubles `Double`; maps have no prototype; nothing nests deeper than `VALUE_DEPTH_MAX`.
 */
import { Double } from './double.ts'
import type { PathKey, Value, ValueKind, ValueMap } from './types.ts'

/** Deeper values are refused everywhere: by the decoders, by `set` and by `logs`. */
export const VALUE_DEPTH_MAX = 64
/** Setting a list index where no list was fills it with nulls up to here. */
const NEW_LIST_MAX = 1_024
export const INT64_MIN = -(2n ** 63n)
export const INT64_MAX = 2n ** 63n - 1n

export const kindOf = (value: Value): ValueKind => {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'number':
      return Number.isInteger(value) ? 'int' : 'double'
    case 'boolean':
      return 'bool'
    case 'bigint':
      return 'int'
    default:
      if (value === null) return 'null'
      if (value instanceof Double) return 'double'
      if (value instanceof Uint8Array) return 'bytes'
      return Array.isArray(value) ? 'list' : 'map'
  }
}

export const isMap = (value: Value | undefined): value is ValueMap =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Double) &&
  !(value instanceof Uint8Array)

export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value)

/** A map without a prototype, so that `__proto__` is a key like any other. */
export const newMap = (): Record<string, Value> => Object.create(null) as Record<string, Value>

/** An int64 as the model holds it; `undefined` when it does not fit. */
export const intValue = (value: bigint): number | bigint | undefined => {
  if (value >= -0x1f_ffff_ffff_ffffn && value <= 0x1f_ffff_ffff_ffffn) return Number(value)
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined
}

/** A double as the model holds it. */
export const doubleValue = (value: number): number | Double => (Number.isInteger(value) ? new Double(value) : value)

const numberValue = (value: number): number | bigint | Double => {
  if (!Number.isInteger(value)) return value
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value
  return value >= -(2 ** 63) && value < 2 ** 63 ? BigInt(value) : new Double(value)
}

/** Any JavaScript data as a value, copied. Throws `TypeError` for what is none. Members that are `undefined` are left out. */
export const asValue = (input: unknown, depth = 0): Value => {
  switch (typeof input) {
    case 'string':
    case 'boolean':
      return input
    case 'number':
      return numberValue(input)
    case 'bigint': {
      const int = intValue(input)
      if (int === undefined) throw new TypeError(`${input} does not fit in 64 bits`)
      return int
    }
    case 'object':
      return input === null ? null : asCompound(input, depth)
    default:
      throw new TypeError(`a ${typeof input} is no value`)
  }
}

const asCompound = (input: object, depth: number): Value => {
  if (input instanceof Double) return doubleValue(input.value)
  if (input instanceof Uint8Array) return new Uint8Array(input)
  if (depth >= VALUE_DEPTH_MAX) throw new TypeError(`nested deeper than ${VALUE_DEPTH_MAX}`)
  if (Array.isArray(input)) return input.map((item) => asValue(item ?? null, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(input)
  if (prototype !== null && prototype !== Object.prototype)
    throw new TypeError(`a ${input.constructor.name} is no value`)
  const map = newMap()
  for (const [key, value] of Object.entries(input)) if (value !== undefined) map[key] = asValue(value, depth + 1)
  return map
}

/** A map's own member. */
export const member = (map: ValueMap, key: string): Value | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined

const isNumeric = (value: Value): value is number | bigint | Double =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof Double

const sameNumber = (a: number | bigint | Double, b: number | bigint | Double): boolean => {
  if (kindOf(a) !== kindOf(b)) return false
  if (typeof a === 'bigint' || typeof b === 'bigint')
    return BigInt(a as number | bigint) === BigInt(b as number | bigint)
  return Object.is(Number(a), Number(b))
}

/** Deep equality. 3 and 3.0 differ (int64, double), 5 and 5n do not; the order of a map's keys does not count. */
export const valuesEqual = (a: Value | undefined, b: Value | undefined): boolean => {
  if (a === b) return a !== 0 || Object.is(a, b)
  if (a === undefined || b === undefined || a === null || b === null) return false
  if (isNumeric(a)) return isNumeric(b) && sameNumber(a, b)
  if (typeof a !== 'object' || typeof b !== 'object' || b instanceof Double) return false
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return (
      a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
    )
  }
  if (isList(a) || isList(b)) {
    return isList(a) && isList(b) && a.length === b.length && a.every((item, i) => valuesEqual(item, b[i]))
  }
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => valuesEqual(a[key], member(b, key)))
}

/** What stands at `keys[from…]` inside a value. */
export const getIn = (value: Value | undefined, keys: readonly PathKey[], from: number): Value | undefined => {
  let at = value
  for (let i = from; i < keys.length; i++) {
    const key = keys[i]!
    if (typeof key === 'number') at = isList(at) ? at[key] : undefined
    else at = isMap(at) ? member(at, key) : undefined
    if (at === undefined) return undefined
  }
  return at
}

/** A copy of `value` with `next` at `keys[from…]`. Null and absent become maps and lists on the way. */
export const setIn = (value: Value | undefined, keys: readonly PathKey[], from: number, next: Value): Value => {
  if (from === keys.length) return next
  const key = keys[from]!
  if (typeof key === 'string') {
    if (value !== undefined && value !== null && !isMap(value))
      throw new TypeError(`a ${kindOf(value)} has no key ${JSON.stringify(key)}`)
    const map = copyMap(value ?? undefined)
    map[key] = setIn(value ? member(value, key) : undefined, keys, from + 1, next)
    return map
  }
  if (value === undefined || value === null) {
    if (!(key >= 0 && key < NEW_LIST_MAX)) throw new TypeError(`index ${key} is out of range`)
    return [...Array.from({ length: key }, () => null), setIn(undefined, keys, from + 1, next)]
  }
  if (!isList(value)) throw new TypeError(`a ${kindOf(value)} has no index ${key}`)
  if (!(key >= 0 && key < value.length))
    throw new TypeError(`index ${key} is out of range: the list has ${value.length}`)
  return value.with(key, setIn(value[key], keys, from + 1, next))
}

/** A copy of `value` without what is at `keys[from…]`; the same value when nothing is there. */
export const deleteIn = (value: Value, keys: readonly PathKey[], from: number): Value => {
  const key = keys[from]!
  const last = from === keys.length - 1
  if (typeof key === 'number') {
    const item = isList(value) ? value[key] : undefined
    if (item === undefined || !isList(value)) return value
    if (last) return value.toSpliced(key, 1)
    const next = deleteIn(item, keys, from + 1)
    return next === item ? value : value.with(key, next)
  }
  const item = isMap(value) ? member(value, key) : undefined
  if (item === undefined || !isMap(value)) return value
  const next = last ? undefined : deleteIn(item, keys, from + 1)
  if (next === item) return value
  const map = copyMap(value)
  if (next === undefined) delete map[key]
  else map[key] = next
  return map
}

const copyMap = (map: ValueMap | undefined): Record<string, Value> => Object.assign(newMap(), map)
