/**
 * Random graphs, random components, random failures and cancellations: the books must be right at every moment, and every
 * acknowledged record must be at each required exporter or be counted by name.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ComponentConfig, PipelineConfig } from '../../core/config/types.ts'
import { CollectorError, PartialError, type Context, type LogBatch } from '../../core/kit/index.ts'
import { seededRandom } from '../../core/kit/testing.ts'
import batchProcessor from '../../plugins/processors/batch/index.ts'
import { component, events, feed, idsOf, processor, queueOf, rig, sink, type Rig, type Sink } from './rig.ts'

/** SENECA_RUNS=5000 looks longer. */
const RUNS = Number(process.env['SENECA_RUNS'] ?? 60)

const unavailable = (): CollectorError => new CollectorError('unavailable', 'down', { retryable: true })

type Behaviour = (random: () => number) => (ctx: Context, batch: LogBatch, signal: AbortSignal) => Promise<void>

const behaviours: Readonly<Record<string, Behaviour>> = {
  pass: () => async (ctx, batch, signal) => void (await ctx.next(batch, signal)),
  slow: (random) => async (ctx, batch, signal) => {
    await ctx.clock.sleep(random() * 50)
    await ctx.next(batch, signal)
  },
  filter: (random) => async (ctx, batch, signal) => {
    const kept = batch.filter(() => random() < 0.7)
    ctx.filtered(batch.count - kept.count, 'by chance')
    await ctx.next(kept, signal)
  },
  splits: () => async (ctx, batch, signal) => {
    const middle = Math.floor(batch.count / 2)
    await Promise.all([ctx.next(batch.slice(0, middle), signal), ctx.next(batch.slice(middle), signal)])
  },
  makes: () => async (ctx, batch, signal) => {
    await ctx.next(batch, signal)
    await ctx.emit(events(1, 'made')).catch(() => {})
  },
  refuses: (random) => async (ctx, batch, signal) => {
    const n = Math.floor(random() * batch.count)
    if (n > 0) ctx.refused(batch.slice(0, n), new CollectorError('invalid_data', 'by chance'))
    await ctx.next(batch.slice(n), signal)
  },
  throws: (random) => async (ctx, batch, signal) => {
    if (random() < 0.2) throw new Error('by chance')
    if (random() < 0.2) throw unavailable()
    await ctx.next(batch, signal)
  },
  leaks: (random) => async (ctx, batch, signal) => {
    await ctx.next(random() < 0.3 ? batch.slice(1) : batch, signal)
  },
  swallows: () => async (ctx, batch, signal) => {
    await ctx.next(batch, signal).catch(() => {})
  },
}

const holding = (id: string): ComponentConfig =>
  component('processor', id, (ctx) => {
    const held: LogBatch[] = []
    const flush = async (): Promise<void> => {
      for (const one of held.splice(0)) {
        ctx.held(-one.count)
        await ctx.next(one).catch((error: unknown) => ctx.dropped(one.count, CollectorError.from(error).code))
      }
    }
    return {
      start: () => void ctx.clock.every(70, () => void flush()),
      consume(batch) {
        ctx.held(batch.count)
        held.push(batch as LogBatch)
      },
      stop: flush,
    }
  })

const batching = (id: string, size: number): ComponentConfig => ({
  ...component(
    'processor',
    id,
    (ctx) =>
      batchProcessor.create(
        ctx as never,
        {
          send_batch_size: size,
          send_batch_max_size: size,
          timeout: 40,
        } as never,
      ),
    { concurrency: 100 },
  ),
})

const processorKind = fc.constantFrom(...Object.keys(behaviours), 'holds', 'batches')
const exporterKind = fc.record({
  mode: fc.constantFrom('direct', 'queue', 'result', 'live'),
  onFull: fc.constantFrom('block' as const, 'reject' as const, 'drop_oldest' as const),
  sizer: fc.constantFrom('items' as const, 'requests' as const, 'bytes' as const),
  size: fc.integer({ min: 1, max: 30 }),
  concurrency: fc.integer({ min: 1, max: 4 }),
  failing: fc.double({ min: 0, max: 0.6, noNaN: true }),
  retries: fc.boolean(),
})
const pipelineShape = fc.record({
  processors: fc.array(processorKind, { maxLength: 3 }),
  exporters: fc.array(exporterKind, { minLength: 1, maxLength: 3 }),
})
const scenario = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  pipelines: fc.array(pipelineShape, { minLength: 1, maxLength: 3 }),
  steps: fc.array(
    fc.record({
      events: fc.integer({ min: 0, max: 12 }),
      advance: fc.constantFrom(0, 0, 5, 60, 400, 3_000),
      cancel: fc.boolean(),
    }),
    { minLength: 5, maxLength: 20 },
  ),
})
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never
type ExporterShape = Scenario['pipelines'][number]['exporters'][number]

