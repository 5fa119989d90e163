/**
 * The last snapshot of everything: what the next one is compared with. Changes are provisional until `save`; `undo` takes
 * back everything since `begin`, so that input which comes again after a rejection meets the same bases.
 *
 * It holds at most `most` things (a list counts each of its rows); beyond that the snapshots not seen longest are
 * forgotten, and counted. What changed is saved by `save`, what was only seen again by `saveAll`.
 */
import { deserialize, serialize } from 'node:v8'
import type { Store } from 'seneca-collector'
import type { Snapshot } from 'seneca-collector/events'

export interface Base {
  readonly rows: Snapshot
  readonly time: bigint
  /** The id of the event that was this snapshot; '' when it had none. */
  readonly id: string
}

export interface Bases {
  /** Things remembered. */
  readonly size: number
  readonly evicted: number
  get(name: string): Base | undefined
  /** False when the snapshot alone is over the limit: then the old one stays. `changed`: it must be saved with the ack. */
  put(name: string, base: Base, changed: boolean): boolean
  forget(name: string): void
  begin(): () => void
  save(): Promise<void>
  saveAll(): Promise<void>
}

const PREFIX = 'base/'

const weigh = (base: Base | undefined): number => (base === undefined ? 0 : Math.max(1, base.rows.size))

const load = (store: Store, damaged: (name: string) => void): Map<string, Base> => {
  const bases = new Map<string, Base>()
  for (const [key, bytes] of store.entries(PREFIX)) {
    const name = key.slice(PREFIX.length)
    try {
      bases.set(name, deserialize(bytes) as Base)
    } catch {
      damaged(name)
    }
  }
  return new Map([...bases].toSorted(([, a], [, b]) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)))
}

export const createBases = (store: Store, most: number, damaged: (name: string) => void): Bases => {
  const bases = load(store, damaged)
  /** What stood there when the batch began. */
  const before = new Map<string, Base | undefined>()
  const changed = new Set<string>()
  const seen = new Set<string>()
  let size = [...bases.values()].reduce((sum, base) => sum + weigh(base), 0)
  let evicted = 0

  const set = (name: string, base: Base | undefined): void => {
    size += weigh(base) - weigh(bases.get(name))
    bases.delete(name)
    if (base !== undefined) bases.set(name, base)
  }
  const move = (name: string, base: Base | undefined): void => {
    if (!before.has(name)) before.set(name, bases.get(name))
    set(name, base)
  }
  const evict = (): void => {
    for (const oldest of bases.keys()) {
      if (size <= most) return
      move(oldest, undefined)
      changed.add(oldest)
      evicted++
    }
  }
  const commit = async (names: Set<string>): Promise<void> => {
    if (names.size === 0) return
    await store.commit(
      [...names].map((name) => {
        const base = bases.get(name)
        return [PREFIX + name, base === undefined ? undefined : serialize(base)] as const
      }),
    )
    names.clear()
  }
  evict()

  return {
    get size() {
      return size
    },
    get evicted() {
      return evicted
    },
    get: (name) => bases.get(name),
    put(name, base, isChange) {
      if (weigh(base) > most) return false
      move(name, base)
      ;(isChange ? changed : seen).add(name)
      evict()
      return true
    },
    forget(name) {
      if (!bases.has(name)) return
      move(name, undefined)
      changed.add(name)
    },
    begin() {
      before.clear()
      return () => {
        for (const [name, base] of before) set(name, base)
        before.clear()
      }
    },
    save: () => commit(changed),
    async saveAll() {
      for (const name of seen) changed.add(name)
      seen.clear()
      await commit(changed)
    },
  }
}
