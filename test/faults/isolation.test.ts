import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { CollectorError } from '../../core/kit/index.ts'
import { component, events, feed, idsOf, pass, processor, queueOf, rig, sink } from './rig.ts'

const never = (): Promise<void> => new Promise(() => {})
const state = (made: Awaited<ReturnType<typeof rig>>, id: string) =>
  made.collector.status().find((one) => one.id === id)

describe('a component that says how it is', () => {
  it('is heard in the log once when it turns bad, and once when it is over', async () => {
    const [source, good] = [feed(), sink('good')]
    const made = await rig({ components: [source.config, good.config], pipelines: [{ exporters: ['good'] }] })
    const { status } = source.ctx
    status.report('degraded', 'nobody is there')
    status.report('degraded', 'nobody is there yet')
    status.report('ok', 'found')
    status.report('ok')
    const heard = made.logged.filter(({ message }) => message.startsWith('receiver/feed'))
    expect(heard).toMatchObject([
      { level: 'warn', message: 'receiver/feed: degraded', fields: { reason: 'nobody is there' } },
      { level: 'info', message: 'receiver/feed: ok again', fields: { reason: 'found' } },
    ])
  })
})

describe('a consumer that misbehaves', () => {
  it('always throws: the others deliver everything, and its losses are named', async () => {
    const [source, good] = [feed(), sink('good')]
    const bad = sink('bad', { engine: { sendingQueue: queueOf() } })
    bad.before = () => {
      throw new Error('no idea')
    }
    const made = await rig({
      components: [source.config, good.config, bad.config],
      pipelines: [{ exporters: ['good', 'bad'] }],
    })
    const batches = Array.from({ length: 50 }, () => events(10))
    for (const batch of batches) await source.send(batch)
    await made.clock.settle()
    expect(good.ids).toEqual(batches.flatMap(idsOf))
    expect(made.balance()).toMatchObject({
      delivered: 500,
      dropped: { 'exporter/bad: plugin_failed': 500 },
      balanced: true,
    })
    expect(state(made, 'bad')).toMatchObject({ state: 'degraded' })
    expect(state(made, 'bad')?.reason).toContain('no idea')
    expect(made.logged.filter(({ message }) => message.startsWith('exporter/bad'))).toHaveLength(1)
  })

  it('sleeps five seconds a batch: a live view sees every batch at once', async () => {
    const source = feed()
    const sleepy = sink('sleepy', { engine: { sendingQueue: queueOf() } })
    const live = sink('live', { delivery: 'best_effort' })
    const made = await rig({
      components: [source.config, sleepy.config, live.config],
      pipelines: [{ exporters: ['sleepy', 'live'] }],
    })
    sleepy.before = () => made.clock.sleep(5_000)
    for (let i = 0; i < 20; i++) {
      await source.send(events(1))
      await made.clock.settle()
      expect(live.ids).toHaveLength(i + 1)
    }
    expect(sleepy.ids).toHaveLength(0)
    await made.clock.advance(100_000)
    expect(sleepy.ids).toHaveLength(20)
  })

  it('is a live view that never answers: nothing waits for it, its oldest batches are dropped and counted', async () => {
    const [source, out] = [feed(), sink('out')]
    const live = sink('live', { delivery: 'best_effort' })
    live.before = never
    const made = await rig({
      components: [source.config, out.config, live.config],
      pipelines: [{ exporters: ['live', 'out'] }],
    })
    for (let i = 0; i < 1_101; i++) await source.send(events(1))
    expect(out.ids).toHaveLength(1_101)
    expect(made.balance()).toMatchObject({ dropped: { 'exporter/live: too slow': 100 }, queued: 1_000, balanced: true })
  })
})