const failSometimes = (made: Sink, shape: ExporterShape, random: () => number, clock: () => Rig['clock']): void => {
  made.before = async (batch) => {
    if (random() < 0.5) await clock().sleep(random() * 100)
    if (random() >= shape.failing) return
    const kind = random()
    if (kind < 0.6) throw unavailable()
    if (kind < 0.8) throw new CollectorError('rejected', '400')
    throw new PartialError('some', [0].slice(0, batch.count))
  }
}

const exporterOf = (id: string, shape: ExporterShape): Sink =>
  sink(id, {
    concurrency: shape.concurrency,
    ...(shape.mode === 'live' && { delivery: 'best_effort' as const }),
    engine: {
      retry: { enabled: shape.retries, maxAttempts: 3, initialIntervalMs: 50 },
      sendingQueue:
        shape.mode === 'queue' || shape.mode === 'result'
          ? queueOf({
              onFull: shape.onFull,
              sizer: shape.sizer,
              queueSize: shape.sizer === 'bytes' ? shape.size * 100 : shape.size,
              numConsumers: 4,
              waitForResult: shape.mode === 'result',
            })
          : undefined,
    },
  })

const processorOf = (id: string, kind: string, random: () => number): ComponentConfig => {
  if (kind === 'holds') return holding(id)
  if (kind === 'batches') return batching(id, 5)
  return processor(id, behaviours[kind]?.(random) ?? (() => {}), { concurrency: 1 + Math.floor(random() * 3) })
}

/** Pipelines in a row of connectors: each ends in its exporters and, but for the last, in a connector to the next. */
const build = (shape: Scenario) => {
  const random = seededRandom(shape.seed)
  const components: ComponentConfig[] = []
  const pipelines: PipelineConfig[] = []
  const sinks: { readonly sink: Sink; readonly shape: ExporterShape }[] = []
  shape.pipelines.forEach((pipeline, p) => {
    const processors = pipeline.processors.map((kind, i) => {
      components.push(processorOf(`p${p}_${i}`, kind, random))
      return `p${p}_${i}`
    })
    const exporters = pipeline.exporters.map((one, i) => {
      const made = exporterOf(`e${p}_${i}`, one)
      components.push(made.config)
      sinks.push({ sink: made, shape: one })
      return `e${p}_${i}`
    })
    const last = p === shape.pipelines.length - 1
    if (!last)
      components.push(
        component('connector', `c${p}`, (ctx) => ({
          consume: async (batch, signal) => void (await ctx.next(batch, signal)),
        })),
      )
    pipelines.push({
      id: `logs/${p}`,
      signal: 'logs',
      receivers: [p === 0 ? 'feed' : `c${p - 1}`],
      processors,
      exporters: last ? exporters : [...exporters, `c${p}`],
    })
  })
  return { components, pipelines, sinks, random }
}

const booksAreRight = (made: Rig): void => {
  for (const balance of made.collector.balance()) expect(balance).toMatchObject({ balanced: true })
}

const play = async (shape: Scenario): Promise<void> => {
  const source = feed()
  const { components, pipelines, sinks, random } = build(shape)
  const made = await rig({ components: [source.config, ...components], pipelines, seed: shape.seed })
  for (const { sink: one, shape: its } of sinks) failSometimes(one, its, random, () => made.clock)
  const acked: string[] = []
  const open: Promise<void>[] = []
  for (const step of shape.steps) {
    const batch = events(step.events)
    const sender = new AbortController()
    const call = source.send(batch, sender.signal).then(
      () => void acked.push(...idsOf(batch)),
      () => {},
    )
    open.push(call)
    booksAreRight(made)
    await made.clock.advance(step.advance)
    booksAreRight(made)
    if (step.cancel) sender.abort()
    await made.clock.settle()
    booksAreRight(made)
  }
  await made.clock.advance(60_000)
  booksAreRight(made)
  const report = await made.stop(60_000)
  await Promise.all(open)
  booksAreRight(made)
  expect(report).toEqual({ drained: true, left: {}, stored: {} })
  for (const balance of made.collector.balance()) expect(balance).toMatchObject({ queued: 0, inFlight: 0, held: 0 })
  deliveredWhereNothingWasLost(made, shape, sinks, acked)
}

/** A pipeline whose books show no loss and no filter has every acked record at every exporter. */
const deliveredWhereNothingWasLost = (
  made: Rig,
  shape: Scenario,
  sinks: readonly { readonly sink: Sink }[],
  acked: readonly string[],
): void => {
  const [first] = made.collector.balance()
  const [pipeline] = shape.pipelines
  if (!first || !pipeline || Object.keys({ ...first.dropped, ...first.filtered }).length > 0) return
  sinks.slice(0, pipeline.exporters.length).forEach(({ sink: one }) => {
    expect(acked.filter((id) => !one.ids.includes(id))).toEqual([])
  })
}

describe('the balance', () => {
  it('is right at every moment, whatever the graph, the failures and the cancellations', async () => {
    await fc.assert(fc.asyncProperty(scenario, play), { numRuns: RUNS, interruptAfterTimeLimit: 100_000 })
  })
})
