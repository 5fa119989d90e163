import { describe, expect, it } from 'vitest'
import { logs, metrics, spans, type Batch, type Context } from '../../core/kit/index.ts'
import { component, events, feed, queueOf, rig, type Sink } from './rig.ts'

const gauges = (points: readonly number[]): Batch<'metrics'> =>
  metrics([{ name: 'temperature', type: 'gauge', dataPoints: points.map((value) => ({ value, time: 1n })) }])

const twoSpans = (): Batch<'traces'> => spans([{ name: 'a' }, { name: 'b' }])

/** A sink that takes any signal; `ids` of the rig's own are for logs. */
const anySink = (id: string, queue = false): Sink & { readonly seen: string[] } => {
  const seen: string[] = []
  const batches: Batch[] = []
  const config = component(
    'exporter',
    id,
    () => ({
      consume(batch) {
        batches.push(batch)
        seen.push(`${batch.signal}:${batch.count}:${batch.points}`)
      },
    }),
    queue ? { engine: { sendingQueue: queueOf() } } : {},
  )
  return { config, batches, ids: [], calls: 0, before: () => {}, seen }
}

const passing = component('processor', 'pass', (ctx) => ({
  consume: async (batch, signal) => void (await ctx.next(batch, signal)),
}))

describe('pipelines of several signals', () => {
  it('share a receiver and an exporter, and each batch goes where its signal is carried', async () => {
    const [source, out, other] = [feed(), anySink('out', true), anySink('other')]
    const made = await rig({
      components: [source.config, passing, out.config, other.config],
      pipelines: [
        { id: 'logs', signal: 'logs', processors: ['pass'], exporters: ['out'] },
        { id: 'metrics', signal: 'metrics', processors: ['pass'], exporters: ['out'] },
        { id: 'traces', signal: 'traces', exporters: ['out'] },
        { id: 'traces/too', signal: 'traces', exporters: ['other'] },
      ],
    })
    expect(source.ctx.signals).toEqual(['logs', 'metrics', 'traces'])
    await source.send(events(3))
    await source.send(gauges([1, 2, 3, 4]))
    await source.send(twoSpans())
    await made.clock.settle()
    expect(out.seen).toEqual(['logs:3:3', 'metrics:1:4', 'traces:2:2'])
    expect(other.seen).toEqual(['traces:2:2'])
    for (const [pipeline, delivered] of [
      ['logs', 3],
      ['metrics', 1],
      ['traces', 2],
      ['traces/too', 2],
    ] as const)
      expect(made.balance(pipeline)).toMatchObject({ received: delivered, delivered, balanced: true })
    const value = (name: string): number | undefined =>
      made.collector
        .metrics()
        .find((one) => one.name === name)
        ?.points.reduce((sum, point) => sum + point.value, 0)
    expect(value('otelcol_receiver_accepted_log_records')).toBe(3)
    expect(value('otelcol_receiver_accepted_metric_points')).toBe(4)
    expect(value('otelcol_receiver_accepted_spans')).toBe(4)
    expect(value('otelcol_exporter_sent_metric_points')).toBe(4)
    expect(value('otelcol_exporter_sent_spans')).toBe(4)
  })

  it('refuse a batch of a signal that no pipeline carries, and say so', async () => {
    const [source, out] = [feed(), anySink('out')]
    const made = await rig({ components: [source.config, out.config], pipelines: [{ exporters: ['out'] }] })
    await expect(source.send(gauges([1]))).rejects.toMatchObject({
      code: 'rejected',
      message: 'receiver/feed stands in no pipeline that carries metrics',
    })
    expect(made.balance()).toMatchObject({ received: 0, balanced: true })
  })

  it('are joined by a connector that makes one signal of another', async () => {
    const [source, out] = [feed(), anySink('out')]
    const counting = component('connector', 'count', (ctx: Context) => ({
      async consume(batch, signal) {
        await ctx.next(gauges([batch.count]), signal)
      },
    }))
    const made = await rig({
      components: [source.config, counting, out.config],
      pipelines: [
        { id: 'logs', signal: 'logs', exporters: ['count'] },
        { id: 'metrics', signal: 'metrics', receivers: ['count'], exporters: ['out'] },
      ],
    })
    await source.send(logs([{ body: 'a' }, { body: 'b' }]))
    expect(out.seen).toEqual(['metrics:1:1'])
    expect((out.batches[0] as Batch<'metrics'>).at(0).dataPoints[0]?.value).toBe(2)
    expect(made.balance('logs')).toMatchObject({ received: 2, delivered: 2, balanced: true })
    expect(made.balance('metrics')).toMatchObject({ received: 1, delivered: 1, balanced: true })
  })

  it('copy what waits out of a buffer that is mostly dead, whatever the signal', async () => {
    const source = feed()
    const gate = Promise.withResolvers<void>()
    const held: Batch[] = []
    const slow = component(
      'exporter',
      'slow',
      () => ({
        async consume(batch) {
          await gate.promise
          held.push(batch)
        },
      }),
      { engine: { sendingQueue: queueOf() } },
    )
    const made = await rig({
      components: [source.config, slow],
      pipelines: [{ id: 'traces', signal: 'traces', exporters: ['slow'] }],
    })
    const many = spans(
      Array.from({ length: 2_000 }, (_, i) => ({ name: `span ${i}`, attributes: { text: 'x'.repeat(40) } })),
    )
    const few = many.filter(({ name }) => name === 'span 7')
    expect(few.pinned).toBeGreaterThan(few.bytes * 100)
    await source.send(twoSpans())
    await source.send(few)
    gate.resolve()
    await made.clock.settle()
    const [, kept] = held as Batch<'traces'>[]
    expect(kept?.at(0).name).toBe('span 7')
    expect(kept?.pinned).toBeLessThan(few.bytes * 4)
  })
})
