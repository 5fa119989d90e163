/** One suite that every kind of storage is held to, on real servers. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { decode, severityName, timeToText } from 'seneca-collector'
import { createHistory, memoryBackend, rowsOf } from 'seneca-collector/history'
import type { EventBackend, EventRow, History } from 'seneca-collector/history'
import { fakeClock, harness } from 'seneca-collector/testing'
import pg from 'pg'
import { createClient } from 'redis'
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
  const timestamp = timeToText(base.time)
  const metadata = { severity: severityName(base.severity) }
  return { ...base, line: more.line ?? JSON.stringify({ id: base.id, type: base.type, timestamp, data, metadata }) }
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
  /** Takes away the events after a number behind the store's back. */
  readonly cut?: (name: string, after: number) => Promise<void>
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
    cut: async (name, after) => change(join(folder, `${name}.db`), `DELETE FROM events WHERE seq > ${after}`),
  },
  {
    name: 'postgres',
    needs: 'postgres',
    up: async (binary) => void (postgres = await startPostgres(binary)),
    down: () => postgres.remove(),
    open: (name) => postgresBackend(postgres.url, name),
    durable: true,
    async cut(name, after) {
      const client = new pg.Client({ connectionString: postgres.url })
      await client.connect()
      await client.query(`DELETE FROM ${name}_events WHERE seq > ${after}`)
      await client.end()
    },
  },
  {
    name: 'redis',
    needs: 'redis-server',
    up: async (binary) => void (redis = await startRedis(binary)),
    down: () => redis.remove(),
    open: (name) => redisBackend(redis.url, name),
    durable: true,
    async cut(name, after) {
      const client = createClient({ url: redis.url })
      await client.connect()
      const numbers = (await client.hKeys(`${name}:rows`)).filter((number) => Number(number) > after)
      if (numbers.length > 0) await client.hDel(`${name}:rows`, numbers)
      client.destroy()
    },
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

      it('keeps any text and the whole range of times, and finds it by them', async () => {
        const { backend } = await fresh()
        const odd = ['ü "\\ 𝄞', 'nul \0 and \ue000', '\u2028\n\r\t', '__proto__', "it's 100 %_*[a]?", '\ufffd'].map(
          (text, n) =>
            row(n, {
              id: `${text}${n}`,
              type: `odd.${text}`,
              task: text,
              agent: `${text}a`,
              time: 2n ** 63n - 1n - BigInt(n),
            }),
        )
        await backend.append(odd)
        expect(await backend.append(odd)).toEqual({ added: 0, duplicates: odd.length })
        for (const one of odd) {
          const { hash: _hash, seq: _seq, ...found } = (await backend.byId(one.id))!
          expect(found).toEqual(one)
          for (const by of [{ task: one.task }, { agent: one.agent }, { since: one.time, until: one.time + 1n }].slice(
            0,
            one.time + 1n < 2n ** 63n ? 3 : 2,
          ))
            expect((await backend.scan({ afterSeq: 0, limit: 10, ...by })).map(({ id }) => id)).toEqual([one.id])
        }
        expect((await history(backend).verify()).broken).toBeUndefined()
        await backend.close()
      })

      it('takes whatever a record may say of itself, and is whole with it', async () => {
        const { backend } = await fresh()
        const store = history(backend)
        const long = Array.from({ length: 4_000 }, (_, i) => String.fromCharCode(97 + ((i * i * 7919) % 26))).join('')
        const hostile = [
          { id: long, task_id: `t${long}`, agent_id: `${long}a` },
          { id: '\ud800', task_id: '\udfff\0', agent_id: '\u0001' },
          { id: 'far', task_id: 'future', agent_id: 'clock' },
          { task_id: 'nameless', agent_id: '' },
        ].map(
          ({ id, ...data }, n) =>
            `${JSON.stringify({
              id,
              type: n === 1 ? '\0\ud800' : 'task.assigned',
              timestamp: n === 2 ? '2554-07-21T23:34:33.709551615Z' : n === 3 ? '2026-11-23T02:00:00+02:00' : undefined,
              data,
            })}\n`,
        )
        const batch = decode('logs', 'envelope', Buffer.from(hostile.join('')))
        expect(await store.append(rowsOf(batch))).toEqual({ added: 4, duplicates: 0 })
        expect(await store.append(rowsOf(batch))).toEqual({ added: 0, duplicates: 4 })
        expect(await store.verify()).toMatchObject({ checked: 4, broken: undefined, faults: [] })
        const seqs = async (query: object) => (await store.query({ limit: 9, ...query })).rows.map(({ seq }) => seq)
        expect(await seqs({ task: `t${long}` })).toEqual([1])
        expect(await seqs({ agent: '\u0001', task: '\udfff\0' })).toEqual([2])
        expect(await seqs({ since: 2n ** 62n })).toEqual([3])
        expect(await seqs({ since: at(0), until: at(1) })).toEqual([4])
        expect((await store.byId(long))?.seq).toBe(1)
        expect((await store.state(undefined)).tasks['future']).toMatchObject({ agent: 'clock', attempts: 1 })
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
        expect(await backend.evict(7)).toBe(3)
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

      it('misses events at its end, and all of them', async () => {
        if (kind.cut === undefined) return
        const { backend, name } = await fresh()
        await backend.append(rows(0, 10))
        await kind.cut(name, 7)
        expect((await history(backend).verify()).broken).toEqual({ seq: 8, id: '', reason: 'missing' })
        await backend.append(rows(10, 12))
        expect((await history(backend).verify()).broken).toMatchObject({ seq: 8, reason: 'missing' })
        await kind.cut(name, 0)
        expect((await history(backend).verify()).broken).toMatchObject({ reason: 'missing' })
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
