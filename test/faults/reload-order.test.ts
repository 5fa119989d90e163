/**
 * What came into a pipeline first leaves first, whatever follows whatever: random configurations with processors that hold
 * records, that take their time, come, go and change places, queues in memory, on a slow disk and none, destinations that
 * are slow and fail. On a fake clock and a fake disk.
 */
import { describe, expect, it } from 'vitest'
import batch from '../../plugins/processors/batch/index.ts'
import type { ComponentConfig } from '../../core/config/types.ts'
import { CollectorError, type PluginDefinition } from '../../core/kit/index.ts'
import { seededRandom } from '../../core/kit/testing.ts'
import { fakeDisk } from '../../core/storage/testing/fake-disk.ts'
import { component, events, feed, idsOf, pass, processor, queueOf, rig, sink, type Feed, type Sink } from './rig.ts'

const SEEDS = Number(process.env['SEEDS'] ?? 24)

const down = (): never => {
  throw new CollectorError('unavailable', 'down', { retryable: true })
}

const batching = (options: object): ComponentConfig => ({
  ...component('processor', 'batch', () => ({})),
  definition: batch as unknown as PluginDefinition,
  options: { send_batch_size: 20, send_batch_max_size: 0, timeout: 30, ...options },
})

type Drawn = Pick<Parameters<typeof rig>[0], 'components' | 'pipelines'>

const draw = (random: () => number, turn: number, source: Feed, out: Sink, other: Sink): Drawn => {
  const often = (share: number): boolean => random() < share
  const slow = processor('slow', async (ctx, records, signal) => {
    // Longer than a reload waits for what is under way.
    await ctx.clock.sleep(random() * 400)
    await ctx.next(records, signal)
  })
  const queue = [
    undefined,
    queueOf(),
    queueOf({ queueSize: 2 }),
    queueOf({ storage: { extension: undefined } }),
    queueOf({ storage: { extension: undefined } }),
  ][Math.floor(random() * 5)]
  const ends = (one: Sink, sendingQueue: typeof queue): ComponentConfig => ({
    ...one.config,
    options: often(0.5) ? { turn } : {},
    engine: { ...one.config.engine, retry: { ...one.config.engine.retry, maxAttempts: 0 }, sendingQueue },
  })
  const processors = ['pass', 'slow', 'batch'].filter(() => often(0.6))
  return {
    components: [
      source.config,
      { ...pass('pass'), options: { turn } },
      { ...slow, options: often(0.5) ? { turn } : {} },
      batching({ timeout: 10 + (turn % 3) * 100, send_batch_size: often(0.5) ? 20 : 5 }),
      ends(out, queue),
      ends(other, undefined),
    ],
    pipelines: [
      { processors: processors.toSorted(() => random() - 0.5), exporters: often(0.5) ? ['out'] : ['out', 'other'] },
    ],
  }
}

