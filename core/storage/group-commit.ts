/**
 * Stores over one table whose commits of one turn of the event loop share a transaction. Until it is written a change is
 * visible to `get` and `entries` of its own store; when it cannot be written, every commit of the group rejects and the
 * changes are gone.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Store } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'

type Change = readonly [component: string, key: string, value: Uint8Array | undefined]

interface Waiting {
  readonly changes: readonly Change[]
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export interface GroupCommit {
  readonly scoped: (component: string) => Store
  /** Writes what waits, now. */
  readonly flush: () => void
}

export const createGroupCommit = (database: DatabaseSync): GroupCommit => {
  const select = database.prepare('SELECT value FROM state WHERE component = ? AND key = ?')
  const list = database.prepare(
    'SELECT key, value FROM state WHERE component = ? AND substr(key, 1, ?) = ? ORDER BY key',
  )
  const put = database.prepare('INSERT INTO state VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value')
  const remove = database.prepare('DELETE FROM state WHERE component = ? AND key = ?')
  let waiting: Waiting[] = []

  const write = (group: readonly Waiting[]): void => {
    database.exec('BEGIN IMMEDIATE')
    try {
      for (const [component, key, value] of group.flatMap((one) => one.changes)) {
        if (value === undefined) remove.run(component, key)
        else put.run(component, key, value)
      }
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw error
    }
  }

  const flush = (): void => {
    const group = waiting
    waiting = []
    if (group.length === 0) return
    try {
      write(group)
      for (const one of group) one.resolve()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const failed = new CollectorError('storage_failed', `state was not saved: ${reason}`, {
        retryable: true,
        cause: error,
      })
      for (const one of group) one.reject(failed)
    }
  }

  /** The latest change of a key that is not written yet. */
  const pending = (component: string): Map<string, Uint8Array | undefined> =>
    new Map(
      waiting
        .flatMap((one) => one.changes)
        .flatMap(([owner, key, value]) => (owner === component ? [[key, value] as const] : [])),
    )

  const scoped = (component: string): Store => ({
    get(key) {
      const fresh = pending(component)
      if (fresh.has(key)) return fresh.get(key)
      return select.get(component, key)?.['value'] as Uint8Array | undefined
    },
    *entries(prefix = '') {
      const rows = new Map(
        list.all(component, prefix.length, prefix).map((row) => [row['key'] as string, row['value'] as Uint8Array]),
      )
      for (const [key, value] of pending(component)) {
        if (!key.startsWith(prefix)) continue
        if (value === undefined) rows.delete(key)
        else rows.set(key, value)
      }
      yield* [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1))
    },
    commit(changes) {
      const own = [...changes].map(([key, value]): Change => [component, key, value?.slice()])
      return new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush)
        waiting.push({ changes: own, resolve, reject })
      })
    },
  })

  return { scoped, flush }
}
