/** The attributes of one thing in a draft: of the record, its resource, a data point. */
import type { Draft, PathHandle, PathKey, Value } from '../model/index.ts'
import { isMap, path } from '../model/index.ts'

export interface AttributesTarget {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  keys(): readonly string[]
}

/** Handles are kept for this many keys a place; keys come from the configuration, patterns may add some. */
const HANDLES_MAX = 1_024

type Edited = Pick<Draft, 'set' | 'delete'> & { readonly record: { get(at: PathHandle): Value | undefined } }

/** Answers a function that points at the attributes of a draft. Paths are compiled once a key. */
export const attributesOf = (at: readonly PathKey[]): ((draft: Edited) => AttributesTarget) => {
  const whole = path(at)
  const known = new Map<string, PathHandle>()
  const handle = (key: string): PathHandle => {
    let found = known.get(key)
    if (found === undefined) {
      found = path([...at, key])
      if (known.size < HANDLES_MAX) known.set(key, found)
    }
    return found
  }
  return (draft) => ({
    get: (key) => draft.record.get(handle(key)),
    set: (key, value) => draft.set(handle(key), value),
    delete: (key) => draft.delete(handle(key)),
    keys: () => {
      const map = draft.record.get(whole)
      return isMap(map) ? Object.keys(map) : []
    },
  })
}