describe('the order of records', () => {
  it('is kept over any number of reloads', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = seededRandom(seed)
      const [source, out, other, disk] = [feed(), sink('out'), sink('other'), fakeDisk()]
      const made = await rig({ ...draw(random, 0, source, out, other), seed, disk })
      disk.before = async () => made.clock.sleep(random() * 60)
      const sent: string[] = []
      let over = false
      const calls: Promise<unknown>[] = []
      /** As a tailer does: the next when the one before was taken. Every other time as a server does: all at once. */
      const follow = async (): Promise<void> => {
        while (!over) {
          const records = events(1 + Math.floor(random() * 12))
          sent.push(...idsOf(records))
          const call = source.send(records)
          if (seed % 2 === 0) await call
          else calls.push(call)
          await made.clock.sleep(random() * (seed % 2 === 0 ? 30 : 200))
        }
      }
      const following = follow()
      for (let turn = 1; turn <= 10; turn++) {
        // Long enough for queues to be left and come back to while something waits in them.
        const away = seed % 3 === 0 && turn > 2 && turn < 9
        out.before = async () => {
          await made.clock.sleep(random() * 40)
          if (away || random() < 0.3) down()
        }
        other.before = async () => made.clock.sleep(random() * 40)
        await made.reload(draw(random, turn, source, out, other))
        await made.clock.advance(random() * 200)
      }
      over = true
      out.before = () => {}
      let open = true
      void following.finally(() => (open = false))
      const isDone = (): boolean => !open && made.balance().queued + made.balance().held + made.balance().inFlight === 0
      for (let i = 0; i < 300 && !isDone(); i++) await made.clock.advance(1_000)
      await Promise.all([following, ...calls])
      disk.before = async () => {}
      await made.clock.advance(1_000)
      expect(made.balance(), `seed ${seed}`).toMatchObject({
        queued: 0,
        held: 0,
        inFlight: 0,
        balanced: true,
        dropped: {},
      })
      expect(out.ids, `seed ${seed}`).toEqual(sent)
    }
  })

  it('is kept where a processor is removed that holds records', async () => {
    const [source, out, disk] = [feed(), sink('out'), fakeDisk()]
    const ends = {
      ...out.config,
      engine: { ...out.config.engine, sendingQueue: queueOf({ storage: { extension: undefined } }) },
    }
    const made = await rig({
      components: [source.config, batching({ send_batch_size: 100, timeout: 60_000 }), ends],
      pipelines: [{ processors: ['batch'], exporters: ['out'] }],
      disk,
    })
    const [held, later] = [events(3), events(2)]
    const first = source.send(held)
    const reloading = made.reload({ components: [source.config, ends], pipelines: [{ exporters: ['out'] }] })
    await Promise.all([first, reloading, source.send(later)])
    await made.clock.settle()
    expect(out.ids).toEqual([held, later].flatMap(idsOf))
  })

  it('waits for a component that gets no further, and not for ever', async () => {
    const [source, out] = [feed(), sink('out')]
    const stuck = processor('stuck', () => new Promise(() => {}))
    const made = await rig({
      components: [source.config, stuck, out.config],
      pipelines: [{ processors: ['stuck'], exporters: ['out'] }],
    })
    void source.send(events(1)).catch(() => {})
    await made.reload({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    const sent = source.send(events(2))
    await made.clock.advance(1_000)
    expect(out.ids).toEqual([])
    await made.clock.advance(35_000)
    await sent
    expect(out.ids).toHaveLength(2)
    expect(made.logged.map(({ message }) => message)).toContain(
      'processor/stuck: gets no further with what it has; what came later goes on',
    )
  })
})

describe('a component that is made for another configuration', () => {
  it('is told what acks mean there, and what else surrounds it', async () => {
    const [source, out, told] = [feed(), sink('out'), [] as unknown[]]
    const noting = component('processor', 'noting', (ctx) => {
      told.push(ctx.acks)
      return { consume: async (records) => void (await ctx.next(records)) }
    })
    const way = component('connector', 'way', (ctx) => {
      told.push(ctx.outputs)
      return { consume: async (records) => void (await ctx.next(records)) }
    })
    const withQueue = (queue: ReturnType<typeof queueOf>, behind: readonly string[]) => ({
      components: [
        source.config,
        noting,
        way,
        { ...out.config, engine: { ...out.config.engine, sendingQueue: queue } },
      ],
      pipelines: [
        { processors: ['noting'], exporters: ['way'] },
        ...behind.map((id) => ({ id, receivers: ['way'], exporters: ['out'] })),
      ],
    })
    const made = await rig({ ...withQueue(queueOf(), ['logs/a']), disk: fakeDisk() })
    await made.reload(withQueue(queueOf({ storage: { extension: undefined } }), ['logs/a', 'logs/b']))
    expect(told).toEqual([['logs/a'], 'memory', ['logs/a', 'logs/b'], 'destination'])
    await source.send(events(1))
    await made.clock.settle()
    expect(out.ids).toHaveLength(2)
  })
})
