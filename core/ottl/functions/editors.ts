/** Editors: what changes a record, map by map. */
import type { Value, ValueMap } from '../../model/index.ts'
import type { Place } from '../contexts/store.ts'
import type { Get } from '../expression.ts'
import { storedText } from '../getters.ts'
import { byteLength, isRuneStart, textOf } from '../go/text.ts'
import { regex } from '../go/regex.ts'
import { isFloat, isInt } from '../numbers.ts'
import type { Int } from '../numbers.ts'
import {
  Duration,
  Failure,
  fromRaw,
  isBytes,
  isStoredList,
  isStoredMap,
  newMap,
  RawList,
  RawMap,
  Time,
  Id,
} from '../values.ts'
import type { Evaluated } from '../values.ts'
import { double } from '../numbers.ts'
import { deleteEdit, isInside, keepEdit, setEdit } from './edits.ts'
import { define } from './spec.ts'
import type { FunctionSpec } from './spec.ts'
import type { Typed } from '../expression.ts'

/** A copy of the entries that stay. */
const kept = (map: ValueMap, keep: (key: string, value: Value) => boolean): Record<string, Value> => {
  const next = newMap()
  for (const key of Object.keys(map)) if (keep(key, map[key]!)) next[key] = map[key]!
  return next
}

const mapped = (map: ValueMap, change: (value: Value) => Value): Record<string, Value> => {
  const next = newMap()
  for (const key of Object.keys(map)) next[key] = change(map[key]!)
  return next
}

/** A pattern that is compiled now when it is a literal. */
export const patternOf = (pattern: Typed<string>): Get<ReturnType<typeof regex>> => {
  if (pattern.literal === undefined) return (run) => regex(pattern.get(run))
  const compiled = regex(pattern.literal.value)
  return () => compiled
}

const byPattern = (name: string, keepMatching: boolean): FunctionSpec =>
  define(
    name,
    { Target: 'mapTarget', Pattern: 'string' },
    ({ Target, Pattern }) => {
      const pattern = patternOf(Pattern)
      return (run) => {
        const { test } = pattern(run)
        const map = Target.get(run)
        const keys = Object.keys(map)
        if (keys.every((key) => test(key) === keepMatching)) return null
        Target.set(
          run,
          kept(map, (key) => test(key) === keepMatching),
        )
        return null
      }
    },
    ({ Target, Pattern }) => {
      if (Pattern.literal === undefined) return undefined
      const { test } = regex(Pattern.literal.value)
      return keepEdit(Target, (key) => test(key) === keepMatching)
    },
  )

/** The zero value of what a path holds now. */
const zeroOf = (value: Evaluated): Evaluated => {
  if (value === null) return null
  if (typeof value === 'string') return ''
  if (typeof value === 'boolean') return false
  if (isInt(value)) return 0
  if (isFloat(value)) return double(0)
  if (isBytes(value)) return new Uint8Array()
  if (value instanceof Time) return new Time(-62_135_596_800_000_000_000n)
  if (value instanceof Duration) return new Duration(0n)
  if (value instanceof Id) return new Id(value.kind, '0'.repeat(value.size * 2))
  return value instanceof RawMap || isStoredMap(value) ? newMap() : []
}

const itemsOf = (value: Evaluated): Evaluated[] => {
  if (value === null) return []
  if (value instanceof RawList) return [...value.items]
  // Items of a stored list are raw again here: nested maps and lists may be appended to and stored back.
  return isStoredList(value) ? value.map(rawOf) : [value]
}

const rawOf = (value: Value): Evaluated =>
  isStoredMap(value) ? new RawMap(value) : isStoredList(value) ? new RawList(value.map(rawOf)) : value

const append = define(
  'append',
  { Target: 'place', Value: 'any?', Values: 'anyItems?' },
  ({ Target, Value, Values }) => {
    if (Value === undefined && Values === undefined) throw new Failure('append needs a value or values')
    const added = [...(Value === undefined ? [] : [Value]), ...(Values ?? [])].map((expression) => expression.get)
    return (run) => {
      const items = itemsOf(Target.read(run))
      for (const get of added) items.push(get(run))
      Target.write(run, items.map(fromRaw))
      return null
    }
  },
)

const deleteIndex = define(
  'delete_index',
  { Target: 'listTarget', StartIndex: 'int', EndIndex: 'int?' },
  ({ Target, StartIndex, EndIndex }) =>
    (run) => {
      const list = Target.get(run)
      const start = Number(StartIndex.get(run))
      const end = EndIndex === undefined ? start + 1 : Number(EndIndex.get(run))
      if (!(start === 0 && end === list.length)) checkRange(start, end, list.length)
      Target.set(run, list.toSpliced(start, end - start))
      return null
    },
)

const checkRange = (start: number, end: number, length: number): void => {
  if (start < 0 || start >= length) throw new Failure(`start_index ${start} is out of bounds for a list of ${length}`)
  if (end < start) throw new Failure(`end_index ${end} is less than start_index ${start}`)
  if (end > length) throw new Failure(`the range ${start} to ${end} is out of bounds for a list of ${length}`)
}

