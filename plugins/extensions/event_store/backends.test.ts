/** One suite that every kind of storage is held to, on real servers. */
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createHistory, memoryBackend } from 'seneca-collector/history'
import type { EventBackend, EventRow, History } from 'seneca-collector/history'
import { fakeClock, harness } from 'seneca-collector/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPostgres, type PostgresServer } from '../../../test/setup/postgres-server.ts'
import { findProgram, missing } from '../../../test/setup/programs.ts'
import { startRedis, type RedisServer } from '../../../test/setup/redis-server.ts'
import eventStore from './index.ts'
import { postgresBackend } from './postgres-backend.ts'
import { redisBackend } from './redis-backend.ts'
import { sqliteBackend } from './sqlite-backend.ts'

const T0 = Date.UTC(2026, 10, 23)
const SECOND = 1_000_000_000n
const at = (seconds: number): bigint => BigInt(T0) * 1_000_000n + BigInt(seconds) * SECOND

const row = (n: number, more: Partial<EventRow> = {}): EventRow => {
  const base = { id: `e${n}`, time: at(n), type: 'task.progress.updated', task: '', agent: '', severity: 9, ...more }
  const data = { task_id: base.task, agent_id: base.agent, progress: n }
  const timestamp = new Date(Number(base.time / 1_000_000n)).toISOString()
  return { ...base, line: more.line ?? JSON.stringify({ id: base.id, type: base.type, timestamp, data }) }
}
const rows = (from: number, to: number): EventRow[] => Array.from({ length: to - from }, (_, i) => row(from + i))

