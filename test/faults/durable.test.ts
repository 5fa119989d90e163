import { describe, expect, it } from 'vitest'
import { CollectorError } from '../../core/kit/index.ts'
import { fakeDisk, type FakeDisk } from '../../core/storage/testing/fake-disk.ts'
import {
  component,
  events,
  feed,
  idsOf,
  queueOf,
  rig,
  sink,
  type Feed,
  type Rig,
  type RigOptions,
  type Sink,
} from './rig.ts'

const unavailable = (): CollectorError => new CollectorError('unavailable', 'down', { retryable: true })
const never = (): Promise<void> => new Promise(() => {})
const onDisk = (options: Parameters<typeof queueOf>[0] = {}) =>
  queueOf({ storage: { extension: 'storage' }, ...options })
/** A storage extension whose folder is on the disk that the test made. */
const storage = component('extension', 'storage', () => ({ face: { folder: { path: '/disk', sync: 'commit' } } }))

interface Life extends Rig {
  readonly source: Feed
  readonly out: Sink
}
/** One life of a collector with one exporter behind a queue on that disk. */
const live = async (
  disk: FakeDisk,
  queue: Parameters<typeof queueOf>[0] = {},
  before: Sink['before'] = () => {},
  more: Partial<RigOptions> = {},
): Promise<Life> => {
  const source = feed()
  const out = sink('out', { concurrency: 10, engine: { sendingQueue: onDisk(queue), retry: { maxAttempts: 0 } } })
  out.before = before
  const made = await rig({
    components: [storage, source.config, out.config],
    extensions: ['storage'],
    pipelines: [{ exporters: ['out'] }],
    disk,
    ...more,
  })
  return { ...made, source, out }
}
const down = (): never => {
  throw unavailable()
}

