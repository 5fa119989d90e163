/** Converters that ask for and change types. */
import type { Get, Typed } from '../expression.ts'
import { byteLength } from '../go/text.ts'
import { double, isFloat, isInt, toNumber } from '../numbers.ts'
import {
  Failure,
  Id,
  isBytes,
  isStoredList,
  isStoredMap,
  RawList,
  RawMap,
  Time,
  typeName,
  Duration,
} from '../values.ts'
import type { Evaluated } from '../values.ts'
import { define } from './spec.ts'
import type { FunctionSpec, ParameterKind } from './spec.ts'

/** nil for what the like-kinds answer for nil. */
const orNil = <T extends Evaluated>(target: Typed<T | undefined>): Get => {
  const { get } = target
  return (run) => get(run) ?? null
}

/** Whether a typed argument has its type; a Failure inside the argument stays one. */
const is = (name: string, kind: ParameterKind & ('string' | 'int' | 'float' | 'bool' | 'map')): FunctionSpec =>
  define(name, { Target: kind } as const, ({ Target }) => {
    const { check } = Target as Typed<unknown>
    return check ?? (() => true)
  })

const lengthOf = (value: Evaluated): number => {
  if (typeof value === 'string') return byteLength(value)
  if (value instanceof RawList) return value.items.length
  if (value instanceof RawMap) return Object.keys(value.map).length
  if (isStoredList(value) || isBytes(value)) return value.length
  if (isStoredMap(value)) return Object.keys(value).length
  throw new Failure(`Len takes a string, list or map, not a ${typeName(value)}`)
}

const isEmpty = (value: Evaluated): boolean => {
  if (value === null || value === '' || value === false || value === 0) return true
  if (typeof value === 'string' || typeof value === 'boolean' || isInt(value)) return false
  if (isFloat(value)) return toNumber(value) === 0
  if (value instanceof Duration) return value.nanos === 0n
  if (value instanceof Time) return value.nanos === -62_135_596_800_000_000_000n
  if (value instanceof Id) return /^0+$/.test(value.hex)
  return lengthOf(value) === 0
}

const log = (value: number | undefined): number => {
  if (value === undefined) throw new Failure('Log needs a number, not nil')
  if (value <= 0) throw new Failure(`Log needs a number greater than zero, not ${value}`)
  return Math.log(value)
}

export const types: readonly FunctionSpec[] = [
  is('IsString', 'string'),
  is('IsInt', 'int'),
  is('IsDouble', 'float'),
  is('IsBool', 'bool'),
  is('IsMap', 'map'),
  define('IsList', { Target: 'any' }, ({ Target }) => (run) => {
    const value = Target.get(run)
    return value instanceof RawList || isStoredList(value)
  }),
  define(
    'IsEmpty',
    { Target: 'any' },
    ({ Target }) =>
      (run) =>
        isEmpty(Target.get(run)),
  ),
  define('String', { Target: 'stringLike' }, ({ Target }) => orNil(Target)),
  define('Int', { Target: 'intLike' }, ({ Target }) => orNil(Target)),
  define('Double', { Target: 'floatLike' }, ({ Target }) => orNil(Target)),
  define('Bool', { Target: 'boolLike' }, ({ Target }) => orNil(Target)),
  define(
    'Len',
    { Target: 'any' },
    ({ Target }) =>
      (run) =>
        lengthOf(Target.get(run)),
  ),
  define('Log', { Target: 'floatLike' }, ({ Target }) => (run) => {
    const value = Target.get(run)
    return double(log(value === undefined ? undefined : toNumber(value)))
  }),
]
