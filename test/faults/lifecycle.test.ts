import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CollectorError, deliver, logs, type StorageFace } from '../../core/kit/index.ts'
import { memoryStore } from '../../core/kit/testing.ts'
import { component, events, feed, idsOf, pass, queueOf, rig, sink } from './rig.ts'

const never = (): Promise<void> => new Promise(() => {})

describe('starting and stopping', () => {
  it('starts from the exporters to the receivers, and stops from the receivers to the exporters', async () => {
    const order: string[] = []
    const noting = (kind: 'receiver' | 'processor' | 'exporter' | 'extension', id: string) =>
      component(kind, id, () => ({
        start: () => void order.push(`+${id}`),
        stop: () => void order.push(`-${id}`),
        consume() {},
      }))
    const made = await rig({
      components: [
        noting('receiver', 'in'),
        noting('processor', 'one'),
        noting('processor', 'two'),
        noting('exporter', 'out'),
        noting('extension', 'ext'),
      ],
      pipelines: [{ receivers: ['in'], processors: ['one', 'two'], exporters: ['out'] }],
      extensions: ['ext'],
    })
    await made.stop()
    expect(order).toEqual(['+ext', '+out', '+two', '+one', '+in', '-in', '-one', '-two', '-out', '-ext'])
    await made.stop()
    expect(order).toHaveLength(10)
    expect(made.collector.status().map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'stopped'))
  })

  it('flushes what processors hold and drains the queues before exporters stop', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } })]
    const held: Parameters<typeof idsOf>[0][] = []
    const holder = component('processor', 'holder', (ctx) => ({
      consume(batch) {
        ctx.held(batch.count)
        held.push(batch)
      },
      async stop() {
        for (const batch of held.splice(0)) {
          ctx.held(-batch.count)
          await ctx.next(batch)
        }
      },
    }))
    const made = await rig({
      components: [source.config, holder, out.config],
      pipelines: [{ processors: ['holder'], exporters: ['out'] }],
    })
    out.before = () => made.clock.sleep(500)
    for (let i = 0; i < 4; i++) await source.send(events(5))
    expect(made.balance()).toMatchObject({ held: 20, balanced: true })
    expect(await made.stop(5_000)).toEqual({ drained: true, left: {}, stored: {} })
    expect(out.ids).toHaveLength(20)
    await expect(source.send(events(1))).rejects.toMatchObject({ code: 'stopping', retryable: true })
  })

  it('reports what is left when the deadline passes, and does not wait for those who never answer', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } })]
    out.before = never
    const made = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    for (let i = 0; i < 3; i++) await source.send(events(5))
    const report = made.collector.stop(1_000)
    await made.clock.advance(1_000)
    expect(await report).toEqual({ drained: false, left: { out: 15 }, stored: {} })
  })

  it('ends all waiting when it is hastened, and still reports what is left', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } })]
    const order: string[] = []
    out.before = never
    const holder = component('extension', 'ext', () => ({ stop: () => void order.push('-ext') }))
    const made = await rig({
      components: [source.config, out.config, holder],
      pipelines: [{ exporters: ['out'] }],
      extensions: ['ext'],
    })
    await source.send(events(5))
    made.collector.hasten()
    const report = made.collector.stop(3_600_000)
    await made.clock.settle()
    expect(order).toEqual([])
    made.collector.hasten()
    expect(await report).toEqual({ drained: false, left: { out: 5 }, stored: {} })
    expect(order).toEqual(['-ext'])
  })

  it('gives a batch back to its sender when the deadline passes before the destination has it', async () => {
    const [source, out] = [feed(), sink('out')]
    out.before = (_batch, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    const made = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    const call = expect(source.send(events(2))).rejects.toMatchObject({ code: 'stopping' })
    await made.clock.settle()
    const report = made.collector.stop(1_000)
    await made.clock.advance(1_000)
    await call
    expect(await report).toEqual({ drained: false, left: {}, stored: {} })
    expect(made.balance()).toMatchObject({ received: 0, inFlight: 0, balanced: true })
  })

  it('ends by itself under once, when every receiver has ended and everything is delivered', async () => {
    const out = sink('out', { engine: { sendingQueue: queueOf() } })
    const ending = (id: string, n: number) =>
      component('receiver', id, (ctx) => ({
        start() {
          void deliver(ctx, events(n), ctx.signal).then(() => ctx.ended())
        },
      }))
    const made = await rig({
      components: [ending('a', 3), ending('b', 4), pass('pass'), out.config],
      pipelines: [{ receivers: ['a', 'b'], processors: ['pass'], exporters: ['out'] }],
      once: true,
      start: false,
    })
    out.before = () => made.clock.sleep(1_000)
    let done = false
    void made.collector.done.then(() => (done = true))
    await made.collector.start()
    await made.clock.advance(1_500)
    expect(done).toBe(false)
    await made.clock.advance(1_000)
    expect([done, out.ids.length]).toEqual([true, 7])
  })

  it('ends under once although a receiver has failed', async () => {
    const out = sink('out')
    const failing = component('receiver', 'failing', (ctx) => ({
      start: () => void ctx.clock.after(100, () => ctx.status.report('failed', 'the file is gone')),
    }))
    const crashing = component('receiver', 'crashing', (ctx) => ({
      start: () =>
        void ctx.clock.after(200, () => {
          throw new Error('crash')
        }),
    }))
    const broken = component('receiver', 'broken', () => ({ start: () => Promise.reject(new Error('no')) }))
    const made = await rig({
      components: [failing, crashing, broken, out.config],
      pipelines: [{ receivers: ['failing', 'crashing', 'broken'], exporters: ['out'] }],
      once: true,
    })
    let done = false
    void made.collector.done.then(() => (done = true))
    await made.clock.advance(150)
    expect(done).toBe(false)
    await made.clock.advance(100)
    expect(done).toBe(true)
  })
})