describe('a queue on disk', () => {
  it('has every acknowledged batch after a kill -9, in order, and its books begin with what it found', async () => {
    const disk = fakeDisk()
    const first = await live(disk, {}, down)
    const batches = Array.from({ length: 30 }, () => events(4))
    for (const batch of batches) await first.source.send(batch)
    expect(first.balance()).toMatchObject({ received: 120, delivered: 0, balanced: true })
    const second = await live(disk.kill())
    await second.clock.settle()
    expect(second.out.ids).toEqual(batches.flatMap(idsOf))
    expect(second.balance()).toMatchObject({ received: 120, delivered: 120, queued: 0, balanced: true })
  })

  it('acks only when the batch is on the disk', async () => {
    const disk = fakeDisk()
    const { source, clock } = await live(disk)
    const gate = Promise.withResolvers<void>()
    disk.before = (what) => (what === 'sync' ? gate.promise : Promise.resolve())
    let acked = false
    const call = source.send(events(1)).then(() => (acked = true))
    await clock.settle()
    expect(acked).toBe(false)
    gate.resolve()
    await call
  })

  it('sends what was just appended from memory, and reads back only what had to wait', async () => {
    const disk = fakeDisk()
    const { source, out, clock } = await live(disk)
    for (let i = 0; i < 5; i++) await source.send(events(2))
    await clock.settle()
    expect(out.ids).toHaveLength(10)
    expect(disk.bytes(disk.names().find((name) => name.endsWith('.log')) ?? '').length).toBeGreaterThan(100)
  })

  it('repeats nothing after an orderly stop, and says what waits on disk', async () => {
    const disk = fakeDisk()
    let open = true
    const first = await live(disk, {}, () => {
      if (!open) down()
    })
    await first.source.send(events(3, 'sent'))
    await first.clock.settle()
    open = false
    await first.source.send(events(2, 'kept'))
    expect(await first.stop()).toEqual({ drained: true, left: {}, stored: { out: 2 } })
    const second = await live(disk)
    await second.clock.settle()
    expect(second.out.ids.map((id) => id.replace(/\d+/, ''))).toEqual(['kept', 'kept'])
  })

  it('does not wait for the deadline of a stop when the destination is down', async () => {
    const { source, clock, collector } = await live(fakeDisk(), {}, down)
    await source.send(events(2))
    const before = clock.now()
    await collector.stop(60_000)
    expect(clock.now() - before).toBeLessThan(1_000)
  })

  it('waits for the destination with wait_for_result, and is on disk all the same', async () => {
    const disk = fakeDisk()
    const { source, clock, balance } = await live(disk, { waitForResult: true }, never)
    let acked = false
    void source.send(events(2)).then(
      () => (acked = true),
      () => {},
    )
    await clock.settle()
    expect([acked, balance().inFlight]).toEqual([false, 2])
    const second = await live(disk.kill())
    await second.clock.settle()
    expect(second.out.ids).toHaveLength(2)
  })

  it('keeps its bound, by block, reject and drop_oldest, over a restart too', async () => {
    const disk = fakeDisk()
    const first = await live(disk, { queueSize: 4, sizer: 'items', onFull: 'reject' }, down)
    await first.source.send(events(3))
    await expect(first.source.send(events(2))).rejects.toMatchObject({ code: 'queue_full', retryable: true })
    const second = await live(disk.kill(), { queueSize: 4, sizer: 'items', onFull: 'reject' }, down)
    await expect(second.source.send(events(2))).rejects.toMatchObject({ code: 'queue_full' })
    const third = await live(fakeDisk(), { queueSize: 3, onFull: 'drop_oldest', numConsumers: 1 }, never)
    const batches = Array.from({ length: 6 }, () => events(1))
    for (const batch of batches) await third.source.send(batch)
    await third.clock.settle()
    expect(third.balance()).toMatchObject({ dropped: { 'exporter/out: queue_full': 3 }, balanced: true })
  })

  it('pushes back while the disk is full, goes on delivering, and takes more afterwards', async () => {
    const disk = fakeDisk()
    let open = false
    const { source, out, clock, balance } = await live(disk, {}, () => {
      if (!open) down()
    })
    await source.send(events(5))
    disk.capacity = 0
    await expect(source.send(events(1))).rejects.toMatchObject({ code: 'storage_failed', retryable: true })
    expect(balance()).toMatchObject({ received: 5, balanced: true })
    open = true
    await clock.advance(60_000)
    expect(out.ids).toHaveLength(5)
    disk.capacity = Infinity
    await source.send(events(1))
    await clock.settle()
    expect(balance()).toMatchObject({ received: 6, delivered: 6, balanced: true })
  })

  it('says once that the disk takes nothing, however much is delivered meanwhile, and once that it does again', async () => {
    const disk = fakeDisk()
    let open = false
    const { source, out, clock, collector, logged } = await live(disk, { numConsumers: 1, orderBy: 'none' }, () => {
      if (!open) down()
    })
    for (let i = 0; i < 20; i++) await source.send(events(1))
    disk.readOnly = true
    open = true
    await clock.advance(60_000)
    while (out.ids.length < 20) await clock.advance(100)
    for (let i = 0; i < 20; i++) await expect(source.send(events(1))).rejects.toMatchObject({ code: 'storage_failed' })
    const told = (): string[] =>
      logged.flatMap(({ message }) => (/cannot|well again/.test(message) ? [message.replace(/ to \/.*:/, ':')] : []))
    const state = () => collector.status().find(({ id }) => id === 'out')?.state
    expect(told()).toEqual([
      'exporter/out: cannot note what is done, so that it may come twice: the disk is read-only',
      'exporter/out: cannot keep batches: cannot write: the disk is read-only',
    ])
    expect(state()).toBe('degraded')
    disk.readOnly = false
    await source.send(events(1))
    await clock.advance(6_000)
    expect(told().slice(2).toSorted()).toEqual([
      'exporter/out: its disk is well again (cannot keep batches)',
      'exporter/out: its disk is well again (cannot note what is done, so that it may come twice)',
    ])
    expect(state()).toBe('ok')
  })

  it.each(['reject', 'block'] as const)(
    'takes more once it was emptied, also when it all stood in one file (%s)',
    async (onFull) => {
      let open = false
      const { source, out, clock, balance } = await live(fakeDisk(), { onFull, maxDiskBytes: 1_000 }, () => {
        if (!open) down()
      })
      let sent = 0
      for (; sent < 10; sent++) {
        const call = source.send(events(1, 'x'.repeat(200)))
        const taken = await Promise.race([call.then(() => true), clock.settle().then(() => false)]).catch(() => false)
        call.catch(() => {})
        if (!taken) break
      }
      expect(sent).toBeLessThan(10)
      open = true
      await clock.advance(60_000)
      await clock.settle()
      await source.send(events(1))
      await clock.settle()
      expect(out.ids).toHaveLength(sent + (onFull === 'block' ? 2 : 1))
      expect(balance()).toMatchObject({ queued: 0, inFlight: 0, balanced: true })
    },
  )

  it('counts what a damaged disk took, by name, and delivers the rest', async () => {
    const disk = fakeDisk()
    const { source, out, clock, balance } = await live(
      disk,
      { numConsumers: 1, sizer: 'bytes', queueSize: 1e9 },
      () => gate.promise,
    )
    const gate = Promise.withResolvers<void>()
    for (let i = 0; i < 40; i++) await source.send(events(1_000, `pad${'x'.repeat(200)}`))
    const [segment = ''] = disk.names().filter((name) => name.endsWith('.log'))
    disk.badByte = { name: segment, at: disk.bytes(segment).length - 100_000 }
    gate.resolve()
    for (let i = 0; i < 50; i++) await clock.advance(10)
    const { delivered, dropped, balanced } = balance()
    expect([balanced, out.ids.length]).toEqual([true, delivered])
    expect(dropped).toEqual({ 'exporter/out: storage_damaged': 1_000 })
    expect(delivered).toBe(39_000)
  })
})