const limit = define(
  'limit',
  { Target: 'mapTarget', Limit: 'literalInt', PriorityKeys: 'literalStrings' },
  ({ Target, Limit, PriorityKeys }) => {
    if (Limit < 0) throw new Failure(`limit ${Limit} cannot be negative`)
    if (Limit < PriorityKeys.length)
      throw new Failure(`limit ${Limit} is less than the number of priority keys, ${PriorityKeys.length}`)
    const priority = new Set(PriorityKeys)
    return (run) => {
      const map = Target.get(run)
      if (Object.keys(map).length <= Limit) return null
      let count = PriorityKeys.filter((key) => Object.hasOwn(map, key)).length
      Target.set(
        run,
        kept(map, (key) => priority.has(key) || (count < Limit && ++count > 0)),
      )
      return null
    }
  },
)

const STRATEGIES = ['insert', 'update', 'upsert']

const mergeMaps = define(
  'merge_maps',
  { Target: 'mapTarget', Source: 'map', Strategy: 'literalString' },
  ({ Target, Source, Strategy }) => {
    if (!STRATEGIES.includes(Strategy))
      throw new Failure(`strategy ${JSON.stringify(Strategy)} must be insert, update or upsert`)
    return (run) => {
      const target = Target.get(run)
      const source = Source.get(run)
      const next = Object.assign(newMap(), target)
      for (const key of Object.keys(source)) {
        const exists = Object.hasOwn(target, key)
        if (Strategy === 'upsert' || exists === (Strategy === 'update')) next[key] = source[key]!
      }
      Target.set(run, next)
      return null
    }
  },
)

const truncate = (text: string, most: number, utf8Safe: boolean, marker: string): string => {
  const bytes = Buffer.from(text)
  let at = most - byteLength(marker)
  if (utf8Safe) while (at > 0 && !isRuneStart(bytes[at])) at--
  return textOf(bytes.subarray(0, at)) + marker
}

const truncateAll = define(
  'truncate_all',
  { Target: 'mapTarget', Limit: 'literalInt', Utf8Safe: 'literalBool?', TruncationMarker: 'literalString?' },
  ({ Target, Limit, Utf8Safe = true, TruncationMarker = '' }) => {
    if (Limit < 0) throw new Failure(`limit ${Limit} cannot be negative`)
    if (byteLength(TruncationMarker) > Limit) throw new Failure('the truncation marker is longer than the limit')
    const most = Number(Limit)
    // Three bytes a UTF-16 unit is the most there can be, so short strings need no counting.
    const isLong = (value: Value): value is string =>
      typeof value === 'string' && value.length * 3 > most && byteLength(value) > most
    return (run) => {
      const map = Target.get(run)
      if (!Object.keys(map).some((key) => isLong(map[key]!))) return null
      Target.set(
        run,
        mapped(map, (value) => (isLong(value) ? truncate(value, most, Utf8Safe, TruncationMarker) : value)),
      )
      return null
    }
  },
)

/** A container set into itself: the target is emptied first, so that the copy holds an empty one in its place. */
const setInside =
  ({ read, write }: Place, get: Get): Get =>
  (run) => {
    const value = get(run)
    if (isStoredMap(value) && !isStoredMap(read(run))) write(run, newMap())
    if (isStoredList(value) && !isStoredList(read(run))) write(run, [])
    write(run, get(run))
    return null
  }

const set = define(
  'set',
  { Target: 'place', Value: 'any' },
  ({ Target, Value }) => {
    const { write } = Target
    const { get } = Value
    if (isInside(Target.handle?.keys, Value.place?.handle?.keys)) return setInside(Target, Value.get)
    return (run) => {
      write(run, get(run))
      return null
    }
  },
  setEdit,
)

const deleteKey = define(
  'delete_key',
  { Target: 'mapTarget', Key: 'string' },
  ({ Target, Key }) => {
    const { remove } = Target
    if (remove !== undefined) {
      return (run) => {
        remove(run, Key.get(run))
        return null
      }
    }
    return (run) => {
      const map = Target.get(run)
      const name = Key.get(run)
      if (Object.hasOwn(map, name))
        Target.set(
          run,
          kept(map, (key) => key !== name),
        )
      return null
    }
  },
  ({ Target, Key }) => deleteEdit(Target, Key.literal?.value),
)

const keepKeys = define(
  'keep_keys',
  { Target: 'mapTarget', Keys: 'strings' },
  ({ Target, Keys }) => {
    const literalKeys = Keys.literal && new Set(Keys.literal.value)
    return (run) => {
      const map = Target.get(run)
      const keys = literalKeys ?? new Set(Keys.get(run))
      if (!Object.keys(map).every((key) => keys.has(key)))
        Target.set(
          run,
          kept(map, (key) => keys.has(key)),
        )
      return null
    }
  },
  ({ Target, Keys }) => {
    if (Keys.literal === undefined) return undefined
    const keys = new Set(Keys.literal.value)
    return keepEdit(Target, (key) => keys.has(key))
  },
)

const stringifyAll = define('stringify_all', { Target: 'mapTarget' }, ({ Target }) => (run) => {
  Target.set(run, mapped(Target.get(run), storedText))
  return null
})

const clear = define('clear', { Target: 'place' }, ({ Target }) => (run) => {
  Target.write(run, zeroOf(Target.read(run)))
  return null
})

export const depthOf = (depth: Int | undefined): number => {
  if (depth !== undefined && depth < 1) throw new Failure(`depth ${depth} must be greater than 0`)
  return depth === undefined ? Infinity : Number(depth)
}

export const editors: readonly FunctionSpec[] = [
  set,
  append,
  clear,
  deleteIndex,
  deleteKey,
  byPattern('delete_matching_keys', false),
  byPattern('keep_matching_keys', true),
  keepKeys,
  limit,
  mergeMaps,
  stringifyAll,
  truncateAll,
]