const change = (file: string, sql: string): void => {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

let stores = 0
const context = async () => (await harness(eventStore, { type: 'memory' })).ctx

interface Kind {
  readonly name: string
  readonly needs?: string
  readonly up?: (binary: string) => Promise<void>
  readonly down?: () => Promise<void>
  /** A new store, or the one of this name again. */
  readonly open: (name: string) => Promise<EventBackend>
  readonly durable: boolean
}

let postgres: PostgresServer
let redis: RedisServer
const folder = mkdtempSync(join(tmpdir(), 'seneca-events-'))

const kinds: readonly Kind[] = [
  { name: 'memory', open: async () => memoryBackend(), durable: false },
  {
    name: 'sqlite',
    open: async (name) =>
      sqliteBackend(await context(), { file: join(folder, `${name}.db`), sync: 'commit', compress: true }),
    durable: true,
  },
  {
    name: 'postgres',
    needs: 'postgres',
    up: async (binary) => void (postgres = await startPostgres(binary)),
    down: () => postgres.remove(),
    open: (name) => postgresBackend(postgres.url, name),
    durable: true,
  },
  {
    name: 'redis',
    needs: 'redis-server',
    up: async (binary) => void (redis = await startRedis(binary)),
    down: () => redis.remove(),
    open: (name) => redisBackend(redis.url, name),
    durable: true,
  },
]

for (const kind of kinds) {
  const binary = kind.needs === undefined ? '' : findProgram(kind.needs)
  describe.skipIf(binary === undefined)(
    `events in ${kind.name}${binary === undefined ? ` (${missing(kind.needs!)})` : ''}`,
    () => {
      beforeAll(() => kind.up?.(binary!))
      afterAll(() => kind.down?.())

      const fresh = async (): Promise<{ readonly backend: EventBackend; readonly name: string }> => {
        const name = `store${stores++}`
        const backend = await kind.open(name)
        await backend.open()
        return { backend, name }
      }
      const history = (backend: EventBackend, limits = {}): History =>
        createHistory(backend, { retentionMs: undefined, eventsMax: undefined, ...limits }, fakeClock(T0 + 100_000))

      it('numbers and keeps what it is given, once for each id', async () => {
        const { backend } = await fresh()
        expect(await backend.append(rows(0, 3))).toEqual({ added: 3, duplicates: 0 })
        expect(await backend.append([row(2), row(3), row(3)])).toEqual({ added: 1, duplicates: 2 })
        const all = await backend.scan({ afterSeq: 0, limit: 10 })
        expect(all.map(({ seq, id }) => [seq, id])).toEqual([
          [1, 'e0'],
          [2, 'e1'],
          [3, 'e2'],
          [4, 'e3'],
        ])
        expect(await backend.byId('e2')).toEqual(all[2])
        expect(await backend.byId('nope')).toBeUndefined()
        await backend.close()
      })

      it('keeps any text and the whole range of times', async () => {
        const { backend } = await fresh()
        const odd = row(1, {
          id: 'ü "\\ 𝄞',
          task: "it's",
          time: 2n ** 63n - 1n,
          line: '{"id":"ü","x":"\\u0000 𝄞 ␀ \\n"}',
        })
        await backend.append([odd])
        expect(await backend.byId(odd.id)).toMatchObject({ ...odd, seq: 1 })
        await backend.close()
      })

      it('finds by time, task, agent and severity, in both directions, page by page', async () => {
        const { backend } = await fresh()
        await backend.append([
          row(0, { task: 't1', agent: 'ana' }),
          row(1, { task: 't2', agent: 'ana', severity: 13 }),
          row(2, { task: 't1', agent: 'ben', severity: 17 }),
          row(3, { agent: 'ana' }),
        ])
        const find = async (scan: object) =>
          (await backend.scan({ afterSeq: 0, limit: 10, ...scan })).map(({ id }) => id)
        expect(await find({ task: 't1' })).toEqual(['e0', 'e2'])
        expect(await find({ agent: 'ana', task: 't2' })).toEqual(['e1'])
        expect(await find({ severity: 13 })).toEqual(['e1', 'e2'])
        expect(await find({ since: at(1), until: at(3) })).toEqual(['e1', 'e2'])
        expect(await find({ descending: true, limit: 2 })).toEqual(['e3', 'e2'])
        expect(await find({ descending: true, agent: 'ana', afterSeq: 4 })).toEqual(['e1', 'e0'])
        expect(await find({ afterSeq: 2, limit: 1 })).toEqual(['e2'])
        await backend.close()
      })

      it('evicts from the front, counts it, and keeps the chain whole', async () => {
        const { backend } = await fresh()
        await backend.append(rows(0, 2_500))
        const store = history(backend, { eventsMax: 1_200, retentionMs: 100_000 - 1_400_000 })
        expect(await history(backend, { eventsMax: 1_200 }).retain()).toBe(1_300)
        expect(await store.retain()).toBe(100)
        expect(await backend.stats()).toMatchObject({
          events: 1_100,
          firstSeq: 1_401,
          lastSeq: 2_500,
          evicted: 1_400,
          firstTime: at(1_400),
          lastTime: at(2_499),
        })
        expect(await store.verify()).toMatchObject({ checked: 1_100, broken: undefined })
        await backend.append([row(9_999)])
        expect((await backend.byId('e9999'))!.seq).toBe(2_501)
        expect((await store.verify()).broken).toBeUndefined()
        await backend.close()
      })

      it('goes on with its numbers when everything was evicted', async () => {
        const { backend } = await fresh()
        await backend.append(rows(0, 3))
        expect(await backend.evict({ before: at(100), most: undefined })).toBe(3)
        expect(await backend.stats()).toMatchObject({
          events: 0,
          firstSeq: 4,
          lastSeq: 3,
          firstTime: undefined,
          evicted: 3,
        })
        await backend.append([row(5)])
        expect((await backend.byId('e5'))!.seq).toBe(4)
        expect((await history(backend).verify()).broken).toBeUndefined()
        await backend.close()
      })

      it('answers the newest snapshot that is not later than asked', async () => {
        const { backend } = await fresh()
        const snapshot = (seq: number, state: string) => ({ seq, time: at(seq), state })
        await backend.putSnapshot(snapshot(1, 'one'))
        await backend.putSnapshot(snapshot(5, 'five'))
        await backend.putSnapshot(snapshot(5, 'five again'))
        const before = (time: number, seq: number) => backend.snapshotBefore({ time: at(time), seq })
        expect(await before(0, 9)).toBeUndefined()
        expect(await before(4, 9)).toEqual(snapshot(1, 'one'))
        expect(await before(9, 4)).toEqual(snapshot(1, 'one'))
        expect(await before(9, 9)).toEqual(snapshot(5, 'five again'))
        await backend.close()
      })

      if (!kind.durable) return
      it('has after a restart what it had before', async () => {
        const { backend, name } = await fresh()
        await backend.append(rows(0, 1_500))
        const before = await backend.stats()
        await backend.close()
        const again = await kind.open(name)
        await again.open()
        expect(await again.stats()).toEqual(before)
        expect((await again.scan({ afterSeq: 998, limit: 4 })).map(({ line }) => line)).toEqual(
          rows(998, 1_002).map(({ line }) => line),
        )
        await again.append([row(1_499), row(1_500)])
        expect(await history(again).verify()).toMatchObject({ checked: 1_501, broken: undefined })
        await again.close()
      })
    },
  )
}

describe('a file of events', () => {
  it('takes less room than its lines once a thousand are there', async () => {
    const backend = sqliteBackend(await context(), { file: join(folder, 'small.db'), sync: 'none', compress: true })
    await backend.append(rows(0, 3_000))
    const { bytes, lineBytes } = await backend.stats()
    expect(bytes * 4).toBeLessThan(lineBytes)
    await backend.close()
  })

  it('is moved aside when it is damaged', async () => {
    const { writeFileSync } = await import('node:fs')
    const file = join(folder, 'damaged.db')
    writeFileSync(file, 'this is no database at all, and long enough to be looked at'.repeat(100))
    const h = await harness(eventStore, { type: 'sqlite', path: file })
    await h.start()
    expect(h.logs.map(({ fields }) => fields['moved_to'])).toEqual([`${file}.damaged`])
    expect(await h.inspect('stats')).toMatchObject({ events: 0 })
    await h.stop()
  })

  it('is moved aside when it is ours and its tables are not what they were', async () => {
    const file = join(folder, 'changed.db')
    await sqliteBackend(await context(), { file, sync: 'none', compress: true }).close()
    change(file, 'ALTER TABLE events RENAME COLUMN line TO text')
    const ctx = await context()
    const again = sqliteBackend(ctx, { file, sync: 'none', compress: true })
    await again.open()
    await again.append(rows(0, 1))
    expect((await again.byId('e0'))?.line).toBe(row(0).line)
    await again.close()
    expect(existsSync(`${file}.damaged`)).toBe(true)
  })

  it("is left alone, with a sentence, when it is another program's", async () => {
    const file = join(folder, 'foreign.db')
    change(file, 'CREATE TABLE customers (name TEXT)')
    const h = await harness(eventStore, { type: 'sqlite', path: file })
    await expect(h.start()).rejects.toThrow(
      "another program's database: it has a table 'customers'; name another file in 'path'",
    )
    change(file, 'INSERT INTO customers VALUES (1)')
    expect(existsSync(`${file}.damaged`)).toBe(false)
  })

  it('tells what can still be read when a closed part is damaged; the check of the chain finds the rest', async () => {
    const file = join(folder, 'part.db')
    const init = { file, sync: 'none', compress: true } as const
    const first = sqliteBackend(await context(), init)
    await first.append(rows(0, 2_500))
    await first.close()
    change(file, 'UPDATE parts SET data = zeroblob(100) WHERE first = 1')
    const history = createHistory(
      sqliteBackend(await context(), init),
      { retentionMs: undefined, eventsMax: undefined },
      fakeClock(T0),
    )
    const found = await history.query({ limit: 10_000 })
    expect(found.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_500 }, (_, i) => i + 1_001))
    expect(await history.verify()).toMatchObject({ checked: 0, broken: { seq: 1, reason: 'missing' } })
    expect(await history.state(undefined)).toBeDefined()
    await history.close()
  })

  it('closes no part over a number that is missing', async () => {
    const file = join(folder, 'gap.db')
    const init = { file, sync: 'none', compress: true } as const
    const first = sqliteBackend(await context(), init)
    await first.append(rows(0, 900))
    await first.close()
    change(file, 'DELETE FROM events WHERE seq = 400')
    const again = sqliteBackend(await context(), init)
    await again.append(rows(900, 2_000))
    for (const n of [0, 398, 400, 1_200, 1_999]) expect((await again.byId(`e${n}`))?.line).toBe(row(n).line)
    expect(await again.evict({ before: undefined, most: 1_500 })).toBeGreaterThan(0)
    await again.close()
  })
})
