/** Another configuration takes over while records keep coming: what differs is replaced, the rest does not notice. */
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../core/kit/index.ts'
import { CollectorError } from '../../core/kit/index.ts'
import { fakeDisk } from '../../core/storage/testing/fake-disk.ts'
import { component, configOf, events, feed, idsOf, pass, processor, queueOf, rig, sink } from './rig.ts'

const fates = (plan: { readonly components: readonly { readonly id: string; readonly fate: string }[] }) =>
  Object.fromEntries(plan.components.map(({ id, fate }) => [id, fate]))

/** The same component with another option: a reload sees that it differs. */
const changed = <T extends { readonly config: ReturnType<typeof component> }>(
  one: T,
  options: object,
): T['config'] => ({
  ...one.config,
  options,
})

const down = (): never => {
  throw new CollectorError('unavailable', 'down', { retryable: true })
}

describe('a reload', () => {
  it('leaves alone what is the same, and says of each component what becomes of it', async () => {
    const [source, one, two] = [feed(), sink('one'), sink('two')]
    const starts: string[] = []
    const noting = (id: string) =>
      component('processor', id, (ctx) => {
        starts.push(id)
        return { consume: async (batch) => void (await ctx.next(batch)) }
      })
    const [same, other] = [noting('same'), noting('other')]
    const made = await rig({
      components: [source.config, same, other, one.config, two.config],
      pipelines: [{ processors: ['same', 'other'], exporters: ['one', 'two'] }],
    })
    const before = source.ctx
    await source.send(events(2))
    const third = sink('third')
    const plan = await made.reload({
      components: [source.config, same, { ...other, options: { a: 1 } }, one.config, third.config],
      pipelines: [{ processors: ['same', 'other'], exporters: ['one', 'third'] }],
    })
    expect(fates(plan)).toEqual({
      feed: 'kept',
      same: 'kept',
      other: 'restarted',
      one: 'kept',
      two: 'removed',
      third: 'added',
    })
    expect(plan.components.find(({ id }) => id === 'other')?.why).toEqual(['a'])
    expect(plan.pipelines).toMatchObject([{ pipeline: 'logs', fate: 'changed', why: ['exporters.1'] }])
    expect(source.ctx).toBe(before)
    expect(starts).toEqual(['other', 'same', 'other'])
    await source.send(events(3))
    expect([one.ids.length, two.ids.length, third.ids.length]).toEqual([5, 2, 3])
    expect(made.balance()).toMatchObject({ received: 10, delivered: 10, balanced: true })
    expect(made.collector.generation.number).toBe(2)
    await made.clock.settle()
    expect(made.collector.status().map(({ id }) => id)).not.toContain('two')
  })

  it('gives a reconfigured exporter the queue of the one before, in order, each record once', async () => {
    const [source, old] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } })]
    old.before = down
    const made = await rig({ components: [source.config, old.config], pipelines: [{ exporters: ['out'] }] })
    const sent: string[] = []
    const send = async (): Promise<void> => {
      const batch = events(2)
      sent.push(...idsOf(batch))
      await source.send(batch)
    }
    for (let i = 0; i < 5; i++) await send()
    await made.clock.settle()
    const next = sink('out', { engine: { sendingQueue: queueOf({ queueSize: 7 }) } })
    expect(made.collector.stats().at(-1)).toMatchObject({ queueSize: 5, queueCapacity: 1000 })
    const reloading = made.reload({ components: [source.config, next.config], pipelines: [{ exporters: ['out'] }] })
    await send()
    expect(await reloading).toMatchObject({
      components: [{ id: 'feed' }, { id: 'out', fate: 'restarted', queued: 12 }],
    })
    await send()
    await made.clock.settle()
    expect(next.ids).toEqual(sent)
    expect(old.ids).toEqual([])
    expect(made.collector.stats().at(-1)).toMatchObject({ queueCapacity: 7 })
    expect(made.balance()).toMatchObject({ received: 14, delivered: 14, queued: 0, balanced: true })
  })

  it('hands what waits for another attempt without a queue to the new exporter', async () => {
    const [source, old, next] = [feed(), sink('out'), sink('out')]
    old.before = down
    const made = await rig({ components: [source.config, old.config], pipelines: [{ exporters: ['out'] }] })
    const batches = [events(2), events(3)]
    const calls = batches.map((batch) => source.send(batch))
    await made.clock.settle()
    await made.reload({ components: [source.config, next.config], pipelines: [{ exporters: ['out'] }] })
    await Promise.all(calls)
    expect(next.ids).toEqual(batches.flatMap(idsOf))
    expect(made.balance()).toMatchObject({ received: 5, delivered: 5, inFlight: 0, balanced: true })
  })

  it('changes retry, breaker and queue around an exporter that stays', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf(), retry: { maxAttempts: 0 } } })]
    out.before = down
    const made = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    await source.send(events(2))
    await made.clock.advance(100)
    const { engine } = out.config
    const adjusted = { ...out.config, engine: { ...engine, retry: { ...engine.retry, maxAttempts: 2 } } }
    const plan = await made.reload({ components: [source.config, adjusted], pipelines: [{ exporters: ['out'] }] })
    expect(plan.components.find(({ id }) => id === 'out')).toMatchObject({
      fate: 'adjusted',
      why: ['retry.maxAttempts'],
    })
    await made.clock.advance(60_000)
    expect(made.balance()).toMatchObject({ dropped: { 'exporter/out: unavailable': 2 }, balanced: true })
    expect(out.calls).toBe(3)
  })

  it('moves a queue from memory to disk: what waits goes out first', async () => {
    const [source, out] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } })]
    out.before = down
    const made = await rig({
      components: [source.config, out.config],
      pipelines: [{ exporters: ['out'] }],
      disk: fakeDisk(),
    })
    const batches = [events(2), events(2), events(2), events(2)]
    for (const batch of batches.slice(0, 2)) await source.send(batch)
    const onDisk = queueOf({ storage: { extension: undefined } })
    const stored = { ...out.config, engine: { ...out.config.engine, sendingQueue: onDisk } }
    await made.reload({ components: [source.config, stored], pipelines: [{ exporters: ['out'] }] })
    for (const batch of batches.slice(2)) await source.send(batch)
    expect(made.collector.stats().at(-1)).toMatchObject({ queueStored: 4 })
    out.before = () => {}
    await made.clock.advance(60_000)
    expect(out.ids).toEqual(batches.flatMap(idsOf))
    expect(made.balance()).toMatchObject({ received: 8, delivered: 8, queued: 0, balanced: true })
    const memory = { components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] }
    await made.reload(memory)
    for (let i = 0; i < 100 && made.collector.stores().length > 0; i++) await made.clock.advance(100)
    expect(made.collector.stores()).toEqual([])
  })

  it('empties the queue of an exporter that is gone, and takes it back when it is named again meanwhile', async () => {
    const [source, out, other] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } }), sink('other')]
    out.before = down
    const both = [source.config, out.config, other.config]
    const made = await rig({ components: both, pipelines: [{ exporters: ['out', 'other'] }] })
    await source.send(events(2))
    const without = { components: [source.config, other.config], pipelines: [{ exporters: ['other'] }] }
    expect(fates(await made.reload(without))).toMatchObject({ out: 'drained' })
    await source.send(events(3))
    expect(made.balance()).toMatchObject({ received: 7, delivered: 5, queued: 0, inFlight: 2, balanced: true })
    await made.reload({ components: both, pipelines: [{ exporters: ['out', 'other'] }] })
    out.before = () => {}
    await made.clock.advance(60_000)
    await source.send(events(1))
    await made.clock.settle()
    expect(out.ids).toHaveLength(3)
    expect(made.balance()).toMatchObject({ received: 9, delivered: 9, balanced: true })
    await made.reload(without)
    await made.clock.advance(10)
    expect(made.collector.status().map(({ id }) => id)).toEqual(['feed', 'other'])
  })

  it('waits for what is ending before the same may begin again', async () => {
    const [source, other] = [feed(), sink('other')]
    let open = 0
    const exclusive = component('exporter', 'file', () => ({
      start() {
        if (open++ > 0) throw new Error('already written')
      },
      consume() {},
      async stop() {
        await made.clock.sleep(500)
        open--
      },
    }))
    const both = {
      components: [source.config, exclusive, other.config],
      pipelines: [{ exporters: ['file', 'other'] }],
    }
    const made = await rig(both)
    for (let i = 0; i < 3; i++) {
      await made.reload({ components: [source.config, other.config], pipelines: [{ exporters: ['other'] }] })
      await made.reload(both)
    }
    await source.send(events(1))
    expect(made.balance()).toMatchObject({ received: 2, delivered: 2, balanced: true })
  })

  it('lets a processor hand on what it holds before the next one begins', async () => {
    const [source, out] = [feed(), sink('out')]
    const holder = (id: string) => {
      const held: Batch[] = []
      return component('processor', id, (ctx) => ({
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
    }
    const made = await rig({
      components: [source.config, holder('a'), out.config],
      pipelines: [{ processors: ['a'], exporters: ['out'] }],
    })
    await source.send(events(4))
    await made.reload({
      components: [source.config, holder('a'), out.config],
      pipelines: [{ processors: ['a'], exporters: ['out'] }],
    })
    expect(out.ids).toHaveLength(4)
    await source.send(events(2))
    await made.reload({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    await made.clock.settle()
    expect(out.ids).toHaveLength(6)
    expect(made.balance()).toMatchObject({ received: 6, delivered: 6, held: 0, balanced: true })
  })

  it('goes on with the old configuration when something of the new one does not start', async () => {
    const [source, out, started] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } }), [] as string[]]
    const noted = (id: string, options = {}) => ({
      ...component('receiver', id, () => ({
        start: () => void started.push(`+${id}`),
        stop: () => void started.push(`-${id}`),
      })),
      options,
    })
    const listener = noted('listener')
    const filter = pass('filter')
    const old = [source.config, listener, filter, out.config]
    const pipelines = [{ receivers: ['feed', 'listener'], processors: ['filter'], exporters: ['out'] }]
    const made = await rig({ components: old, pipelines })
    const broken = component('exporter', 'broken', () => ({
      consume() {},
      start: () => Promise.reject(new Error('no route')),
    }))
    const bad = {
      components: [
        source.config,
        { ...listener, options: { port: 2 } },
        { ...filter, options: { b: 1 } },
        changed(out, { c: 1 }),
        broken,
      ],
      pipelines: [
        { receivers: ['feed', 'listener'], processors: ['filter'], exporters: ['out', 'broken'] },
        { id: 'logs/new', receivers: ['feed'], exporters: ['broken'] },
      ],
    }
    const call = made.reload(bad)
    const during = source.send(events(3))
    await expect(call).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringContaining('no route') as string,
    })
    await during
    await source.send(events(2))
    await made.clock.settle()
    expect(out.ids).toHaveLength(5)
    expect(started).toEqual(['+listener', '-listener', '+listener'])
    expect(made.collector.generation.number).toBe(1)
    expect(made.collector.balance()).toMatchObject([{ pipeline: 'logs', received: 5, delivered: 5, balanced: true }])
    expect(made.collector.status().map(({ id, state }) => `${id} ${state}`)).toEqual([
      'feed ok',
      'listener ok',
      'filter ok',
      'out ok',
    ])
    await made.reload({ ...bad, components: [...bad.components.slice(0, -1), sink('broken').config] })
    expect(made.collector.generation.number).toBe(2)
  })

  it('shows no record half of both: a new receiver waits for the new processors', async () => {
    const [source, out] = [feed(), sink('out')]
    const made = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    const eager = component('receiver', 'eager', (ctx) => ({ start: () => void ctx.next(events(3, 'raw')) }))
    const redact = processor('redact', (ctx, batch) => ctx.filtered(batch.count, 'secret'))
    await made.reload({
      components: [source.config, eager, redact, out.config],
      pipelines: [{ receivers: ['feed', 'eager'], processors: ['redact'], exporters: ['out'] }],
    })
    await made.clock.settle()
    expect(out.ids).toEqual([])
    expect(made.balance()).toMatchObject({ received: 3, filtered: { secret: 3 }, balanced: true })
  })

  it('does not wait for ever for a destination that does not answer', async () => {
    const [source, stuck] = [feed(), sink('out', { engine: { sendingQueue: queueOf() } })]
    stuck.before = () => new Promise(() => {})
    const made = await rig({ components: [source.config, stuck.config], pipelines: [{ exporters: ['out'] }] })
    await source.send(events(1))
    await source.send(events(2))
    const next = sink('out', { engine: { sendingQueue: queueOf() } })
    await made.reload({ components: [source.config, next.config], pipelines: [{ exporters: ['out'] }] })
    await made.clock.settle()
    expect(next.ids).toHaveLength(2)
    expect(made.balance()).toMatchObject({ delivered: 2, inFlight: 1, balanced: true })
  })

  it('begins those anew that use an extension which changes', async () => {
    const [source, starts] = [feed(), [] as string[]]
    const auth = component('extension', 'auth', () => (starts.push('auth'), { face: {} }))
    const user = component('exporter', 'user', (ctx) => {
      ctx.extension('auth')
      starts.push('user')
      return { consume() {} }
    })
    const other = component('exporter', 'other', () => (starts.push('other'), { consume() {} }))
    const options = { pipelines: [{ exporters: ['user', 'other'] }], extensions: ['auth'] }
    const made = await rig({ components: [source.config, auth, user, other], ...options })
    const plan = await made.reload({
      components: [source.config, { ...auth, options: { x: 1 } }, user, other],
      ...options,
    })
    expect(plan.components.find(({ id }) => id === 'user')).toMatchObject({
      fate: 'restarted',
      why: ['the extension auth'],
    })
    expect(starts).toEqual(['auth', 'user', 'other', 'auth', 'user'])
  })

  it('says what takes effect with the next start only', async () => {
    const source = feed()
    const out = sink('out', { engine: { sendingQueue: queueOf({ storage: { extension: 'kept' } }) } })
    const kept = component('extension', 'kept', () => ({ face: { folder: { path: '/kept', sync: 'none' } } }))
    const options = { pipelines: [{ exporters: ['out'] }], extensions: ['kept'], disk: fakeDisk() }
    const made = await rig({ components: [source.config, kept, out.config], ...options })
    const next = configOf(
      { components: [source.config, { ...kept, options: { sync: 'commit' } }, out.config], ...options },
      '',
    )
    const { service } = next
    const plan = made.collector.plan({
      ...next,
      service: { ...service, workerPoolSize: 9, telemetry: { ...service.telemetry, logLevel: 'debug' } },
    })
    expect(plan.deferred).toEqual([
      'service.telemetry (logLevel)',
      'service.worker_pool_size',
      'what extension/kept says of exporter/out.sending_queue',
    ])
  })
})
