import { describe, expect, it } from 'vitest'
import { CollectorError, PartialError } from '../../core/kit/index.ts'
import { component, events, feed, idsOf, pass, processor, queueOf, rig, sink } from './rig.ts'

const unavailable = (): CollectorError => new CollectorError('unavailable', 'down', { retryable: true })
const never = (): Promise<void> => new Promise(() => {})

describe('an ack', () => {
  it('means that the destination has the batch when there is no queue', async () => {
    const [source, out] = [feed(), sink('out')]
    const gate = Promise.withResolvers<void>()
    out.before = () => gate.promise
    const { clock, balance } = await rig({
      components: [source.config, out.config],
      pipelines: [{ exporters: ['out'] }],
    })
    let acked = false
    const call = source.send(events(3)).then(() => (acked = true))
    await clock.settle()
    expect([acked, balance().inFlight, balance().delivered]).toEqual([false, 3, 0])
    gate.resolve()
    await call
    expect(balance()).toMatchObject({ received: 3, delivered: 3, inFlight: 0, balanced: true })
  })

  it('means that the batch is in the queue when there is one', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } })]
    out.before = never
    const { balance } = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    await source.send(events(2))
    await source.send(events(3))
    expect(balance()).toMatchObject({ received: 5, delivered: 0, inFlight: 2, queued: 3, balanced: true })
  })

  it('waits for the destination behind a queue with wait_for_result', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf({ waitForResult: true }) } })]
    const gate = Promise.withResolvers<void>()
    out.before = () => gate.promise
    const { clock } = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    let acked = false
    const call = source.send(events(1)).then(() => (acked = true))
    await clock.settle()
    expect(acked).toBe(false)
    gate.resolve()
    await call
  })

  it('waits for every required branch, and for no live one', async () => {
    const [source, fast, slow] = [feed(), sink('fast'), sink('slow')]
    const live = sink('live', { delivery: 'best_effort' })
    const gate = Promise.withResolvers<void>()
    slow.before = () => gate.promise
    live.before = never
    const { clock, balance } = await rig({
      components: [source.config, fast.config, slow.config, live.config],
      pipelines: [{ exporters: ['fast', 'slow', 'live'] }],
    })
    let acked = false
    const call = source.send(events(2)).then(() => (acked = true))
    await clock.settle()
    expect([acked, fast.calls, live.calls]).toEqual([false, 1, 1])
    gate.resolve()
    await call
    expect(balance()).toMatchObject({ received: 6, delivered: 4, inFlight: 2, balanced: true })
  })

  it('is refused as a whole when one required branch cannot take it, and the books forget the attempt', async () => {
    const source = feed()
    const [good, bad] = [sink('good'), sink('bad', { engine: { retry: { enabled: false } } })]
    bad.before = () => {
      throw unavailable()
    }
    const { balance } = await rig({
      components: [source.config, good.config, bad.config],
      pipelines: [{ exporters: ['good', 'bad'] }],
    })
    const batch = events(2)
    await expect(source.send(batch)).rejects.toThrow('down')
    expect(balance()).toMatchObject({ received: 2, delivered: 2, inFlight: 0, balanced: true })
    bad.before = () => {}
    await source.send(batch)
    expect([good.ids, bad.ids]).toEqual([[...idsOf(batch), ...idsOf(batch)], idsOf(batch)])
    expect(balance()).toMatchObject({ received: 6, delivered: 6, balanced: true })
  })
})

