/** `flatten`: nested maps and lists become dotted keys of one map. */
import type { Value, ValueMap } from '../../model/index.ts'
import { isStoredList, isStoredMap, newMap } from '../values.ts'
import { depthOf } from './editors.ts'
import { define } from './spec.ts'

interface Flattening {
  readonly result: Record<string, Value>
  /** How often a key has been met, when conflicts are resolved by numbering. */
  readonly seen: Map<string, number> | undefined
  readonly maxDepth: number
}

const add = (state: Flattening, key: string, value: Value, plainKey = key): void => {
  if (state.seen === undefined) {
    state.result[plainKey] = value
    return
  }
  if (!Object.hasOwn(state.result, key)) {
    state.seen.set(key, 0)
    state.result[key] = value
    return
  }
  const count = state.seen.get(key) ?? 0
  state.seen.set(key, count + 1)
  state.result[`${key}.${count}`] = value
}

const flattenMap = (state: Flattening, map: ValueMap, prefix: string, depth: number): void => {
  const before = prefix === '' ? '' : `${prefix}.`
  for (const key of Object.keys(map)) flattenValue(state, before + key, map[key]!, depth)
}

const flattenValue = (state: Flattening, key: string, value: Value, depth: number): void => {
  if (isStoredMap(value) && depth < state.maxDepth) return flattenMap(state, value, key, depth + 1)
  if (!isStoredList(value) || depth >= state.maxDepth) return add(state, key, value)
  value.forEach((item, i) => {
    if (depth + 1 < state.maxDepth) {
      if (isStoredMap(item)) return flattenMap(state, item, `${key}.${i}`, depth + 2)
      // Items of lists in lists lose the dot between the outer key and their index, as in the reference.
      if (isStoredList(item))
        return item.forEach((inner, j) => flattenValue(state, `${key}.${i}${j}`, inner, depth + 3))
    }
    add(state, key, item, `${key}.${i}`)
  })
}

export const flatten = define(
  'flatten',
  { Target: 'mapTarget', Prefix: 'literalString?', Depth: 'literalInt?', ResolveConflicts: 'literalBool?' },
  ({ Target, Prefix = '', Depth, ResolveConflicts = false }) => {
    const maxDepth = depthOf(Depth)
    return (run) => {
      const state: Flattening = { result: newMap(), seen: ResolveConflicts ? new Map() : undefined, maxDepth }
      flattenMap(state, Target.get(run), Prefix, 0)
      Target.set(run, state.result)
      return null
    }
  },
)