describe('a processor that misbehaves', () => {
  it('throws: those records are refused by name, told in the receipt, and the stream goes on', async () => {
    const [source, out] = [feed(), sink('out')]
    const moody = processor('moody', async (ctx, batch, signal) => {
      if (idsOf(batch)[0]?.startsWith('bad')) throw new TypeError('cannot read it')
      await ctx.next(batch, signal)
    })
    const made = await rig({
      components: [source.config, moody, out.config],
      pipelines: [{ processors: ['moody'], exporters: ['out'] }],
    })
    await source.send(events(2))
    expect(await source.send(events(3, 'bad'))).toEqual({ refused: 3, reason: 'cannot read it' })
    await source.send(events(2))
    expect(out.ids).toHaveLength(4)
    expect(made.balance()).toMatchObject({ dropped: { 'processor/moody: plugin_failed': 3 }, balanced: true })
  })

  it('refuses some records of a batch while the rest goes on', async () => {
    const [source, out] = [feed(), sink('out')]
    const picky = processor('picky', async (ctx, batch, signal) => {
      ctx.refused(batch.slice(0, 1), new CollectorError('invalid_data', 'no severity'))
      await ctx.next(batch.slice(1), signal)
    })
    const made = await rig({
      components: [source.config, pass('pass'), picky, out.config],
      pipelines: [{ processors: ['pass', 'picky'], exporters: ['out'] }],
    })
    expect(await source.send(events(3))).toEqual({ refused: 1, reason: 'no severity' })
    expect(made.balance()).toMatchObject({
      delivered: 2,
      dropped: { 'processor/picky: invalid_data': 1 },
      balanced: true,
    })
  })

  it('loses records without a word: it is named and what it lost is counted', async () => {
    const [source, out] = [feed(), sink('out')]
    const leaky = processor('leaky', async (ctx, batch, signal) => {
      await ctx.next(batch.slice(1), signal)
    })
    const made = await rig({
      components: [source.config, leaky, out.config],
      pipelines: [{ processors: ['leaky'], exporters: ['out'] }],
    })
    await source.send(events(5))
    expect(made.balance()).toMatchObject({
      received: 5,
      delivered: 4,
      dropped: { 'processor/leaky: lost without a word': 1 },
      balanced: true,
    })
    expect(state(made, 'leaky')).toMatchObject({ state: 'degraded' })
  })

  it('swallows a rejection: the books show what became of the records', async () => {
    const source = feed()
    const out = sink('out', { engine: { retry: { enabled: false } } })
    out.before = () => {
      throw new CollectorError('unavailable', 'down', { retryable: true })
    }
    const swallow = processor('swallow', async (ctx, batch, signal) => {
      await ctx.next(batch, signal).catch(() => {})
    })
    const made = await rig({
      components: [source.config, swallow, out.config],
      pipelines: [{ processors: ['swallow'], exporters: ['out'] }],
    })
    await source.send(events(5))
    expect(made.balance()).toMatchObject({ dropped: { 'processor/swallow: lost without a word': 5 }, balanced: true })
  })

  it('keeps the event loop for more than 200 ms: it is named in a warning', async () => {
    const [source, out] = [feed(), sink('out')]
    const hog = processor('hog', async (ctx, batch, signal) => {
      const end = performance.now() + 250
      while (performance.now() < end);
      await ctx.next(batch, signal)
    })
    const made = await rig({
      components: [source.config, hog, out.config],
      pipelines: [{ processors: ['hog'], exporters: ['out'] }],
    })
    await source.send(events(1))
    expect(
      made.logged.filter(({ level, message }) => level === 'warn' && message.includes('processor/hog')),
    ).toHaveLength(1)
    const blocked = made.collector.metrics().find(({ name }) => name === 'seneca_component_blocked_loop')
    expect(blocked?.points).toEqual([{ labels: { component: 'processor/hog' }, value: 1 }])
  })

  it('throws in a timer of its own: it is named and everything goes on', async () => {
    const [source, out] = [feed(), sink('out')]
    const bomb = component('processor', 'bomb', (ctx) => ({
      start() {
        ctx.clock.after(100, () => {
          throw new Error('tick')
        })
      },
      consume: async (batch, signal) => void (await ctx.next(batch, signal)),
    }))
    const made = await rig({
      components: [source.config, bomb, out.config],
      pipelines: [{ processors: ['bomb'], exporters: ['out'] }],
    })
    await made.clock.advance(200)
    expect(state(made, 'bomb')).toMatchObject({ state: 'failed', reason: 'tick' })
    await source.send(events(1))
    expect(out.ids).toHaveLength(1)
  })

  it('leaves a rejected promise or an exception outside of any call: it is named and the process lives', async () => {
    const child = join(import.meta.dirname, 'crash-child.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [child], {
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    expect(JSON.parse(stdout)).toEqual({
      states: { rejects: ['failed', 'nobody caught me'], throws: ['failed', 'thrown in a timer of Node'] },
      delivered: 3,
    })
  })
})

describe('a component that fails to start', () => {
  const failing = (kind: 'receiver' | 'processor' | 'exporter', id: string, delivery?: 'best_effort') =>
    component(
      kind,
      id,
      () => ({
        start: () => Promise.reject(new Error('the port is taken')),
        consume: () => {},
      }),
      delivery ? { delivery } : {},
    )

  it('ends the start with a sentence when a pipeline needs it, and what had started is stopped', async () => {
    const [source, stops] = [feed(), [] as string[]]
    const out = component('exporter', 'out', () => ({ consume() {}, stop: () => void stops.push('out') }))
    const made = await rig({
      components: [source.config, failing('processor', 'bad'), out],
      pipelines: [{ processors: ['bad'], exporters: ['out'] }],
      start: false,
    })
    await expect(made.collector.start()).rejects.toMatchObject({
      code: 'start_failed',
      message: "processor 'bad' could not start: the port is taken",
    })
    expect(stops).toEqual(['out'])
  })

  it('is named and the rest runs when it is a live view', async () => {
    const [source, out] = [feed(), sink('out')]
    const made = await rig({
      components: [source.config, failing('exporter', 'live', 'best_effort'), out.config],
      pipelines: [{ exporters: ['live', 'out'] }],
    })
    await source.send(events(2))
    expect(out.ids).toHaveLength(2)
    expect(state(made, 'live')).toMatchObject({ state: 'failed', reason: 'the port is taken' })
    expect(made.balance()).toMatchObject({ dropped: { 'exporter/live: not started': 2 }, balanced: true })
  })

  it('is named and the rest runs when it is one of several receivers', async () => {
    const [source, out] = [feed(), sink('out')]
    const made = await rig({
      components: [source.config, failing('receiver', 'other'), out.config],
      pipelines: [{ receivers: ['feed', 'other'], exporters: ['out'] }],
    })
    await source.send(events(1))
    expect(out.ids).toHaveLength(1)
    expect(state(made, 'other')).toMatchObject({ state: 'failed' })
  })

  it('ends the start when it is the only receiver', async () => {
    const out = sink('out')
    const made = await rig({
      components: [failing('receiver', 'only'), out.config],
      pipelines: [{ receivers: ['only'], exporters: ['out'] }],
      start: false,
    })
    await expect(made.collector.start()).rejects.toThrow("receiver 'only' could not start: the port is taken")
  })
})
