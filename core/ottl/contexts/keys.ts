/**
 * Keys after a path: `attributes["a"][0][attributes["k"]]`. A map takes strings, a list takes indexes inside its bounds;
 * reading what is not there is nil, indexing what is neither is a Failure, writing makes maps and lists on the way.
 */
import type { Value, ValueMap } from '../../model/index.ts'
import type { Get, Run } from '../expression.ts'
import { isInt } from '../numbers.ts'
import type { Int } from '../numbers.ts'
import { Failure, isStoredList, isStoredMap, member, newMap, RawList, RawMap, typeName } from '../values.ts'
import type { Evaluated } from '../values.ts'

/** `constant` is what the statement says; `get` computes the key on every record. */
export interface CompiledKey {
  readonly constant: string | Int | undefined
  readonly get: Get
}

/** A list made where there was none is filled up with nil to this length at most. */
const NEW_LIST_MAX = 1_024

export const keyName = (key: CompiledKey, run: Run): string => {
  const value = key.constant ?? key.get(run)
  if (typeof value === 'string') return value
  throw new Failure(`a map is indexed with a string, not with a ${typeName(value)}`)
}

const listIndex = (key: CompiledKey, run: Run, length: number): number => {
  const value = key.constant ?? key.get(run)
  if (!isInt(value)) throw new Failure(`a list is indexed with an int, not with a ${typeName(value)}`)
  if (typeof value === 'bigint' || value < 0 || value >= length) throw new Failure(`index ${value} is out of bounds`)
  return value
}

/** What stands at `keys[from…]` in a stored value; null where a map has no such key. */
export const readIn = (value: Value, keys: readonly CompiledKey[], from: number, run: Run): Value => {
  let at = value
  for (let i = from; i < keys.length; i++) {
    const key = keys[i]!
    if (isStoredMap(at)) {
      const found = member(at, keyName(key, run))
      if (found === undefined) return null
      at = found
    } else if (isStoredList(at)) at = at[listIndex(key, run, at.length)]!
    else throw new Failure(`a ${typeName(at)} cannot be indexed`)
  }
  return at
}

/** A copy of `value` with `next` at `keys[from…]`. */
export const writeIn = (value: Value, keys: readonly CompiledKey[], from: number, run: Run, next: Value): Value => {
  if (from === keys.length) return next
  const key = keys[from]!
  if (isStoredMap(value)) {
    const name = keyName(key, run)
    const copy = Object.assign(newMap(), value)
    copy[name] = writeIn(member(value, name) ?? null, keys, from + 1, run, next)
    return copy
  }
  if (isStoredList(value)) {
    const index = listIndex(key, run, value.length)
    return value.with(index, writeIn(value[index]!, keys, from + 1, run, next))
  }
  if (value !== null) throw new Failure(`a ${typeName(value)} cannot be indexed`)
  return create(key, keys, from, run, next)
}

const create = (key: CompiledKey, keys: readonly CompiledKey[], from: number, run: Run, next: Value): Value => {
  const name = key.constant ?? key.get(run)
  if (typeof name === 'string') {
    const map = newMap()
    map[name] = writeIn(null, keys, from + 1, run, next)
    return map
  }
  if (!isInt(name)) throw new Failure(`neither a string nor an int but a ${typeName(name)} was given as key`)
  if (typeof name === 'bigint' || name >= NEW_LIST_MAX)
    throw new Failure(`index ${name} is out of bounds for a new list`)
  const list: Value[] = Array.from({ length: Math.max(0, name) }, () => null)
  list.push(writeIn(null, keys, from + 1, run, next))
  return list
}

/** Keys after a converter: here a missing key is a Failure. */
export const readResult = (value: Evaluated, keys: readonly CompiledKey[], run: Run): Evaluated => {
  let at = value
  for (const key of keys) {
    const name = key.constant ?? key.get(run)
    if (typeof name === 'string') at = resultMember(at, name)
    else if (isInt(name)) at = resultItem(at, name)
    else throw new Failure(`a key must be a string or int, not a ${typeName(name)}`)
  }
  return at
}

const resultMember = (value: Evaluated, name: string): Evaluated => {
  const map: ValueMap | undefined = value instanceof RawMap ? value.map : isStoredMap(value) ? value : undefined
  if (map === undefined) throw new Failure(`a ${typeName(value)} cannot be indexed with a string`)
  const found = member(map, name)
  if (found === undefined) throw new Failure(`there is no key ${JSON.stringify(name)} in the map`)
  return found
}

const resultItem = (value: Evaluated, index: Int): Evaluated => {
  const items =
    value instanceof RawList ? value.items : isStoredList(value) || value instanceof Uint8Array ? value : undefined
  if (items === undefined) throw new Failure(`a ${typeName(value)} cannot be indexed with an int`)
  if (typeof index === 'bigint' || index < 0 || index >= items.length)
    throw new Failure(`index ${index} is out of bounds`)
  return items[index]!
}
