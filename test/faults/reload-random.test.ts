/** Random configurations that follow one another while destinations are slow and fail, on a fake clock and a fake disk. */
import { describe, expect, it } from 'vitest'
import { CollectorError } from '../../core/kit/index.ts'
import { seededRandom } from '../../core/kit/testing.ts'
import { fakeDisk } from '../../core/storage/testing/fake-disk.ts'
import { component, events, feed, idsOf, pass, queueOf, rig, sink, type Sink } from './rig.ts'

const down = (): never => {
  throw new CollectorError('unavailable', 'down', { retryable: true })
}

/** One configuration out of many: exporters with and without queues, processors, a second pipeline behind a connector. */
const draw = (random: () => number, sinks: Map<string, Sink>, source: ReturnType<typeof feed>, turn: number) => {
  const often = (share: number): boolean => random() < share
  const named = (id: string): ReturnType<typeof component> => {
    const one = sinks.get(id) ?? sink(id)
    sinks.set(id, one)
    const queue = [
      undefined,
      queueOf(),
      queueOf({ numConsumers: 3, queueSize: 50 }),
      queueOf({ storage: { extension: undefined } }),
    ]
    const { engine } = one.config
    return {
      ...one.config,
      options: often(0.5) ? { turn } : {},
      engine: {
        ...engine,
        retry: { ...engine.retry, maxAttempts: 0 },
        sendingQueue: queue[Math.floor(random() * queue.length)],
      },
    }
  }
  const steps = ['p1', 'p2', 'p3'].filter(() => often(0.5))
  const way = component('connector', 'way', (ctx) => ({ consume: async (batch) => void (await ctx.next(batch)) }))
  return {
    components: [
      source.config,
      ...['p1', 'p2', 'p3'].map((id) => ({ ...pass(id), options: { turn } })),
      way,
      named('one'),
      named('two'),
    ],
    pipelines: [
      { processors: steps.toSorted(() => random() - 0.5), exporters: often(0.5) ? ['one', 'way'] : ['way', 'one'] },
      { id: 'logs/behind', receivers: ['way'], processors: often(0.5) ? ['p3'] : [], exporters: ['two'] },
    ],
  }
}

describe('reloads at random', () => {
  it('lose nothing, double nothing and keep the books right, whatever changes while destinations fail', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed)
      const [source, sinks] = [feed(), new Map<string, Sink>()]
      const made = await rig({ ...draw(random, sinks, source, 0), seed, disk: fakeDisk() })
      const sent: string[] = []
      const calls: Promise<unknown>[] = []
      for (let turn = 1; turn <= 6; turn++) {
        for (const one of sinks.values())
          one.before = async () => {
            await made.clock.sleep(random() * 40)
            if (random() < 0.3) down()
          }
        const reloading = made.reload(draw(random, sinks, source, turn))
        for (let i = 0; i < 10; i++) {
          const batch = events(1 + Math.floor(random() * 4))
          sent.push(...idsOf(batch))
          calls.push(source.send(batch))
          await made.clock.advance(random() * 60)
        }
        await reloading
        expect(
          made.collector.balance().every(({ balanced }) => balanced),
          `seed ${seed}`,
        ).toBe(true)
      }
      let open = calls.length
      const failures: unknown[] = []
      for (const call of calls) void call.catch((error: unknown) => failures.push(error)).finally(() => open--)
      const isDone = (): boolean =>
        open === 0 && made.collector.balance().every(({ queued, inFlight }) => queued + inFlight === 0)
      for (let i = 0; i < 300 && !isDone(); i++) await made.clock.advance(1_000)
      expect({ open, failures }, `seed ${seed}`).toEqual({ open: 0, failures: [] })
      for (const id of ['one', 'two'])
        expect(sinks.get(id)?.ids.toSorted(), `seed ${seed}, ${id}`).toEqual(sent.toSorted())
      const [first, behind] = made.collector.balance()
      expect(first).toMatchObject({ received: sent.length * 2, delivered: sent.length * 2, queued: 0, balanced: true })
      expect(behind).toMatchObject({ received: sent.length, delivered: sent.length, queued: 0, balanced: true })
    }
  })
})
