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
      sendingQueue: { numConsumers: 10, queueSize: 1_000, sizer: 'requests', onFull: 'reject', waitForResult: false },
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
    })
  })

  it('take block_on_overflow for on_full: block, and a switched-off queue for none', () => {
    expect(completed(plugin('exporter'), { sending_queue: { block_on_overflow: true } }).sendingQueue?.onFull).toBe(
      'block',
    )
    expect(completed(plugin('exporter'), { sending_queue: { enabled: false } }).sendingQueue).toBeUndefined()
  })

  it("start from a plugin's own defaults", () => {
    const definition = plugin('exporter', {
      engineDefaults: { sending_queue: { enabled: false }, retry_on_failure: { max_attempts: 0 }, timeout: '0s' },
    })
    const { sendingQueue, retry, timeoutMs } = completed(definition)
    expect([sendingQueue, retry.maxAttempts, timeoutMs]).toEqual([undefined, 0, 0])
  })
})
