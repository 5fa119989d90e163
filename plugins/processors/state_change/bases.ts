/**
 * What each key looked like last. Changes are provisional until `save`; `undo` takes back everything since `begin`, so
 * that input which comes again after a rejection is compared with the same base.
 */
import { Double, type Store, type Value } from 'seneca-collector'
import type { Row } from 'seneca-collector/events'

interface Base {
  readonly row: Row
  readonly time: bigint
  readonly count: number
}

export interface Bases {
  readonly size: number
  readonly evicted: number
  get(name: string): Base | undefined
  set(name: string, row: Row, time: bigint): void
  /** The number of this change of the key, from 0. */
  count(name: string): number
  begin(): () => void
  save(): Promise<void>
}

const PREFIX = 'base/'

const plain = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? { $int: String(value) } : value instanceof Double ? value.value : value

const revive = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && '$int' in value ? BigInt(String(value.$int)) : value

const decode = (bytes: Uint8Array): Base => {
  const { row, time, count } = JSON.parse(Buffer.from(bytes).toString('utf8'), revive) as {
    row: Record<string, Value>
    time: string
    count: number
  }
  return { row, time: BigInt(time), count }
}

const encode = ({ row, time, count }: Base): Uint8Array =>
  Buffer.from(JSON.stringify({ row, time: String(time), count }, plain))

export const createBases = (store: Store, most: number): Bases => {
  const bases = new Map<string, Base>()
  for (const [key, value] of store.entries(PREFIX)) bases.set(key.slice(PREFIX.length), decode(value))
  const before = new Map<string, Base | undefined>()
  let evicted = 0

  const put = (name: string, base: Base | undefined): void => {
    if (!before.has(name)) before.set(name, bases.get(name))
    bases.delete(name)
    if (base !== undefined) bases.set(name, base)
  }

  return {
    get size() {
      return bases.size
    },
    get evicted() {
      return evicted
    },
    get: (name) => bases.get(name),
    set: (name, row, time) => {
      const known = bases.get(name)
      if (known !== undefined && time < known.time) return
      put(name, { row, time, count: known?.count ?? 0 })
      if (bases.size <= most) return
      put(bases.keys().next().value!, undefined)
      evicted++
    },
    count: (name) => {
      const base = bases.get(name)
      if (base === undefined) return 0
      put(name, { ...base, count: base.count + 1 })
      return base.count
    },
    begin: () => {
      before.clear()
      return () => {
        for (const [name, base] of before) {
          bases.delete(name)
          if (base !== undefined) bases.set(name, base)
        }
        before.clear()
      }
    },
    save: async () => {
      const changes = [...before.keys()].map((name) => {
        const base = bases.get(name)
        return [PREFIX + name, base === undefined ? undefined : encode(base)] as const
      })
      before.clear()
      if (changes.length > 0) await store.commit(changes)
    },
  }
}
