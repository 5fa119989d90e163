/** Components out of a function, with the engine's options given by hand. */
import type { ComponentConfig, EngineOptions } from '../../core/config/types.ts'
import { definePlugin, type Component, type Context, type Kind, type PluginDefinition } from '../../core/kit/index.ts'

const engineDefaults: EngineOptions = {
  sendingQueue: undefined,
  retry: {
    enabled: true,
    initialIntervalMs: 1_000,
    maxIntervalMs: 30_000,
    maxElapsedMs: 0,
    multiplier: 2,
    randomizationFactor: 0,
    maxAttempts: 4,
  },
  timeoutMs: 0,
  storage: undefined,
  breaker: undefined,
  deadLetter: undefined,
}

export const queueOf = (
  options: Partial<NonNullable<EngineOptions['sendingQueue']>> = {},
): NonNullable<EngineOptions['sendingQueue']> => ({
  numConsumers: 1,
  orderBy: undefined,
  queueSize: 1_000,
  sizer: 'requests',
  onFull: 'block',
  waitForResult: false,
  storage: undefined,
  maxDiskBytes: 0,
  batch: undefined,
  ...options,
})

export interface ComponentOptions {
  readonly engine?: Partial<Omit<EngineOptions, 'retry'>> & { readonly retry?: Partial<EngineOptions['retry']> }
  readonly concurrency?: number
  readonly delivery?: PluginDefinition['delivery']
}

export const component = (
  kind: Kind,
  id: string,
  create: (ctx: Context) => Component | Promise<Component>,
  { engine = {}, concurrency, delivery }: ComponentOptions = {},
): ComponentConfig => ({
  id,
  kind,
  definition: definePlugin({
    kind,
    type: id.split('/')[0] ?? id,
    signals: ['logs'],
    stability: 'experimental',
    summary: 'A component of a test.',
    schema: { type: 'object', properties: {} },
    examples: [],
    ...(concurrency !== undefined && { concurrency }),
    ...(delivery !== undefined && { delivery }),
    create: (ctx: never) => create(ctx),
  }) as unknown as PluginDefinition,
  options: {},
  engine: { ...engineDefaults, ...engine, retry: { ...engineDefaults.retry, ...engine.retry } },
  position: { file: 'test.yaml', line: 1, column: 1 },
})
