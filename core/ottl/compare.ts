/**
 * The comparison rules: numbers compare across int64 and double, everything else only with its own kind, nil only with
 * nil; what cannot be compared is not equal and neither less nor greater. Nothing here fails.
 */
import type { Value, ValueMap } from '../model/index.ts'
import type { CompareOperator } from './ast.ts'
import { isFloat, isInt, toNumber } from './numbers.ts'
import { Duration, Id, isBytes, isStoredList, isStoredMap, RawList, RawMap, Time } from './values.ts'
import type { Evaluated } from './values.ts'

type Ordered = number | bigint | string

const ordered = (a: Ordered, b: Ordered, operator: CompareOperator): boolean => {
  switch (operator) {
    case '==':
      return a === b
    case '!=':
      return a !== b
    case '<':
      return a < b
    case '<=':
      return a <= b
    case '>=':
      return a >= b
    case '>':
      return a > b
  }
}

/** Strings in the order of their UTF-8 bytes: surrogate pairs come after every other character. */
const strings = (a: string, b: string, operator: CompareOperator): boolean => {
  if (operator === '==') return a === b
  if (operator === '!=') return a !== b
  return ordered(compareText(a, b), 0, operator)
}

export const compareText = (a: string, b: string): number => {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left === right) continue
    const leftHigh = left >= 0xd800 && left <= 0xdfff
    const rightHigh = right >= 0xd800 && right <= 0xdfff
    if (leftHigh !== rightHigh) return leftHigh ? 1 : -1
    return left - right
  }
  return a.length - b.length
}

const numbers = (a: Evaluated, b: Evaluated, operator: CompareOperator): boolean => {
  if (isInt(a) && isInt(b)) return ordered(a, b, operator)
  if ((isInt(a) || isFloat(a)) && (isInt(b) || isFloat(b))) return ordered(toNumber(a), toNumber(b), operator)
  return operator === '!='
}

const isNumber = (value: Evaluated): boolean => isInt(value) || isFloat(value)

const equality = (same: boolean, operator: CompareOperator): boolean =>
  operator === '==' ? same : operator === '!=' && !same

const sameScalar = (a: Value, b: Value): boolean => {
  if (isInt(a)) return isInt(b) && a === b
  if (isFloat(a)) return isFloat(b) && toNumber(a) === toNumber(b)
  if (isBytes(a)) return isBytes(b) && Buffer.compare(a, b) === 0
  return a === b
}

const sameMap = (a: ValueMap, b: ValueMap): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key]!, b[key]!))
}

/** Deep equality of stored values: 3 and 3.0 differ, the order of a map's keys does not count, NaN equals nothing. */
export const same = (a: Value, b: Value): boolean => {
  if (isStoredList(a)) return isStoredList(b) && a.length === b.length && a.every((item, i) => same(item, b[i]!))
  if (isStoredMap(a)) return isStoredMap(b) && sameMap(a, b)
  return !isStoredList(b) && !isStoredMap(b) && sameScalar(a, b)
}

/** A list literal against a stored list: stored maps and lists inside the literal equal nothing. */
const rawEqualsStored = (raw: RawList, stored: readonly Value[]): boolean =>
  raw.items.length === stored.length &&
  raw.items.every((item, i) => {
    const other = stored[i]!
    if (item instanceof RawList) return item.of === 'any' && isStoredList(other) && rawEqualsStored(item, other)
    if (item instanceof RawMap) return isStoredMap(other) && sameMap(item.map, other)
    if (
      isStoredMap(item) ||
      isStoredList(item) ||
      item instanceof Time ||
      item instanceof Duration ||
      item instanceof Id
    )
      return false
    return same(item, other)
  })

const rawEquals = (a: Evaluated, b: Evaluated): boolean => {
  if (a instanceof RawList) {
    return (
      b instanceof RawList &&
      a.of === b.of &&
      a.items.length === b.items.length &&
      a.items.every((item, i) => rawEquals(item, b.items[i]!))
    )
  }
  if (a instanceof RawMap) return b instanceof RawMap && sameMap(a.map, b.map)
  if (a instanceof Time) return b instanceof Time && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof Id) return b instanceof Id && a.kind === b.kind && a.hex === b.hex
  if (b instanceof RawList || b instanceof RawMap || b instanceof Time || b instanceof Duration || b instanceof Id)
    return false
  return same(a, b)
}

const lists = (a: RawList | readonly Value[], b: Evaluated, operator: CompareOperator): boolean => {
  if (a instanceof RawList) {
    if (b instanceof RawList) return equality(rawEquals(a, b), operator)
    return isStoredList(b) ? equality(a.of === 'any' && rawEqualsStored(a, b), operator) : operator === '!='
  }
  if (b instanceof RawList) return equality(b.of === 'any' && rawEqualsStored(b, a), operator)
  return isStoredList(b) ? equality(same(a, b), operator) : operator === '!='
}

const mapOf = (value: Evaluated): ValueMap | undefined =>
  value instanceof RawMap ? value.map : isStoredMap(value) ? value : undefined

/** Ids, maps, lists, instants, durations, bytes. */
const objects = (a: Evaluated & object, b: Evaluated, operator: CompareOperator): boolean => {
  if (a instanceof Time) return b instanceof Time ? ordered(a.nanos, b.nanos, operator) : operator === '!='
  if (a instanceof Duration) return b instanceof Duration ? ordered(a.nanos, b.nanos, operator) : operator === '!='
  if (a instanceof Id) return equality(rawEquals(a, b), operator)
  if (isBytes(a)) return isBytes(b) ? ordered(Buffer.compare(a, b), 0, operator) : operator === '!='
  if (a instanceof RawList || isStoredList(a)) return lists(a, b, operator)
  const left = mapOf(a)
  const right = mapOf(b)
  return left !== undefined && right !== undefined ? equality(sameMap(left, right), operator) : operator === '!='
}

export const compare = (a: Evaluated, b: Evaluated, operator: CompareOperator): boolean => {
  if (a === null || b === null)
    return a === b ? operator === '==' || operator === '<=' || operator === '>=' : operator === '!='
  if (typeof a === 'string') return typeof b === 'string' ? strings(a, b, operator) : operator === '!='
  if (typeof a === 'boolean')
    return typeof b === 'boolean' ? ordered(Number(a), Number(b), operator) : operator === '!='
  if (isNumber(a)) return numbers(a, b, operator)
  return objects(a as Evaluated & object, b, operator)
}