describe('a backlog on disk', () => {
  /** Six batches wait while the first is on its way. */
  const waiting = async (before: Sink['before']) => {
    let open = false
    const gate = Promise.withResolvers<void>()
    const made = await live(fakeDisk(), { numConsumers: 1 }, (batch, signal) =>
      open ? before(batch, signal) : gate.promise,
    )
    const batches = Array.from({ length: 7 }, (_, i) => events(2, i === 3 ? 'poison' : 'e'))
    for (const batch of batches) await made.source.send(batch)
    open = true
    gate.resolve()
    return { ...made, batches }
  }

  it('is sent in large batches, in order, without any being asked for', async () => {
    const { out, clock, batches, balance } = await waiting(() => {})
    await clock.settle()
    expect(out.batches.map((batch) => batch.count)).toEqual([2, 12])
    expect(out.ids).toEqual(batches.flatMap(idsOf))
    expect(balance()).toMatchObject({ received: 14, delivered: 14, queued: 0, balanced: true })
  })

  it('loses only the batch that is refused for good', async () => {
    const { out, clock, batches, balance } = await waiting((batch) => {
      if (idsOf(batch).some((id) => id.startsWith('poison'))) throw new CollectorError('rejected', '400')
    })
    await clock.settle()
    expect(out.ids).toEqual(batches.filter((_, i) => i !== 3).flatMap(idsOf))
    expect(balance()).toMatchObject({ delivered: 12, dropped: { 'exporter/out: rejected': 2 }, balanced: true })
  })
})

describe('a memory queue that spills', () => {
  it('goes on on disk when it is full, keeps the order, and empties the disk again', async () => {
    const disk = fakeDisk()
    const gate = Promise.withResolvers<void>()
    const { source, out, clock, balance } = await live(
      disk,
      { onFull: 'spill', queueSize: 3, numConsumers: 1 },
      () => gate.promise,
    )
    const batches = Array.from({ length: 20 }, () => events(2))
    for (const batch of batches) await source.send(batch)
    expect(balance()).toMatchObject({ queued: 38, inFlight: 2, balanced: true })
    gate.resolve()
    for (let i = 0; i < 10; i++) await clock.settle()
    expect(out.ids).toEqual(batches.flatMap(idsOf))
  })

  it('puts what is in memory on disk when the collector stops', async () => {
    const disk = fakeDisk()
    const first = await live(disk, { onFull: 'spill', queueSize: 3, numConsumers: 1 }, down)
    const batches = Array.from({ length: 6 }, () => events(1))
    for (const batch of batches) await first.source.send(batch)
    expect(await first.stop(1_000)).toEqual({ drained: true, left: {}, stored: { out: 6 } })
    const second = await live(disk)
    await second.clock.settle()
    expect(second.out.ids.toSorted()).toEqual(batches.flatMap(idsOf).toSorted())
  })
})

describe('batching behind the queue', () => {
  const joined = (options: Partial<NonNullable<ReturnType<typeof queueOf>['batch']>>) => ({
    batch: { sizer: 'items' as const, minSize: 10, maxSize: 10, flushTimeoutMs: 200, ...options },
    numConsumers: 1,
  })

  it('joins what waits to full size, cuts what is larger, and sends the rest after its time', async () => {
    const { source, out, clock, balance } = await live(fakeDisk(), joined({}))
    const batches = [events(4), events(4), events(25), events(3)]
    for (const batch of batches) await source.send(batch)
    await clock.settle()
    expect(out.batches.map((batch) => batch.count)).toEqual([10, 10, 10, 3])
    await clock.advance(250)
    expect(out.batches.map((batch) => batch.count)).toEqual([10, 10, 10, 3, 3])
    expect(out.ids).toEqual(batches.flatMap(idsOf))
    expect(balance()).toMatchObject({ received: 36, delivered: 36, queued: 0, balanced: true })
  })

  it('keeps on disk what a part was not sent of', async () => {
    const disk = fakeDisk()
    let calls = 0
    const first = await live(disk, joined({ minSize: 1 }), () => {
      if (calls++ > 0) down()
    })
    const batch = events(25)
    await first.source.send(batch)
    await first.clock.settle()
    expect(first.out.ids).toHaveLength(10)
    const second = await live(disk.kill(), joined({ minSize: 1 }))
    await second.clock.settle()
    expect(second.out.ids).toEqual(idsOf(batch))
  })
})