describe('what a component is given', () => {
  it('keeps its state over a restart, apart from that of others', async () => {
    const seen: (string | undefined)[] = []
    const counting = (id: string) =>
      component('exporter', id, (ctx) => ({
        async consume() {
          const before = ctx.storage.get('n')
          seen.push(before && Buffer.from(before).toString())
          await ctx.storage.commit([['n', Buffer.from(`${Number(Buffer.from(before ?? []).toString()) + 1}`)]])
        },
      }))
    const dataDirectory = mkdtempSync(join(tmpdir(), 'seneca-state-'))
    onTestFinished(() => rmSync(dataDirectory, { recursive: true }))
    for (let life = 0; life < 2; life++) {
      const source = feed()
      const made = await rig({
        components: [counting('x'), counting('y'), source.config],
        pipelines: [{ exporters: ['x'] }, { id: 'logs/y', exporters: ['y'] }],
        dataDirectory,
      })
      await source.send(events(1))
      await made.stop()
    }
    expect(seen).toEqual([undefined, undefined, '1', '1'])
  })

  it('shares its data directory with nobody', async () => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'seneca-state-'))
    onTestFinished(() => rmSync(dataDirectory, { recursive: true }))
    const parts = () => ({ components: [feed().config, sink('out').config], pipelines: [{ exporters: ['out'] }] })
    await rig({ ...parts(), dataDirectory })
    const second = await rig({ ...parts(), dataDirectory, start: false })
    await expect(second.collector.start()).rejects.toMatchObject({ code: 'storage_locked' })
  })

  it('keeps its state in the storage extension it names', async () => {
    const stores = new Map<string, ReturnType<typeof memoryStore>>()
    const face: StorageFace = {
      store(name) {
        const store = stores.get(name) ?? memoryStore()
        stores.set(name, store)
        return store
      },
    }
    const keeping = component('extension', 'keeper', () => ({ face }))
    const source = component(
      'receiver',
      'feed',
      (ctx) => ({ start: () => ctx.storage.commit([['at', Buffer.from('7')]]) }),
      { engine: { storage: 'keeper' } },
    )
    const out = sink('out')
    await rig({
      components: [keeping, source, out.config],
      pipelines: [{ exporters: ['out'] }],
      extensions: ['keeper'],
    })
    expect([...stores.keys()]).toEqual(['receiver/feed'])
  })

  it('says in a sentence when an extension is not there', async () => {
    const source = component('receiver', 'feed', (ctx) => ({ start: () => void ctx.extension('auth') }))
    const out = sink('out')
    const made = await rig({
      components: [source, out.config],
      pipelines: [{ exporters: ['out'] }],
      start: false,
    })
    await expect(made.collector.start()).rejects.toThrow(
      "receiver 'feed' could not start: receiver/feed needs the extension 'auth', which is not in service.extensions",
    )
  })

  it('may be told what an ack means behind it', async () => {
    const acks: string[] = []
    const asking = component('processor', 'asking', (ctx) => {
      acks.push(ctx.acks)
      return { consume() {} }
    })
    const queued = sink('queued', { engine: { sendingQueue: queueOf() } })
    const waiting = sink('waiting', { engine: { sendingQueue: queueOf({ waitForResult: true }) } })
    const live = sink('live', { delivery: 'best_effort' })
    for (const exporters of [['queued', 'live'], ['queued', 'waiting'], ['live']]) {
      await rig({
        components: [feed().config, asking, queued.config, waiting.config, live.config],
        pipelines: [{ processors: ['asking'], exporters }],
      })
    }
    expect(acks).toEqual(['memory', 'destination', 'memory'])
  })
})

