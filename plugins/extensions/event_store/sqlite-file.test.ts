/** The file that `sqlite` keeps events in: damaged, foreign, changed. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createHistory } from 'seneca-collector/history'
import type { EventRow } from 'seneca-collector/history'
import { fakeClock, harness } from 'seneca-collector/testing'
import { afterAll, describe, expect, it } from 'vitest'
import eventStore from './index.ts'
import { sqliteBackend } from './sqlite-backend.ts'

const T0 = Date.UTC(2026, 10, 23)
const folder = mkdtempSync(join(tmpdir(), 'seneca-events-file-'))
const none = { retentionMs: undefined, eventsMax: undefined }
const context = async () => (await harness(eventStore, { type: 'memory' })).ctx

const row = (n: number): EventRow => {
  const [id, type, timestamp] = [`e${n}`, 'task.progress.updated', new Date(T0 + n * 1_000).toISOString()]
  const line = JSON.stringify({ id, type, timestamp, data: { progress: n } })
  return { id, time: BigInt(T0 + n * 1_000) * 1_000_000n, type, task: '', agent: '', severity: 0, line }
}
const rows = (from: number, to: number): EventRow[] => Array.from({ length: to - from }, (_, i) => row(from + i))

const change = (file: string, sql: string): void => {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a file of events', () => {
  it('takes less room than its lines once a thousand are there', async () => {
    const backend = sqliteBackend(await context(), { file: join(folder, 'small.db'), sync: 'none', compress: true })
    await backend.append(rows(0, 3_000))
    const { bytes, lineBytes } = await backend.stats()
    expect(bytes * 4).toBeLessThan(lineBytes)
    await backend.close()
  })

  it('is moved aside when it is damaged', async () => {
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

  it('never passes for whole when one byte of it is another', async () => {
    const original = join(folder, 'bytes.db')
    const init = (file: string) => ({ file, sync: 'none', compress: true }) as const
    const first = sqliteBackend(await context(), init(original))
    await first.append(rows(0, 1_100))
    await first.close()
    const bytes = readFileSync(original)
    const told = async (content: Uint8Array) => {
      const place = mkdtempSync(join(folder, 'flipped-'))
      const file = join(place, 'events.db')
      writeFileSync(file, content)
      const backend = sqliteBackend(await context(), init(file))
      const { broken, faults } = await createHistory(backend, none, fakeClock(T0)).verify()
      const found = {
        isWhole: broken === undefined && faults.length === 0,
        rows: await backend.scan({ afterSeq: 0, limit: 2_000 }),
      }
      await backend.close()
      return found
    }
    const sound = await told(bytes)
    expect(sound).toMatchObject({ isWhole: true, rows: { length: 1_100 } })
    // From the header through every kind of page; what lies in no record may be anything.
    for (let at = 18; at < bytes.length; at += Math.ceil(bytes.length / 40)) {
      const flipped = await told(bytes.with(at, bytes[at]! ^ 0x11))
      if (flipped.isWhole) expect(flipped.rows).toEqual(sound.rows)
    }
  })

  it('is damaged to whoever asks for as long as what was moved aside stands beside it', async () => {
    const file = join(mkdtempSync(join(folder, 'aside-')), 'events.db')
    writeFileSync(file, 'no database'.repeat(1_000))
    const backend = sqliteBackend(await context(), { file, sync: 'none', compress: true })
    const store = createHistory(backend, none, fakeClock(T0))
    expect((await store.verify()).faults).toEqual([
      expect.stringContaining(`${file}.damaged was damaged and moved aside`),
    ])
    rmSync(`${file}.damaged`)
    expect((await store.verify()).faults).toEqual([])
    await backend.close()
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
    expect(await again.evict(500)).toBe(499)
    await again.close()
  })

  it('is well again when events can be evicted again', async () => {
    const file = join(folder, 'evicting.db')
    const h = await harness(eventStore, { type: 'sqlite', path: file, retention_hours: 1.1 }, { clock: fakeClock(T0) })
    await h.start()
    change(file, 'ALTER TABLE events RENAME TO away')
    await h.clock.advance(60_000)
    change(file, 'ALTER TABLE away RENAME TO events')
    await h.clock.advance(60_000)
    expect(h.statuses.map(({ state }) => state)).toEqual(['degraded', 'ok'])
    await h.stop()
  })
})
