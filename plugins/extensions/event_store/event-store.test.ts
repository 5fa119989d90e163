import { logs } from 'seneca-collector'
import { event } from 'seneca-collector/events'
import type { EventStoreFace } from 'seneca-collector/history'
import { conformance, fakeClock, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import exporter from '../../exporters/event_store/index.ts'
import eventStore from './index.ts'

const T0 = Date.UTC(2026, 10, 23)
const events = (from: number, to: number, severity: 'info' | 'error' = 'info') =>
  logs(
    Array.from({ length: to - from }, (_, i) =>
      event({
        type: 'task.started',
        id: `e${from + i}`,
        source: 'marcus_logs',
        severity,
        time: BigInt(T0 + (from + i) * 1_000) * 1_000_000n,
        data: { task_id: `t${from + i}`, agent_id: 'ana' },
      }),
    ),
  )

const start = async (options: object = {}) => {
  const h = await harness(eventStore, { type: 'memory', ...options }, { clock: fakeClock(T0) })
  await h.start()
  return { h, face: h.component.face as EventStoreFace }
}
interface Asked {
  readonly events: readonly { readonly line: string }[]
  readonly cursor: number | null
}
const ask = async (
  h: Awaited<ReturnType<typeof start>>['h'],
  query: Record<string, string>,
): Promise<readonly string[]> =>
  ((await h.inspect('query', query)) as Asked).events.map(
    ({ line }) => (JSON.parse(line) as { readonly id: string }).id,
  )

describe('event_store, the extension', () => {
  const prepare = (_: unknown, title: string) =>
    title === 'In PostgreSQL' ? 'needs a server' : { options: { type: 'memory' } }
  for (const check of conformance(eventStore, { folder: import.meta.dirname, prepare })) it(check.name, check.run)

  it('answers questions, conditions of OTTL among them', async () => {
    const { h, face } = await start()
    expect(await face.append(events(0, 3))).toEqual({ added: 3, duplicates: 0 })
    await face.append(events(3, 4, 'error'))
    expect(await ask(h, { task: 't2' })).toEqual(['e2'])
    expect(await ask(h, { where: 'metadata["severity"] == "error" and data["task_id"] == "t3"' })).toEqual(['e3'])
    expect(await ask(h, { limit: '2', descending: 'true' })).toEqual(['e3', 'e2'])
    expect(await h.inspect('event', { id: 'e1' })).toMatchObject({
      seq: 2,
      line: expect.stringContaining('"type":"task.started"') as string,
    })
    await expect(Promise.resolve(h.inspect('event', { id: 'x' }))).rejects.toThrow("no event with id 'x' is stored")
    await expect(Promise.resolve(h.inspect('query', { where: 'type ==' }))).rejects.toThrow()
    for (const wrong of [
      { since: 'noon' },
      { until: '9'.repeat(21) },
      { limit: 'all' },
      { severity: 'error' },
      { cursor: '-1' },
    ])
      await expect(Promise.resolve().then(() => h.inspect('query', wrong))).rejects.toThrow(
        new RegExp(`^${Object.keys(wrong)[0]!} is a (time in nanoseconds|whole number)`),
      )
    expect(await h.inspect('verify')).toMatchObject({ checked: 4 })
    expect(h.inspect('nonsense')).toBeUndefined()
    await h.stop()
  })

  it('evicts what is older than a day or more than it may hold, and counts it', async () => {
    const { h, face } = await start({ max_events: 3 })
    await face.append(events(0, 5))
    await h.clock.advance(60_000)
    expect(h.inspect()).toMatchObject({ stored: 5, evicted: 2 })
    expect(h.metrics.value('seneca_event_store_evicted')).toBe(2)
    await h.clock.advance(24 * 3_600_000)
    expect(await h.inspect('stats')).toMatchObject({ events: 0, evicted: 5 })
    await h.stop()
  })

  it.each([
    [{ type: 'postgres' }, "postgres needs 'url'"],
    [{ type: 'memory', path: 'x' }, 'memory has no file'],
    [{ url: 'x' }, 'sqlite has no server'],
    [{ type: 'mongodb' }, 'type'],
  ])('refuses %j', async (options, message) => {
    await expect(harness(eventStore, options)).rejects.toThrow(message)
  })
})

describe('event_store, the exporter', () => {
  it('acks what the store has, and counts what it had already', async () => {
    const { h, face } = await start()
    const e = await harness(exporter, {}, { extensions: { event_store: face } })
    await e.consume(events(0, 3))
    await e.consume(events(1, 4))
    expect(await ask(h, {})).toHaveLength(4)
    expect(e.metrics.value('seneca_event_store_duplicates')).toBe(2)
    await h.stop()
    await expect(e.consume(events(9, 10))).rejects.toMatchObject({ retryable: true })
  })

  it('names the extensions there are when its own is missing', async () => {
    await expect(harness(exporter, {}, { extensions: { file_storage: {} } })).rejects.toThrow(
      "there is no extension 'event_store'; there are file_storage",
    )
  })
})
