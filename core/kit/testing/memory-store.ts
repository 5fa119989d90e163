import type { Store } from '../context.ts'

/** A Store that lives as long as the test. */
export const memoryStore = (): Store => {
  const values = new Map<string, Uint8Array>()
  return {
    get: (key) => values.get(key),
    *entries(prefix = '') {
      for (const key of [...values.keys()].toSorted()) {
        const value = values.get(key)
        if (key.startsWith(prefix) && value) yield [key, value]
      }
    },
    commit(changes) {
      for (const [key, value] of changes) {
        if (value === undefined) values.delete(key)
        else values.set(key, value.slice())
      }
      return Promise.resolve()
    },
  }
}
