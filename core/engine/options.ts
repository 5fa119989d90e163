/**
 * The engine's own fragments of a component's section, with the OpenTelemetry Collector's names and defaults: retry,
 * queue and timeout of exporters, where a component keeps its state. A plugin that has an option of the same name keeps
 * its own; `best_effort` exporters are never awaited and have none of them.
 */
import type { EngineOptions, RetryOptions, SendingQueueOptions } from '../config/types.ts'
import type { PluginDefinition } from '../kit/plugin.ts'
import type { JsonSchema } from '../kit/schema.ts'

const storage: JsonSchema = {
  type: 'string',
  minLength: 1,
  description: 'Id of the storage extension that keeps its state; the data directory when absent.',
}

const sendingQueue: JsonSchema = {
  type: 'object',
  default: {},
  description: 'What waits for this exporter. Without a queue, an accepted record is one the destination has taken.',
  properties: {
    enabled: { type: 'boolean', default: true, description: 'Queue what is to be sent.' },
    num_consumers: { type: 'integer', minimum: 1, maximum: 1000, default: 10, description: 'Batches sent at once.' },
    queue_size: {
      type: 'integer',
      minimum: 1,
      default: 1000,
      description: 'How much the queue holds, counted by `sizer`.',
    },
    sizer: {
      type: 'string',
      enum: ['requests', 'items', 'bytes'],
      default: 'requests',
      description: 'What `queue_size` counts: batches, records or bytes.',
    },
    on_full: {
      type: 'string',
      enum: ['block', 'reject', 'drop_oldest'],
      description:
        'What a full queue does: make the sender wait, refuse for now, or drop its oldest batch and count it. Default: reject.',
    },
    block_on_overflow: { type: 'boolean', description: '`true` is `on_full: block`.' },
    wait_for_result: {
      type: 'boolean',
      default: false,
      description: 'Accept a batch only when the destination has taken it.',
    },
    storage,
  },
}

const retryOnFailure: JsonSchema = {
  type: 'object',
  default: {},
  description: 'What happens to a batch that could not be sent but may be later.',
  properties: {
    enabled: { type: 'boolean', default: true, description: 'Send again.' },
    initial_interval: {
      type: 'string',
      format: 'duration',
      default: '5s',
      description: 'Wait before the second attempt.',
    },
    max_interval: { type: 'string', format: 'duration', default: '30s', description: 'Longest wait between attempts.' },
    max_elapsed_time: {
      type: 'string',
      format: 'duration',
      default: '300s',
      description: 'Give a batch up after this long; 0 = never.',
    },
    multiplier: {
      type: 'number',
      minimum: 1,
      default: 1.5,
      description: 'How the wait grows from attempt to attempt.',
    },
    randomization_factor: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'How much chance is in the wait.',
    },
    max_attempts: {
      type: 'integer',
      minimum: 0,
      description: 'Attempts in all; 0 = without end. Default: 0 with storage, 4 without.',
    },
  },
}

const timeout: JsonSchema = {
  type: 'string',
  format: 'duration',
  default: '5s',
  description: 'Limit of one attempt; 0 = none.',
}

const overlaid = (schema: JsonSchema, defaults: unknown): JsonSchema => {
  if (defaults === undefined) return schema
  if (schema.properties === undefined || typeof defaults !== 'object' || defaults === null)
    return { ...schema, default: defaults }
  const values = defaults as Readonly<Record<string, unknown>>
  const properties = Object.entries(schema.properties).map(
    ([key, property]) => [key, overlaid(property, values[key])] as const,
  )
  return { ...schema, properties: Object.fromEntries(properties) }
}

const fragmentsOf = (definition: PluginDefinition): Readonly<Record<string, JsonSchema>> => {
  if (definition.kind === 'exporter') {
    return definition.delivery === 'best_effort'
      ? {}
      : { sending_queue: sendingQueue, retry_on_failure: retryOnFailure, timeout }
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
    readonly queue_size?: number
    readonly sizer?: SendingQueueOptions['sizer']
    readonly on_full?: SendingQueueOptions['onFull']
    readonly block_on_overflow?: boolean
    readonly wait_for_result?: boolean
    readonly storage?: string
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
}

const ATTEMPTS_WITHOUT_STORAGE = 4

const queueOf = (queue: Section['sending_queue']): SendingQueueOptions | undefined =>
  queue?.enabled === true
    ? {
        numConsumers: queue.num_consumers ?? 10,
        queueSize: queue.queue_size ?? 1000,
        sizer: queue.sizer ?? 'requests',
        onFull: queue.on_full ?? (queue.block_on_overflow === true ? 'block' : 'reject'),
        waitForResult: queue.wait_for_result ?? false,
      }
    : undefined

const retryOf = (retry: Section['retry_on_failure'], stored: boolean): RetryOptions => ({
  enabled: retry?.enabled ?? false,
  initialIntervalMs: retry?.initial_interval ?? 5_000,
  maxIntervalMs: retry?.max_interval ?? 30_000,
  maxElapsedMs: retry?.max_elapsed_time ?? 300_000,
  multiplier: retry?.multiplier ?? 1.5,
  randomizationFactor: retry?.randomization_factor ?? 0.5,
  maxAttempts: retry?.max_attempts ?? (stored ? 0 : ATTEMPTS_WITHOUT_STORAGE),
})

/** `section`: the values at `engineProperties`' names, checked and completed. */
export const engineOptions = (section: Readonly<Record<string, unknown>>): EngineOptions => {
  const { sending_queue, retry_on_failure, timeout: limit, storage: kept } = section as Section
  const extension = kept ?? sending_queue?.storage
  return {
    sendingQueue: queueOf(sending_queue),
    retry: retryOf(retry_on_failure, extension !== undefined),
    timeoutMs: limit ?? 0,
    storage: extension,
  }
}
