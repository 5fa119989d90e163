/**
 * The engine's own fragments of a component's section, with the OpenTelemetry Collector's names and defaults: retry,
 * queue, timeout, breaker and dead letters of exporters, where a component keeps its state. A plugin that has an option of
 * the same name keeps its own; `best_effort` exporters are never awaited and have none of them.
 */
import type {
  BreakerOptions,
  DeadLetterOptions,
  EngineOptions,
  RetryOptions,
  SendingQueueOptions,
  StoragePlace,
} from '../config/types.ts'
import type { PluginDefinition } from '../kit/plugin.ts'
import type { JsonSchema } from '../kit/schema.ts'
import { breaker, deadLetter, retryOnFailure, sendingQueue, storage, timeout } from './option-schemas.ts'

const overlaid = (schema: JsonSchema, defaults: unknown): JsonSchema => {
  if (defaults === undefined) return schema
  if (schema.properties === undefined || typeof defaults !== 'object' || defaults === null)
    return { ...schema, default: defaults }
  const values = defaults as Readonly<Record<string, unknown>>
  // Who writes the section of a fragment that is off by default wants it.
  if (values['enabled'] === false)
    return { ...overlaid(schema, { ...values, enabled: true }), default: { enabled: false } }
  const properties = Object.entries(schema.properties).map(
    ([key, property]) => [key, overlaid(property, values[key])] as const,
  )
  return { ...schema, properties: Object.fromEntries(properties) }
}

const fragmentsOf = (definition: PluginDefinition): Readonly<Record<string, JsonSchema>> => {
  if (definition.kind === 'exporter') {
    return definition.delivery === 'best_effort'
      ? {}
      : { sending_queue: sendingQueue, retry_on_failure: retryOnFailure, timeout, breaker, dead_letter: deadLetter }
  }
  return definition.kind === 'extension' ? {} : { storage }
}

/** The fragments a component of this plugin takes beside its own options, with the plugin's defaults. */
export const engineProperties = (definition: PluginDefinition): Readonly<Record<string, JsonSchema>> => {
  const own = definition.schema.properties ?? {}
  return Object.fromEntries(
    Object.entries(fragmentsOf(definition))
      .filter(([key]) => !Object.hasOwn(own, key))
      .map(([key, schema]) => [key, overlaid(schema, definition.engineDefaults?.[key])]),
  )
}

interface Section {
  readonly sending_queue?: {
    readonly enabled?: boolean
    readonly num_consumers?: number
    readonly order_by?: string
    readonly queue_size?: number
    readonly sizer?: SendingQueueOptions['sizer']
    readonly on_full?: SendingQueueOptions['onFull']
    readonly block_on_overflow?: boolean
    readonly wait_for_result?: boolean
    readonly storage?: string
    readonly max_disk_bytes?: number
    readonly batch?: {
      readonly flush_timeout: number
      readonly min_size: number
      readonly max_size: number
      readonly sizer: 'items' | 'bytes'
    }
  }
  readonly retry_on_failure?: {
    readonly enabled?: boolean
    readonly initial_interval?: number
    readonly max_interval?: number
    readonly max_elapsed_time?: number
    readonly multiplier?: number
    readonly randomization_factor?: number
    readonly max_attempts?: number
  }
  readonly timeout?: number
  readonly storage?: string
  readonly breaker?: { readonly enabled: boolean; readonly failures: number; readonly open_for: number }
  readonly dead_letter?: DeadLetterSection
}

/** After `completeOptions`. */
export interface DeadLetterSection {
  readonly enabled: boolean
  readonly storage?: string
  readonly max_bytes: number
}

const ATTEMPTS_WITHOUT_STORAGE = 4
const ELAPSED_WITHOUT_STORAGE_MS = 300_000

const batchOf = (queue: Section['sending_queue']): SendingQueueOptions['batch'] =>
  queue?.batch && {
    sizer: queue.batch.sizer,
    minSize: queue.batch.min_size,
    maxSize: queue.batch.max_size,
    flushTimeoutMs: queue.batch.flush_timeout,
  }

/** `on_full: spill` needs a disk: without a storage it is the data directory. */
const placeOf = (queue: Section['sending_queue']): StoragePlace | undefined =>
  queue?.storage === undefined && queue?.on_full !== 'spill' ? undefined : { extension: queue.storage }

const queueOf = (queue: Section['sending_queue']): SendingQueueOptions | undefined =>
  queue?.enabled === true
    ? {
        numConsumers: queue.num_consumers ?? 10,
        orderBy: queue.order_by,
        queueSize: queue.queue_size ?? 1000,
        sizer: queue.sizer ?? 'requests',
        onFull: queue.on_full ?? (queue.block_on_overflow === true ? 'block' : 'reject'),
        waitForResult: queue.wait_for_result ?? false,
        storage: placeOf(queue),
        maxDiskBytes: queue.max_disk_bytes ?? 0,
        batch: batchOf(queue),
      }
    : undefined

const breakerOf = (section: Section['breaker']): BreakerOptions | undefined =>
  section?.enabled === true ? { failures: section.failures, openForMs: section.open_for } : undefined

export const deadLetterOf = (section: DeadLetterSection | undefined): DeadLetterOptions | undefined =>
  section?.enabled === true ? { storage: { extension: section.storage }, maxBytes: section.max_bytes } : undefined

const retryOf = (retry: Section['retry_on_failure'], stored: boolean): RetryOptions => ({
  enabled: retry?.enabled ?? false,
  initialIntervalMs: retry?.initial_interval ?? 5_000,
  maxIntervalMs: retry?.max_interval ?? 30_000,
  maxElapsedMs: retry?.max_elapsed_time ?? (stored ? 0 : ELAPSED_WITHOUT_STORAGE_MS),
  multiplier: retry?.multiplier ?? 1.5,
  randomizationFactor: retry?.randomization_factor ?? 0.5,
  // Who writes a limit of time means that one.
  maxAttempts: retry?.max_attempts ?? (stored || retry?.max_elapsed_time !== undefined ? 0 : ATTEMPTS_WITHOUT_STORAGE),
})

/** `section`: the values at `engineProperties`' names, checked and completed. */
export const engineOptions = (section: Readonly<Record<string, unknown>>): EngineOptions => {
  const { sending_queue, retry_on_failure, timeout: limit, storage: kept, ...rest } = section as Section
  const queue = queueOf(sending_queue)
  return {
    sendingQueue: queue,
    retry: retryOf(retry_on_failure, queue?.storage !== undefined),
    timeoutMs: limit ?? 0,
    storage: kept ?? sending_queue?.storage,
    breaker: breakerOf(rest.breaker),
    deadLetter: deadLetterOf(rest.dead_letter),
  }
}
