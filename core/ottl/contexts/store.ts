/**
 * Where indexable values live: a container of the record (`attributes`, `body`, …), the statement's `cache`, or the parts
 * of an event's envelope. Paths without computed keys become one record handle each, so the usual read or write is one
 * call into the record model.
 */
import { path } from '../../model/index.ts'
import type { PathHandle, PathKey, Value, ValueMap } from '../../model/index.ts'
import type { Run } from '../expression.ts'
import { asMap } from '../getters.ts'
import { Failure, isStoredList, isStoredMap, newMap, RawMap, toStored, typeName, Unstorable } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { keyName, readIn, writeIn } from './keys.ts'
import type { CompiledKey } from './keys.ts'

/** A place that can be read and written, and, when it is a map, edited key by key. */
export interface Place {
  readonly read: (run: Run) => Evaluated
  readonly write: (run: Run, value: Evaluated) => void
  /** Set on places that are maps for sure: removes a key without reading the map. */
  readonly remove?: (run: Run, key: string) => void
  /** Where in the record the place is, when no key is computed. */
  readonly handle?: PathHandle
  /** The same where what is read is what stands there, nil where nothing does; an attribute takes what can be stored. */
  readonly stored?: PathHandle
  /** Of simple fields: what is stored of a value. Throws a Failure for what it does not take. */
  readonly takes?: (value: Evaluated) => Value
  /** Set on maps whose keys are attributes: where the one of a key stands, and nothing else of it anywhere. */
  readonly member?: (key: string) => PathHandle
}

export const draftOf = (run: Run) => {
  if (run.draft === undefined) throw new Failure('a condition cannot change the record')
  return run.draft
}

/** Writes into the record; what a field cannot hold is a Failure of the statement, not of the collector. */
export const put = (run: Run, at: PathHandle | readonly PathKey[], value: Value): void => {
  try {
    draftOf(run).set(at, value)
  } catch (thrown) {
    throw thrown instanceof TypeError || thrown instanceof RangeError ? new Failure(thrown.message) : thrown
  }
}

export const removeAt = (run: Run, at: PathHandle | readonly PathKey[]): void => draftOf(run).delete(at)

/** A whole map: nil empties it, anything but a map is refused. */
export const mapToStore = (value: Evaluated): ValueMap => {
  if (value === null) return newMap()
  if (value instanceof RawMap) return value.map
  if (isStoredMap(value)) return value
  throw new Failure(`a ${typeName(value)} cannot be set where a map stands`)
}

const constantKeys = (keys: readonly CompiledKey[]): readonly PathKey[] | undefined => {
  const constants = keys.map((key) => key.constant)
  return constants.every((key): key is PathKey => typeof key === 'string' || typeof key === 'number')
    ? constants
    : undefined
}

/** A map of the record that is always there, such as `attributes`. */
export const mapPlace = (at: readonly PathKey[]): Place => {
  const handle = path(at)
  const known = new Map<string, PathHandle>()
  return {
    handle,
    read: (run) => run.record.get(handle) ?? newMap(),
    write: (run, value) => put(run, handle, mapToStore(value)),
    remove: (run, key) => removeAt(run, handleBelow(known, at, key)),
    member: (key) => path([...at, key]),
  }
}

const HANDLES_MAX = 256

const handleBelow = (
  known: Map<string, PathHandle>,
  at: readonly PathKey[],
  key: string,
): PathHandle | readonly PathKey[] => {
  const found = known.get(key)
  if (found !== undefined) return found
  const handle = path([...at, key])
  if (known.size < HANDLES_MAX) known.set(key, handle)
  return handle
}

/** A key below a map of the record. `rename` maps the first key to the record's own name. */
export const keyPlace = (
  at: readonly PathKey[],
  keys: readonly CompiledKey[],
  rename: (key: string) => string = (key) => key,
): Place => {
  const constants = constantKeys(keys)
  if (constants === undefined || typeof constants[0] !== 'string') return computedPlace(at, keys, rename)
  const renamed = rename(constants[0])
  const handle = path([...at, renamed, ...constants.slice(1)])
  const outer = path([...at, renamed])
  const single = keys.length === 1
  const inner = parentOf(handle)
  const isNamed = typeof constants.at(-1) === 'string'
  return {
    read: (run) => {
      const value = run.record.get(handle)
      if (value !== undefined || single) return value ?? null
      if (isNamed && isMapAt(run, inner)) return null
      const found = run.record.get(outer)
      return found === undefined ? null : readIn(found, keys, 1, run)
    },
    write: (run, value) => writeOrLeave(run, value, handle),
    remove: removerBelow(handle),
    handle,
    ...(single && { stored: handle }),
  }
}