describe('retry', () => {
  it('makes 1 + 3 attempts, doubling the wait from one second, then drops by name and settles', async () => {
    const [source, out] = [feed(), sink('out')]
    const at: number[] = []
    const { clock, balance, collector } = await rig({
      components: [source.config, out.config],
      pipelines: [{ exporters: ['out'] }],
    })
    const begin = clock.now()
    out.before = () => {
      at.push(clock.now() - begin)
      throw unavailable()
    }
    const call = source.send(events(3))
    await clock.advance(10_000)
    expect(await call).toMatchObject({ refused: 3, reason: 'down' })
    expect(at).toEqual([0, 1_000, 3_000, 7_000])
    expect(balance()).toMatchObject({ dropped: { 'exporter/out: unavailable': 3 }, delivered: 0, balanced: true })
    expect(collector.status().find(({ id }) => id === 'out')).toMatchObject({ state: 'degraded' })
  })

  it('waits at least as long as the peer asked for, and recovers', async () => {
    const [source, out] = [feed(), sink('out')]
    const { clock, collector } = await rig({
      components: [source.config, out.config],
      pipelines: [{ exporters: ['out'] }],
    })
    out.before = () => {
      if (out.calls === 1) throw new CollectorError('unavailable', '429', { retryable: true, retryAfterMs: 20_000 })
    }
    const call = source.send(events(1))
    await clock.advance(19_999)
    expect(out.calls).toBe(1)
    expect(collector.status().find(({ id }) => id === 'out')).toMatchObject({ state: 'degraded' })
    await clock.advance(1)
    await call
    expect(out.ids).toHaveLength(1)
    expect(collector.status().find(({ id }) => id === 'out')).toMatchObject({ state: 'ok' })
  })

  it('never repeats a permanent failure, and never sends it upstream', async () => {
    const [source, out] = [feed(), sink('out')]
    out.before = () => {
      throw new CollectorError('rejected', '400')
    }
    const { balance } = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    expect(await source.send(events(2))).toMatchObject({ refused: 2 })
    expect(out.calls).toBe(1)
    expect(balance()).toMatchObject({ dropped: { 'exporter/out: rejected': 2 }, balanced: true })
  })

  it('settles a partly refused batch: the refused are dropped, the others delivered', async () => {
    const [source, out] = [feed(), sink('out')]
    out.before = () => {
      throw new PartialError('two are too long', [0, 4])
    }
    const { balance } = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    expect(await source.send(events(5))).toEqual({ refused: 2, reason: 'two are too long' })
    expect(balance()).toMatchObject({ delivered: 3, dropped: { 'exporter/out: rejected': 2 }, balanced: true })
  })

  it('ends an attempt that takes too long, and tries again', async () => {
    const [source, out] = [feed(), sink('out', { engine: { timeoutMs: 5_000 } })]
    out.before = (_batch, signal) =>
      out.calls > 1
        ? undefined
        : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    const { clock } = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    const call = source.send(events(1))
    await clock.advance(6_000)
    await call
    expect([out.calls, out.ids.length]).toEqual([2, 1])
  })

  it('leaves an attempt behind that does not heed its signal', async () => {
    const [source, out] = [feed(), sink('out', { engine: { timeoutMs: 5_000 } })]
    out.before = () => (out.calls > 1 ? undefined : never())
    const { clock } = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    const call = source.send(events(1))
    await clock.advance(7_000)
    await call
    expect(out.ids).toHaveLength(1)
  })

  it('gives up a wait when the sender does, who then has the batch again', async () => {
    const [source, out] = [feed(), sink('out', { engine: { retry: { maxAttempts: 0 } } })]
    out.before = () => {
      throw unavailable()
    }
    const { clock, balance } = await rig({
      components: [source.config, out.config],
      pipelines: [{ exporters: ['out'] }],
    })
    const sender = new AbortController()
    const call = source.send(events(2), sender.signal)
    const refused = expect(call).rejects.toMatchObject({ code: 'cancelled' })
    await clock.advance(10_000)
    expect(balance().inFlight).toBe(2)
    sender.abort()
    await refused
    expect(balance()).toMatchObject({ received: 0, inFlight: 0, balanced: true })
  })
})

describe('a full queue', () => {
  const full = async (onFull: 'block' | 'reject' | 'drop_oldest', queueSize: number, sizer: 'items' | 'requests') => {
    const source = feed()
    const out = sink('out', { engine: { sendingQueue: queueOf({ onFull, queueSize, sizer }) } })
    const gate = Promise.withResolvers<void>()
    out.before = () => gate.promise
    const made = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    return { ...made, source, out, open: () => gate.resolve() }
  }

  it('makes the 10,001st event wait under block, in order', async () => {
    const { source, out, clock, balance, open } = await full('block', 10_000, 'items')
    for (let i = 0; i < 10; i++) await source.send(events(1_000))
    let acked = false
    const call = source.send(events(1, 'late')).then(() => (acked = true))
    const next = source.send(events(1, 'later'))
    await clock.settle()
    expect(acked).toBe(false)
    open()
    await Promise.all([call, next])
    await clock.settle()
    expect(out.ids).toHaveLength(10_002)
    expect(out.ids.slice(-2).map((id) => id.replace(/\d+/, ''))).toEqual(['late', 'later'])
    expect(balance()).toMatchObject({ received: 10_002, delivered: 10_002, balanced: true })
  })

  it('refuses the 10,001st event for now under reject', async () => {
    const { source, balance } = await full('reject', 10_000, 'items')
    for (let i = 0; i < 10; i++) await source.send(events(1_000))
    await expect(source.send(events(1))).rejects.toMatchObject({ code: 'queue_full', retryable: true })
    expect(balance()).toMatchObject({ received: 10_000, balanced: true })
  })

  it('drops exactly the oldest event for the 10,001st under drop_oldest, and counts it', async () => {
    const { source, out, clock, balance, open } = await full('drop_oldest', 10_000, 'items')
    const first = events(1_000)
    const second = events(1_000)
    await source.send(first)
    await source.send(second)
    for (let i = 0; i < 8; i++) await source.send(events(1_000))
    await source.send(events(1))
    expect(balance()).toMatchObject({ dropped: { 'exporter/out: queue_full': 1 }, balanced: true })
    open()
    await clock.settle()
    expect(out.ids).toHaveLength(10_000)
    expect(out.ids).not.toContain(idsOf(second)[0])
    expect(balance()).toMatchObject({ received: 10_001, delivered: 10_000, balanced: true })
  })

  it('takes a batch larger than itself when it is empty', async () => {
    const { source, out, clock, open } = await full('block', 10, 'items')
    await source.send(events(25))
    open()
    await clock.settle()
    expect(out.ids).toHaveLength(25)
  })

  it('admits a batch to all branches or to none', async () => {
    const source = feed()
    const roomy = sink('roomy', { engine: { sendingQueue: queueOf() } })
    const tight = sink('tight', { engine: { sendingQueue: queueOf({ queueSize: 1, onFull: 'reject' }) } })
    roomy.before = never
    tight.before = never
    const { balance } = await rig({
      components: [source.config, roomy.config, tight.config],
      pipelines: [{ exporters: ['roomy', 'tight'] }],
    })
    await source.send(events(1))
    await expect(source.send(events(1))).rejects.toMatchObject({ code: 'queue_full' })
    expect(roomy.calls).toBe(1)
    expect(balance()).toMatchObject({ received: 2, inFlight: 2, queued: 0, balanced: true })
  })
})

