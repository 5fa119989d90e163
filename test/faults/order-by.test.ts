/**
 * `order_by`: the records of one key leave in their order, whatever several consumers, slow and failing attempts, reloads
 * and kills do; and those of other keys do not wait for them. On a fake clock and a fake disk, by seed.
 */
import { describe, expect, it } from 'vitest'
import { CollectorError, logs, type Batch, type LogRecord } from '../../core/kit/index.ts'
import { seededRandom } from '../../core/kit/testing.ts'
import { fakeDisk, type FakeDisk } from '../../core/storage/testing/fake-disk.ts'
import { component, feed, idsOf, queueOf, rig, sink, type Feed, type Rig, type Sink } from './rig.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 30)
const KEYS = 7

type Queue = Partial<ReturnType<typeof queueOf>>

const exporter = (out: Sink, queue: Queue, turn = 0) => ({
  ...out.config,
  options: { turn },
  engine: {
    ...out.config.engine,
    retry: { ...out.config.engine.retry, maxAttempts: 0, initialIntervalMs: 50, maxIntervalMs: 200 },
    sendingQueue: queueOf({ numConsumers: 4, orderBy: 'task', ...queue }),
  },
})

/** Its folder is on the disk that the test made. */
const storage = component('extension', 'storage', () => ({ face: { folder: { path: '/disk', sync: 'commit' } } }))

const pipelines = [{ exporters: ['out'] }]

/** `key:number`, the numbers of each key rising. */
const createWork = (random: () => number) => {
  const numbers = new Map<number, number>()
  return (most: number): Batch =>
    logs(
      Array.from({ length: 1 + Math.floor(random() * most) }, () => {
        const key = Math.floor(random() * KEYS)
        const n = (numbers.get(key) ?? 0) + 1
        numbers.set(key, n)
        return { eventName: 'test.happened', body: `${key}:${n}`, attributes: { task: `task ${key}` } }
      }),
    )
}

/** What came for the first time, by key. */
const byKey = (ids: readonly string[]): Map<string, number[]> => {
  const seen = new Map<string, number[]>()
  for (const id of new Set(ids)) {
    const [key = '', n] = id.split(':')
    seen.set(key, [...(seen.get(key) ?? []), Number(n)])
  }
  return seen
}

const expectInOrder = (out: Sink, sent: ReadonlySet<string>, what: string): void => {
  for (const [key, numbers] of byKey(out.ids))
    expect(numbers, `${what}, key ${key}`).toEqual(numbers.toSorted((a, b) => a - b))
  expect(new Set(out.ids), what).toEqual(sent)
}

const drain = async (made: Rig, random: () => number, out: Sink): Promise<void> => {
  out.before = async () => made.clock.sleep(random() * 100)
  for (let turn = 0; made.balance().queued + made.balance().inFlight > 0 && turn < 2_000; turn++)
    await made.clock.advance(50)
}

const weather = (made: Rig, random: () => number) => async (): Promise<void> => {
  await made.clock.sleep(random() * 300)
  if (random() < 0.3) throw new CollectorError('unavailable', 'down', { retryable: true })
}

const drawn = (random: () => number): Queue => ({
  numConsumers: 2 + Math.floor(random() * 4),
  storage: random() < 0.5 ? { extension: undefined } : undefined,
  batch:
    random() < 0.4 ? { sizer: 'items', minSize: 6, maxSize: random() < 0.5 ? 4 : 0, flushTimeoutMs: 50 } : undefined,
})

const load = async (made: Rig, source: Feed, random: () => number, sent: Set<string>, batches: number) => {
  const work = createWork(random)
  for (let turn = 0; turn < batches; turn++) {
    const batch = work(9)
    const sending = source.send(batch)
    for (const id of idsOf(batch)) sent.add(id)
    await made.clock.advance(Math.floor(random() * 60))
    await sending
  }
}