describe('looking inside', () => {
  it('shows batches as received, as they leave the processors and as handed over, and survives its listeners', async () => {
    const [source, out] = [feed(), sink('out')]
    const made = await rig({
      components: [source.config, pass('pass'), out.config],
      pipelines: [{ processors: ['pass'], exporters: ['out'] }],
    })
    const seen: string[] = []
    const end = made.collector.tap(({ at, batch }) => void seen.push(`${at} ${batch.count}`))
    made.collector.tap(() => {
      throw new Error('listener')
    })
    await source.send(events(2))
    end()
    await source.send(events(2))
    expect(seen).toEqual(['receiver/feed 2', 'pipeline/logs 2', 'exporter/out 2'])
  })

  it('tells steps, queues, graph, states and metrics under their names', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf({ queueSize: 7 }) } })]
    const made = await rig({
      components: [source.config, pass('pass'), out.config],
      pipelines: [{ processors: ['pass'], exporters: ['out'] }],
    })
    await source.send(logs([{ body: 1 }, { body: 2 }]))
    await made.clock.settle()
    const steps = made.collector.stats().map((step) => ({ ...step, seconds: 0 }))
    const common = { pipeline: 'logs', recordsIn: 2, recordsOut: 2, errors: 0, seconds: 0 }
    expect(steps).toEqual([
      { component: 'feed', kind: 'receiver', ...common },
      { component: 'pass', kind: 'processor', ...common },
      { component: 'out', kind: 'exporter', ...common, queueSize: 0, queueCapacity: 7 },
    ])
    const { nodes, edges } = made.collector.graph()
    expect(edges.map(([from, to]) => `${nodes[from]?.id}→${nodes[to]?.id}`)).toEqual(['feed→pass', 'pass→out'])
    const metric = (name: string) => made.collector.metrics().find((one) => one.name === name)?.points
    expect(metric('otelcol_receiver_accepted_log_records')).toEqual([
      { labels: { receiver: 'feed', pipeline: 'logs' }, value: 2 },
    ])
    expect(metric('otelcol_exporter_queue_capacity')).toEqual([{ labels: { exporter: 'out' }, value: 7 }])
    expect(metric('seneca_pipeline_records')).toContainEqual({
      labels: { pipeline: 'logs', outcome: 'delivered' },
      value: 2,
    })
  })

  it('answers for the bytes it holds, and for none when all is delivered', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } })]
    const gate = Promise.withResolvers<void>()
    out.before = () => gate.promise
    const made = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    const bytes = () => made.collector.metrics().find(({ name }) => name === 'seneca_accounted_bytes')?.points[0]?.value
    const batch = events(10)
    await source.send(batch)
    expect(bytes()).toBeGreaterThanOrEqual(batch.bytes)
    gate.resolve()
    await made.clock.settle()
    expect(bytes()).toBe(0)
    const failing = new CollectorError('rejected', 'x')
    out.before = () => {
      throw failing
    }
    await source.send(events(10))
    await made.clock.settle()
    expect(bytes()).toBe(0)
  })
})