/** The map or list a place stands in. */
const parentOf = (at: PathHandle): PathHandle => path(at.keys.slice(0, -1))

/** Told without reading it: a map that lacks a string key is nil there, anything else is left to `readIn` to judge. */
const isMapAt = (run: Run, at: PathHandle): boolean => run.record.kind(at) === 'map'

/** Removes a key of the map at a place without reading the map; what is no map fails as it does when it is read. */
const removerBelow = (at: PathHandle): NonNullable<Place['remove']> => {
  const known = new Map<string, PathHandle>()
  return (run, key) => {
    if (isMapAt(run, at)) removeAt(run, handleBelow(known, at.keys, key))
    else asMap(run.record.get(at) ?? null)
  }
}

/** A value that cannot be stored still makes the key, empty, as in the reference. */
const writeOrLeave = (run: Run, value: Evaluated, at: PathHandle | readonly PathKey[]): void => {
  let stored: Value
  try {
    stored = toStored(value)
  } catch (thrown) {
    if (thrown instanceof Unstorable && thrown.rest !== undefined) put(run, at, thrown.rest)
    else if (run.record.get(at) === undefined) put(run, at, null)
    throw thrown
  }
  put(run, at, stored)
}

const computedPlace = (
  at: readonly PathKey[],
  keys: readonly CompiledKey[],
  rename: (key: string) => string,
): Place => ({
  read: (run) => {
    const value = run.record.get([...at, rename(keyName(keys[0]!, run))])
    return value === undefined ? null : readIn(value, keys, 1, run)
  },
  write: (run, value) => {
    const outer = [...at, rename(keyName(keys[0]!, run))]
    if (keys.length === 1) return writeOrLeave(run, value, outer)
    const current = run.record.get(outer) ?? null
    let stored: Value
    try {
      stored = writeIn(current, keys, 1, run, toStored(value))
    } catch (thrown) {
      if (run.record.get(outer) === undefined) put(run, outer, null)
      throw thrown
    }
    put(run, outer, stored)
  },
})

const body = path(['body'])

const indexableBody = (run: Run): Value => {
  const value = run.record.get(body) ?? null
  if (isStoredMap(value) || isStoredList(value)) return value
  throw new Failure(
    value === null ? 'an empty body cannot be indexed' : `a body that is a ${typeName(value)} cannot be indexed`,
  )
}

/** A key below the body, which must be a map or list already. */
export const bodyPlace = (keys: readonly CompiledKey[]): Place => {
  const constants = constantKeys(keys)
  if (constants === undefined) {
    return {
      read: (run) => readIn(indexableBody(run), keys, 0, run),
      write: (run, value) => put(run, body, writeIn(indexableBody(run), keys, 0, run, toStored(value))),
    }
  }
  const handle = path(['body', ...constants])
  const outer = path(['body', constants[0]!])
  const inner = parentOf(handle)
  const isNamed = typeof constants.at(-1) === 'string'
  return {
    handle,
    read: (run) => {
      const value = run.record.get(handle)
      if (value !== undefined) return value
      return isNamed && isMapAt(run, inner) ? null : readIn(indexableBody(run), keys, 0, run)
    },
    write: (run, value) => {
      // A body with anything at the first key can be indexed; only otherwise it has to be looked at.
      const isIndexable = run.record.kind(outer) !== undefined || (isNamed && isMapAt(run, inner))
      if (!isIndexable) writeIn(indexableBody(run), keys, 0, run, null)
      writeOrLeave(run, value, handle)
    },
    remove: removerBelow(handle),
  }
}

/** The `cache` of one record. */
export const cachePlace = (keys: readonly CompiledKey[]): Place => {
  const cacheOf = (run: Run) => (run.cache ??= newMap())
  if (keys.length === 0) {
    return {
      read: cacheOf,
      write: (run, value) => {
        run.cache = Object.assign(newMap(), mapToStore(value))
      },
      remove: (run, key) => {
        delete cacheOf(run)[key]
      },
    }
  }
  return {
    read: (run) => readIn(cacheOf(run), keys, 0, run),
    write: (run, value) => {
      const name = keyName(keys[0]!, run)
      const cache = cacheOf(run)
      const current = Object.hasOwn(cache, name) ? cache[name]! : null
      cache[name] = current
      cache[name] = writeIn(current, keys, 1, run, toStored(value))
    },
  }
}
