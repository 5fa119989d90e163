import { describe, expect, it } from 'vitest'
import { definePlugin, type Kind, type PluginDefinition } from '../kit/index.ts'
import { engineKeys } from '../kit/engine-keys.ts'
import { completeOptions } from '../kit/options.ts'
import { engineOptions, engineProperties } from './options.ts'

const plugin = (kind: Kind, more: Partial<PluginDefinition> = {}): PluginDefinition =>
  ({
    ...definePlugin({
      kind,
      type: 'x',
      signals: ['logs'],
      stability: 'experimental',
      summary: 'A plugin of a test.',
      schema: { type: 'object', properties: {} },
      examples: [],
      create: () => ({}),
    }),
    ...more,
  }) as PluginDefinition

const completed = (definition: PluginDefinition, section: unknown = {}) =>
  engineOptions(
    completeOptions({ type: 'object', properties: engineProperties(definition) }, section) as Record<string, unknown>,
  )

describe("the engine's options", () => {
  it('are those that the testing kit leaves out', () => {
    const kinds: Kind[] = ['receiver', 'processor', 'connector', 'exporter', 'extension']
    const own = { type: 'object', properties: { timeout: { type: 'string' }, storage: { type: 'string' } } } as const
    for (const kind of kinds)
      for (const more of [{}, { delivery: 'best_effort' as const }, { schema: own }])
        expect(engineKeys(plugin(kind, more)).toSorted()).toEqual(
          Object.keys(engineProperties(plugin(kind, more))).toSorted(),
        )
  })

  it('have the defaults of the OpenTelemetry Collector', () => {
    expect(completed(plugin('exporter'))).toEqual({
      sendingQueue: {
        numConsumers: 10,
        queueSize: 1_000,
        sizer: 'requests',
        onFull: 'reject',
        waitForResult: false,
        storage: undefined,
        maxDiskBytes: 4 * 1024 ** 3,
        batch: undefined,
      },
      retry: {
        enabled: true,
        initialIntervalMs: 5_000,
        maxIntervalMs: 30_000,
        maxElapsedMs: 300_000,
        multiplier: 1.5,
        randomizationFactor: 0.5,
        maxAttempts: 4,
      },
      timeoutMs: 5_000,
      storage: undefined,
      breaker: undefined,
      deadLetter: undefined,
    })
  })

  it('take block_on_overflow for on_full: block, and a switched-off queue for none', () => {
    expect(completed(plugin('exporter'), { sending_queue: { block_on_overflow: true } }).sendingQueue?.onFull).toBe(
      'block',
    )
    expect(completed(plugin('exporter'), { sending_queue: { enabled: false } }).sendingQueue).toBeUndefined()
  })

  it('try as often as fits into a limit of time that is written', () => {
    expect(completed(plugin('exporter'), { retry_on_failure: { max_elapsed_time: '10m' } }).retry).toMatchObject({
      maxElapsedMs: 600_000,
      maxAttempts: 0,
    })
  })

  it('try without end and without a limit of time where the queue is on disk', () => {
    const { sendingQueue, retry } = completed(plugin('exporter'), { sending_queue: { storage: 'file_storage' } })
    expect(sendingQueue?.storage).toEqual({ extension: 'file_storage' })
    expect([retry.maxAttempts, retry.maxElapsedMs]).toEqual([0, 0])
  })

  it('switch a breaker, dead letters and batching behind the queue on by being written', () => {
    const { breaker, deadLetter, sendingQueue } = completed(plugin('exporter'), {
      breaker: {},
      dead_letter: { max_bytes: '1MiB' },
      sending_queue: { batch: {} },
    })
    expect(breaker).toEqual({ failures: 5, openForMs: 60_000 })
    expect(deadLetter).toEqual({ storage: { extension: undefined }, maxBytes: 1_048_576 })
    expect(sendingQueue?.batch).toEqual({ sizer: 'items', minSize: 8_192, maxSize: 0, flushTimeoutMs: 200 })
    expect(completed(plugin('exporter'), { breaker: { enabled: false } }).breaker).toBeUndefined()
  })

  it('switch a queue on by being written, where the plugin has none of itself', () => {
    const definition = plugin('exporter', { engineDefaults: { sending_queue: { enabled: false, num_consumers: 2 } } })
    expect(completed(definition).sendingQueue).toBeUndefined()
    expect(completed(definition, { sending_queue: { queue_size: 5 } }).sendingQueue).toMatchObject({
      queueSize: 5,
      numConsumers: 2,
    })
  })

  it("start from a plugin's own defaults", () => {
    const definition = plugin('exporter', {
      engineDefaults: { sending_queue: { enabled: false }, retry_on_failure: { max_attempts: 0 }, timeout: '0s' },
    })
    const { sendingQueue, retry, timeoutMs } = completed(definition)
    expect([sendingQueue, retry.maxAttempts, timeoutMs]).toEqual([undefined, 0, 0])
  })
})
