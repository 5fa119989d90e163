/** A collector on a fake clock, out of scripted components: what the delivery tests run. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { CollectorConfig, ComponentConfig, PipelineConfig } from '../../core/config/types.ts'
import { createCollector } from '../../core/engine/index.ts'
import type { Collector, ReloadPlan } from '../../core/engine/types.ts'
import { logs, type Batch, type Context, type LogBatch, type LogRecord, type Receipt } from '../../core/kit/index.ts'
import { fakeClock, seededRandom, type FakeClock } from '../../core/kit/testing.ts'
import type { Disk } from '../../core/storage/index.ts'
import { component, type ComponentOptions } from './parts.ts'

export { component, queueOf } from './parts.ts'

export interface Feed {
  readonly config: ComponentConfig
  send(batch: Batch, signal?: AbortSignal): Promise<Receipt>
  readonly ctx: Context
}

/** A receiver that hands on what the test gives it. */
export const feed = (id = 'feed'): Feed => {
  let ctx: Context | undefined
  const running = (): Context => {
    if (!ctx) throw new Error(`the feed ${id} was not started`)
    return ctx
  }
  return {
    config: component('receiver', id, (given) => {
      ctx = given
      return {}
    }),
    send: (batch, signal) => running().next(batch, signal),
    get ctx() {
      return running()
    },
  }
}

export interface Sink {
  readonly config: ComponentConfig
  /** What was confirmed. */
  readonly batches: Batch[]
  readonly ids: string[]
  /** Calls of consume. */
  calls: number
  /** Runs before a batch is confirmed. */
  before: (batch: Batch, signal: AbortSignal) => void | Promise<void>
}

/** An exporter that remembers what it confirmed. */
export const sink = (id: string, options: ComponentOptions = {}): Sink => {
  const it: Sink = {
    batches: [],
    ids: [],
    calls: 0,
    before: () => {},
    config: component(
      'exporter',
      id,
      () => ({
        async consume(batch, signal) {
          it.calls++
          await it.before(batch, signal)
          it.batches.push(batch)
          it.ids.push(...idsOf(batch))
        },
      }),
      options,
    ),
  }
  return it
}

/** A processor out of a function. */
export const processor = (
  id: string,
  consume: (ctx: Context, batch: LogBatch, signal: AbortSignal) => void | Promise<void>,
  options: ComponentOptions = {},
): ComponentConfig =>
  component(
    'processor',
    id,
    (ctx) => ({ consume: (batch, signal) => consume(ctx, batch as LogBatch, signal) }),
    options,
  )

export const pass = (id: string, options: ComponentOptions = {}): ComponentConfig =>
  processor(id, async (ctx, batch, signal) => void (await ctx.next(batch, signal)), options)

export const idsOf = (batch: Batch): string[] =>
  Array.from(batch as Batch<'logs'>, (record: LogRecord) => record.body as string)

let numbered = 0
/** A batch of n events with ids never used before. */
export const events = (n: number, prefix = 'e'): LogBatch =>
  logs(Array.from({ length: n }, () => ({ eventName: 'test.happened', body: `${prefix}${numbered++}` })))

export interface Rig {
  readonly collector: Collector
  readonly clock: FakeClock
  readonly logged: { readonly level: string; readonly message: string; readonly fields: unknown }[]
  readonly balance: (pipeline?: string) => ReturnType<Collector['balance']>[number]
  /** Stops with the deadline, moving the clock as needed. */
  readonly stop: (deadlineMs?: number) => ReturnType<Collector['stop']>
  /** Goes on with other components and pipelines, moving the clock as far as a reload may wait. */
  readonly reload: (next: Pick<RigOptions, 'components' | 'pipelines'> & Partial<RigOptions>) => Promise<ReloadPlan>
}

export interface RigOptions {
  readonly components: readonly ComponentConfig[]
  readonly pipelines: readonly (Partial<PipelineConfig> & { readonly id?: string })[]
  readonly extensions?: readonly string[]
  readonly once?: boolean
  readonly start?: boolean
  readonly seed?: number
  readonly dataDirectory?: string
  readonly disk?: Disk
  readonly limits?: CollectorConfig['service']['limits']
  readonly deadLetter?: CollectorConfig['service']['deadLetter']
  /** Its time goes on from where an earlier life ended. */
  readonly clock?: FakeClock
}

export const configOf = (options: RigOptions, folder: string): CollectorConfig => ({
  components: new Map(options.components.map((one) => [`${one.kind}/${one.id}`, one])),
  pipelines: options.pipelines.map((pipeline) => ({
    id: 'logs',
    signal: 'logs',
    receivers: ['feed'],
    processors: [],
    exporters: [],
    ...pipeline,
  })),
  service: {
    extensions: options.extensions ?? [],
    telemetry: { logLevel: 'info', logEncoding: 'console', metricsLevel: 'normal' },
    workerPoolSize: 2,
    shutdownTimeoutMs: 10_000,
    limits: options.limits ?? { memoryBytes: 0, diskBytes: 0 },
    deadLetter: options.deadLetter,
  },
  folder,
})

export const rig = async (options: RigOptions): Promise<Rig> => {
  const made = options.dataDirectory === undefined
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'seneca-rig-'))
  const clock = options.clock ?? fakeClock()
  const logged: Rig['logged'] = []
  const log = (level: string) => (message: string, fields?: unknown) => void logged.push({ level, message, fields })
  const config = configOf(options, dataDirectory)
  const collector = createCollector(config, {
    clock,
    random: seededRandom(options.seed ?? 1),
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    dataDirectory,
    ...(options.disk && { disk: options.disk }),
    once: options.once ?? false,
  })
  const stop = async (deadlineMs = 5_000): ReturnType<Collector['stop']> => {
    const report = collector.stop(deadlineMs)
    await clock.advance(deadlineMs + 1)
    return report
  }
  onTestFinished(async () => {
    await stop(0)
    if (made) rmSync(dataDirectory, { recursive: true, force: true })
  })
  if (options.start !== false) await collector.start()
  return {
    collector,
    clock,
    logged,
    balance: (pipeline = 'logs') => {
      const found = collector.balance().find((one) => one.pipeline === pipeline)
      if (!found) throw new Error(`no pipeline ${pipeline}`)
      return found
    },
    stop,
    async reload(next) {
      const reloading = collector.reload(configOf({ ...options, ...next }, dataDirectory))
      let over = false
      const settled = (): void => void (over = true)
      reloading.then(settled, settled)
      while (!over) await clock.advance(50)
      return reloading
    },
  }
}
