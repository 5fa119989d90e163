/** Converters over lists and maps. */
import { compare, compareText } from '../compare.ts'
import type { Value } from '../../model/index.ts'
import { asList, storedText } from '../getters.ts'
import { byteLength } from '../go/text.ts'
import { isFloat, isInt, toNumber } from '../numbers.ts'
import { Failure, fromRaw, isStoredList, isStoredMap, member, newMap, RawList, RawMap, typeName } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { define } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

const index = (target: Evaluated, value: Evaluated): number => {
  if (typeof target === 'string') {
    if (typeof value !== 'string') throw new Failure('Index in a string needs a string to look for')
    const at = target.indexOf(value)
    return at < 0 ? -1 : byteLength(target.slice(0, at))
  }
  return asList(target).findIndex((item) => equalsRaw(item, value))
}

/** Items are compared as raw values here: lists and maps of the record equal only what is raw too. */
const equalsRaw = (item: Value, value: Evaluated): boolean => {
  if (isStoredList(item)) return compare(new RawList(item), value, '==')
  return isStoredMap(item) ? compare(new RawMap(item), value, '==') : compare(item, value, '==')
}

type Kind = 'int' | 'double' | 'text' | undefined

const commonKind = (items: readonly Value[]): Kind => {
  let text = false
  let double = false
  for (const item of items) {
    if (isFloat(item)) double = true
    else if (typeof item === 'string' || typeof item === 'boolean' || item === null) text = true
    else if (!isInt(item)) return undefined
  }
  return text ? 'text' : double ? 'double' : 'int'
}

const compareDoubles = (a: number, b: number): number => {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1
  return Number.isNaN(b) ? 1 : a - b
}

const comparators: Readonly<Record<'int' | 'double' | 'text', (a: Value, b: Value) => number>> = {
  int: (a, b) => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0),
  double: (a, b) => compareDoubles(toNumber(a as number), toNumber(b as number)),
  text: (a, b) => compareText(storedText(a), storedText(b)),
}

const sort = (value: Evaluated, descending: boolean): Evaluated => {
  if (value instanceof RawList && value.of === 'string') {
    const sorted = (value.items as readonly string[]).toSorted(compareText)
    return new RawList(descending ? sorted.reverse() : sorted, 'string')
  }
  const items = value instanceof RawList ? value.items.map(fromRaw) : isStoredList(value) ? value : undefined
  if (items === undefined) throw new Failure(`Sort takes a list, not a ${typeName(value)}`)
  const kind = items.length === 0 ? undefined : commonKind(items)
  if (kind === undefined) return items
  const order = comparators[kind]
  return new RawList(items.toSorted(descending ? (a, b) => order(b, a) : order))
}

const at = (value: Value, path: readonly string[], i: number): Value => {
  let found: Value | undefined = value
  for (const key of path) found = found !== undefined && isStoredMap(found) ? member(found, key) : undefined
  if (found === undefined || path.length === 0)
    throw new Failure(`item ${i} has nothing at ${path.join('.') || 'an empty path'}`)
  return found
}

const sliceToMap = (
  list: readonly Value[],
  keyPath: readonly string[] | undefined,
  valuePath: readonly string[] | undefined,
) => {
  const map = newMap()
  list.forEach((item, i) => {
    if ((keyPath ?? valuePath) !== undefined && !isStoredMap(item))
      throw new Failure(`item ${i} is a ${typeName(item)}, not a map`)
    const key = keyPath === undefined ? String(i) : at(item, keyPath, i)
    if (typeof key !== 'string') throw new Failure(`the key of item ${i} is a ${typeName(key)}, not a string`)
    map[key] = valuePath === undefined ? item : at(item, valuePath, i)
  })
  return map
}

const contains = (list: readonly Value[], item: Evaluated): boolean => list.some((each) => compare(each, item, '=='))

export const collections: readonly FunctionSpec[] = [
  define(
    'Keys',
    { Target: 'map' },
    ({ Target }) =>
      (run) =>
        Object.keys(Target.get(run)),
  ),
  define(
    'Values',
    { Target: 'map' },
    ({ Target }) =>
      (run) =>
        Object.values(Target.get(run)),
  ),
  define('Index', { Target: 'any', Value: 'any' }, ({ Target, Value: sought }) => (run) => {
    const target = Target.get(run)
    return index(target, sought.get(run))
  }),
  define('ContainsValue', { Target: 'list', Item: 'any' }, ({ Target, Item }) => (run) => {
    const list = Target.get(run)
    return contains(list, Item.get(run))
  }),
  define('Sort', { Target: 'any', Order: 'literalString?' }, ({ Target, Order = 'asc' }) => {
    if (Order !== 'asc' && Order !== 'desc') throw new Failure(`order ${JSON.stringify(Order)} must be asc or desc`)
    return (run) => sort(Target.get(run), Order === 'desc')
  }),
  define(
    'SliceToMap',
    { Target: 'list', KeyPath: 'literalStrings?', ValuePath: 'literalStrings?' },
    ({ Target, KeyPath, ValuePath }) =>
      (run) =>
        sliceToMap(Target.get(run), KeyPath, ValuePath),
  ),
  define('Coalesce', { Values: 'anyItems' }, ({ Values }) => {
    if (Values.length === 0) throw new Failure('Coalesce needs at least one value')
    const gets = Values.map((value) => value.get)
    return (run) => {
      for (const get of gets) {
        const value = get(run)
        if (value !== null) return value
      }
      return null
    }
  }),
]
