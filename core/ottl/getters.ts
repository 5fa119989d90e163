/**
 * The typed arguments functions ask for. The strict kinds take only their own type (`string` takes no int); the `…Like`
 * kinds convert and answer `undefined` for nil. A literal of the wrong type is a mistake when the statement is compiled.
 */
import type { Value, ValueMap } from '../model/index.ts'
import type { Expression, Get, Typed } from './expression.ts'
import { toJson } from './go/json.ts'
import { floatToText, parseBool, parseFloat64, parseInt64 } from './go/strconv.ts'
import { double, isFloat, isInt, toNumber, truncateToInt } from './numbers.ts'
import type { Float, Int } from './numbers.ts'
import {
  Duration,
  Failure,
  fromRaw,
  isBytes,
  isStoredList,
  isStoredMap,
  RawList,
  RawMap,
  Time,
  TypeMismatch,
  typeName,
} from './values.ts'
import type { Evaluated } from './values.ts'

type Convert<T> = (value: Evaluated) => T

const mismatch = (expected: string, value: Evaluated): TypeMismatch =>
  new TypeMismatch(`expected ${expected} but got ${typeName(value)}`)

export const asString: Convert<string> = (value) => {
  if (typeof value === 'string') return value
  throw mismatch('string', value)
}
export const asInt: Convert<Int> = (value) => {
  if (isInt(value)) return value
  throw mismatch('int64', value)
}
export const asFloat: Convert<Float> = (value) => {
  if (isFloat(value)) return value
  throw mismatch('float64', value)
}
export const asBool: Convert<boolean> = (value) => {
  if (typeof value === 'boolean') return value
  throw mismatch('bool', value)
}
export const asMap: Convert<ValueMap> = (value) => {
  if (value instanceof RawMap) return value.map
  if (isStoredMap(value)) return value
  throw mismatch('map', value)
}
export const asList: Convert<readonly Value[]> = (value) => {
  if (isStoredList(value)) return value
  if (value instanceof RawList)
    return value.of === 'string' ? (value.items as readonly string[]) : value.items.map(fromRaw)
  throw mismatch('list', value)
}
/** A list, or the numbers of bytes. */
export const asSlice: Convert<readonly Value[]> = (value) => (isBytes(value) ? [...value] : asList(value))
/** The same where nil is a list without items. */
export const asSliceOrNil: Convert<readonly Value[]> = (value) => (value === null ? [] : asSlice(value))
export const asTime: Convert<Time> = (value) => {
  if (value instanceof Time) return value
  throw mismatch('time', value)
}
export const asDuration: Convert<Duration> = (value) => {
  if (value instanceof Duration) return value
  throw mismatch('duration', value)
}

const unsupported = (value: Evaluated, to: string): TypeMismatch =>
  new TypeMismatch(`a ${typeName(value)} cannot be made a ${to}`)

/** Text of any value: JSON for lists, maps and doubles, hex for bytes. `undefined` for nil. */
export const likeString: Convert<string | undefined> = (value) => {
  if (value === null) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || isInt(value)) return String(value)
  if (isBytes(value)) return Buffer.from(value).toString('hex')
  return toJson(value, true)
}

const parsed = <T>(value: T | undefined, text: string, kind: string): T => {
  if (value === undefined) throw new Failure(`${JSON.stringify(text)} is no ${kind}`)
  return value
}

export const likeInt: Convert<Int | undefined> = (value) => {
  if (value === null) return undefined
  if (isInt(value)) return value
  if (typeof value === 'string') return parsed(parseInt64(value), value, 'int64')
  if (isFloat(value)) return truncateToInt(toNumber(value))
  if (typeof value === 'boolean') return value ? 1 : 0
  throw unsupported(value, 'int')
}
export const likeFloat: Convert<Float | undefined> = (value) => {
  if (value === null) return undefined
  if (isFloat(value)) return value
  if (isInt(value)) return double(Number(value))
  if (typeof value === 'string') return double(parsed(parseFloat64(value), value, 'number'))
  if (typeof value === 'boolean') return double(value ? 1 : 0)
  throw unsupported(value, 'double')
}
export const likeBool: Convert<boolean | undefined> = (value) => {
  if (value === null) return undefined
  if (typeof value === 'boolean') return value
  if (isInt(value)) return value !== 0
  if (typeof value === 'string') return parsed(parseBool(value), value, 'bool')
  if (isFloat(value)) return toNumber(value) !== 0
  throw unsupported(value, 'bool')
}
/** Strings as UTF-8, numbers as eight big-endian bytes, booleans as one. */
export const likeBytes: Convert<Uint8Array | undefined> = (value) => {
  if (value === null) return undefined
  if (isBytes(value)) return value
  if (typeof value === 'string') return Buffer.from(value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0)
  const bytes = Buffer.alloc(8)
  if (isInt(value)) bytes.writeBigInt64BE(BigInt(value))
  else if (isFloat(value)) {
    const number = toNumber(value)
    // Go's NaN has its last bit set.
    if (Number.isNaN(number)) bytes.writeBigUInt64BE(0x7ff8_0000_0000_0001n)
    else bytes.writeDoubleBE(number)
  } else throw unsupported(value, 'byte list')
  return bytes
}

/** Text of a stored value as `body.string` and `stringify_all` give it: doubles and bytes (base64) differ from `String`. */
export const storedText = (value: Value): string => {
  if (value === null) return ''
  if (typeof value === 'string') return value
  if (isFloat(value)) return floatToText(toNumber(value))
  if (isBytes(value)) return Buffer.from(value).toString('base64')
  if (typeof value !== 'object') return String(value)
  try {
    return toJson(value, false)
  } catch {
    return ''
  }
}

/** Binds a conversion to an expression; a literal is converted now. Throws Failure for a literal of the wrong type. */
export const typed = <T>(expression: Expression, convert: Convert<T>): Typed<T> => {
  if (expression.literal !== undefined) {
    const value = convert(expression.literal.value)
    return { get: () => value, literal: { value } }
  }
  const { get } = expression
  const converted: Get<T> = (run) => convert(get(run))
  const check: Get<boolean> = (run) => {
    const value = get(run)
    try {
      convert(value)
      return true
    } catch (thrown) {
      if (thrown instanceof TypeMismatch) return false
      throw thrown
    }
  }
  return { get: converted, check, stored: expression.place?.stored }
}