describe('order', () => {
  it('is kept through processors and queues although calls are made at once', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf({ queueSize: 2 }) } })]
    const slow = processor('slow', async (ctx, batch, signal) => {
      await ctx.clock.sleep(ctx.random() * 10)
      await ctx.next(batch, signal)
    })
    const { clock } = await rig({
      components: [source.config, slow, pass('pass'), out.config],
      pipelines: [{ processors: ['slow', 'pass'], exporters: ['out'] }],
    })
    const batches = Array.from({ length: 20 }, () => events(2))
    const calls = batches.map((batch) => source.send(batch))
    await clock.advance(1_000)
    await Promise.all(calls)
    expect(out.ids).toEqual(batches.flatMap(idsOf))
  })

  it('lets as many calls in as a component can take, and no more', async () => {
    const [source, out] = [feed(), sink('out', { concurrency: 3 })]
    out.before = never
    const { clock } = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    for (let i = 0; i < 10; i++) void source.send(events(1)).catch(() => {})
    await clock.settle()
    expect(out.calls).toBe(3)
  })
})

describe('a connector', () => {
  const routing = (route: (id: string) => string | undefined) =>
    component('connector', 'router', (ctx) => ({
      async consume(batch, signal) {
        for (const record of batch as Iterable<never>) void record
        for (const output of ctx.outputs) {
          const part = batch.filter((record) => route(String((record as { body?: unknown }).body)) === output)
          await ctx.to(output)(part, signal)
        }
        const lost = batch.filter((record) => route(String((record as { body?: unknown }).body)) === undefined)
        if (lost.count > 0) ctx.filtered(lost.count, 'no_route')
      },
    }))

  it('ends one pipeline, begins others, and each keeps its own books', async () => {
    const [source, a, b] = [feed(), sink('a'), sink('b')]
    const router = routing((id) => (id.startsWith('a') ? 'logs/a' : id.startsWith('b') ? 'logs/b' : undefined))
    const { balance } = await rig({
      components: [source.config, router, a.config, b.config],
      pipelines: [
        { id: 'logs', exporters: ['router'] },
        { id: 'logs/a', receivers: ['router'], exporters: ['a'] },
        { id: 'logs/b', receivers: ['router'], exporters: ['b'] },
      ],
    })
    await source.send(events(3, 'a'))
    await source.send(events(2, 'b'))
    await source.send(events(4, 'c'))
    expect(balance('logs')).toMatchObject({ received: 9, delivered: 5, filtered: { no_route: 4 }, balanced: true })
    expect(balance('logs/a')).toMatchObject({ received: 3, delivered: 3, balanced: true })
    expect(balance('logs/b')).toMatchObject({ received: 2, delivered: 2, balanced: true })
  })

  it('hands a rejection of what follows back to the source', async () => {
    const [source, a] = [feed(), sink('a', { engine: { retry: { enabled: false } } })]
    a.before = () => {
      throw unavailable()
    }
    const { balance } = await rig({
      components: [source.config, routing(() => 'logs/a'), a.config],
      pipelines: [
        { id: 'logs', exporters: ['router'] },
        { id: 'logs/a', receivers: ['router'], exporters: ['a'] },
      ],
    })
    await expect(source.send(events(3))).rejects.toThrow('down')
    expect(balance('logs')).toMatchObject({ received: 0, balanced: true })
    expect(balance('logs/a')).toMatchObject({ received: 0, balanced: true })
  })
})
