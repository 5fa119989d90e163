/** The face of sqlite.worker.ts on the event loop. */
import { extname } from 'node:path'
import type { Context } from 'seneca-collector'
import type { EventBackend } from 'seneca-collector/history'
import type { SqliteInit } from './sqlite-file.ts'

const worker = new URL(`./sqlite.worker${extname(import.meta.filename)}`, import.meta.url)

export const sqliteBackend = (ctx: Pick<Context, 'offload' | 'log'>, init: SqliteInit): EventBackend => {
  const pool = ctx.offload.stateful(worker, { shards: 1, init })
  const call = <T>(name: string, payload?: unknown): Promise<T> => pool.call('', name, payload)
  return {
    async open() {
      const movedAside = await call<string | undefined>('open')
      if (movedAside !== undefined)
        ctx.log.warn('the file of events was damaged; it was moved aside and a new one begun', { moved_to: movedAside })
    },
    append: (rows) => call('append', rows),
    scan: (scan) => call('scan', scan),
    byId: (id) => call('byId', id),
    evict: (last) => call('evict', last),
    stats: () => call('stats'),
    putSnapshot: (snapshot) => call('putSnapshot', snapshot),
    snapshotBefore: (limits) => call('snapshotBefore', limits),
    faults: () => call('faults'),
    async close() {
      await call('close')
      await pool.close()
    },
  }
}