describe('order_by', () => {
  it('keeps the order of each key over slow and failing attempts', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed)
      const [source, out, disk] = [feed(), sink('out', { concurrency: 6 }), fakeDisk()]
      const made = await rig({ components: [source.config, exporter(out, drawn(random))], pipelines, seed, disk })
      out.before = weather(made, random)
      const sent = new Set<string>()
      await load(made, source, random, sent, 40)
      await drain(made, random, out)
      expectInOrder(out, sent, `seed ${seed}`)
      expect(out.ids, `seed ${seed}`).toHaveLength(sent.size)
      expect(made.balance()).toMatchObject({ received: sent.size, delivered: sent.size, balanced: true })
    }
  })

  it('keeps it over reloads that change the exporter and how many send', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed)
      const [source, out, disk] = [feed(), sink('out', { concurrency: 6 }), fakeDisk()]
      const first = drawn(random)
      const made = await rig({ components: [source.config, exporter(out, first)], pipelines, seed, disk })
      out.before = async () => {
        await made.clock.sleep(random() * 100)
        if (random() < 0.3) throw new CollectorError('unavailable', 'down', { retryable: true })
      }
      const sent = new Set<string>()
      const work = createWork(random)
      for (let turn = 1; turn <= 5; turn++) {
        for (let n = 0; n < 8; n++) {
          const batch = work(9)
          for (const id of idsOf(batch)) sent.add(id)
          const sending = source.send(batch)
          await made.clock.advance(Math.floor(random() * 30))
          await sending
        }
        const next = { ...drawn(random), storage: first.storage }
        await made.reload({ components: [source.config, exporter(out, next, turn)], pipelines })
      }
      await drain(made, random, out)
      expectInOrder(out, sent, `seed ${seed}`)
      expect(made.balance().balanced, `seed ${seed}`).toBe(true)
    }
  })

  it('keeps it over a kill, with what was acknowledged on disk', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed)
      const queue: Queue = { ...drawn(random), storage: { extension: 'storage' } }
      const out = sink('out', { concurrency: 6 })
      const sent = new Set<string>()
      let disk: FakeDisk = fakeDisk()
      const live = async (): Promise<{ made: Rig; source: Feed }> => {
        const source = feed()
        const made = await rig({
          components: [storage, source.config, exporter(out, queue)],
          pipelines,
          seed,
          disk,
          extensions: ['storage'],
        })
        return { made, source }
      }
      const first = await live()
      out.before = weather(first.made, random)
      await load(first.made, first.source, random, sent, 25)
      // The time of the dead one stands still, and what it was sending with it.
      out.before = () => {}
      disk = disk.kill()
      const second = await live()
      await drain(second.made, random, out)
      expectInOrder(out, sent, `seed ${seed}`)
    }
  })

  it('lets other keys go on while one does not get through, within its bound', async () => {
    const [source, out] = [feed(), sink('out', { concurrency: 4 })]
    const made = await rig({ components: [source.config, exporter(out, {})], pipelines })
    let most = 0
    let now = 0
    out.before = async (batch) => {
      const [first] = Array.from(batch as Batch<'logs'>, (record: LogRecord) => record.body as string)
      now++
      most = Math.max(most, now)
      await made.clock.sleep(10)
      now--
      if (first?.startsWith('stuck')) throw new CollectorError('unavailable', 'not this one', { retryable: true })
    }
    const one = (body: string, task: string): Batch =>
      logs([{ eventName: 'test.happened', body, attributes: { task } }])
    await source.send(one('stuck', 'a'))
    const others = Array.from({ length: 12 }, (_, n) => String.fromCodePoint(98 + n))
    for (const task of others) await source.send(one(task, task))
    await made.clock.advance(1_000)
    expect(most).toBeGreaterThan(1)
    // Those of the stuck one's lane wait with it, all others have gone.
    expect(out.ids.length).toBeGreaterThanOrEqual(6)
    expect(out.ids).not.toContain('stuck')
    expect(made.balance()).toMatchObject({ received: 13, delivered: out.ids.length, balanced: true })
  })

  it('tells who waits for the result that a part did not arrive', async () => {
    const [source, out] = [feed(), sink('out', { concurrency: 4 })]
    const made = await rig({ components: [source.config, exporter(out, { waitForResult: true })], pipelines })
    out.before = (batch) => {
      if (idsOf(batch).includes('b')) throw new CollectorError('unavailable', 'not this one', { retryable: true })
    }
    const work = logs(['a', 'b', 'c', 'd'].map((task) => ({ eventName: 'x', body: task, attributes: { task } })))
    const answer = source.send(work).then(
      () => 'accepted',
      () => 'refused',
    )
    await made.clock.advance(500)
    await made.stop(100)
    expect(await answer).toBe('refused')
    expect(made.balance().balanced).toBe(true)
  })
})
