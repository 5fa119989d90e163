/**
 * Derived state, kept so that it can be saved piece by piece: rows under keys, with those changed since the last save.
 * A table has a bound; beyond it the row that was set longest ago goes, and is counted.
 */
export interface Table<T> {
  readonly size: number
  /** How many rows went because of the bound. */
  readonly evicted: number
  get(key: string): T | undefined
  has(key: string): boolean
  set(key: string, row: T): T
  delete(key: string): void
  /** Says that a row got from here was changed in place. */
  touch(key: string): void
  entries(): Iterable<readonly [string, T]>
  values(): Iterable<T>
}

export type Change = readonly [key: string, value: Uint8Array | undefined]

export interface Tables {
  table<T>(name: string, most: number): Table<T>
  /** What has changed since the last call. */
  changes(): Change[]
  /** Puts a change list back that could not be saved. */
  load(entries: Iterable<readonly [string, Uint8Array]>): void
}

interface Kept {
  readonly rows: Map<string, unknown>
  readonly dirty: Set<string>
}

export const createTables = (prefix: string): Tables => {
  const kept = new Map<string, Kept>()

  const table = <T>(name: string, most: number): Table<T> => {
    const { rows, dirty } = kept.get(name) ?? { rows: new Map<string, unknown>(), dirty: new Set<string>() }
    kept.set(name, { rows, dirty })
    let evicted = 0
    // Order is left alone: rows are touched while the table is walked.
    const touch = (key: string): void => {
      if (rows.has(key)) dirty.add(key)
    }
    return {
      get size() {
        return rows.size
      },
      get evicted() {
        return evicted
      },
      get: (key) => rows.get(key) as T | undefined,
      has: (key) => rows.has(key),
      set: (key, row) => {
        rows.delete(key)
        rows.set(key, row)
        dirty.add(key)
        if (rows.size > most) {
          const oldest = rows.keys().next().value!
          rows.delete(oldest)
          dirty.add(oldest)
          evicted++
        }
        return row
      },
      delete: (key) => {
        if (rows.delete(key)) dirty.add(key)
      },
      touch,
      entries: () => rows.entries() as Iterable<readonly [string, T]>,
      values: () => rows.values() as Iterable<T>,
    }
  }

  return {
    table,
    changes: () => {
      const changes: Change[] = []
      for (const [name, { rows, dirty }] of kept) {
        for (const key of dirty) {
          const row = rows.get(key)
          changes.push([`${prefix}${name}/${key}`, row === undefined ? undefined : Buffer.from(JSON.stringify(row))])
        }
        dirty.clear()
      }
      return changes
    },
    load: (entries) => {
      for (const [key, value] of entries) {
        if (!key.startsWith(prefix)) continue
        const slash = key.indexOf('/', prefix.length)
        const name = key.slice(prefix.length, slash)
        const { rows, dirty } = kept.get(name) ?? { rows: new Map<string, unknown>(), dirty: new Set<string>() }
        kept.set(name, { rows, dirty })
        rows.set(key.slice(slash + 1), JSON.parse(Buffer.from(value).toString('utf8')))
      }
    },
  }
}
