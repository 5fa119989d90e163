/**
 * Runs one component without an engine: a fake clock, seeded randomness, a store in memory, worker files run in place, a
 * `next` that tests can make reject, and everything the component did written down. Options go through the plugin's own
 * schema and `check`, as they would from a file.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Batch, LogRecord, RecordOf, Signal } from '../../model/types.ts'
import type { ComponentState, Context, Logger, Receipt, StatusState, Store } from '../context.ts'
import { CollectorError } from '../errors.ts'
import type { Component, Kind, PluginDefinition } from '../plugin.ts'
import { prepareOptions } from '../prepare.ts'
import type { JsonSchema } from '../schema.ts'
import { fakeClock, type FakeClock } from './fake-clock.ts'
import { createOwnEvents } from '../own-events.ts'
import { inlineOffload } from './inline-offload.ts'
import { memoryStore } from './memory-store.ts'
import { createMetricLog, type MetricLog } from './metric-log.ts'
import { seededRandom } from './seeded-random.ts'

export type NextFunction = (
  batch: Batch,
  signal: AbortSignal | undefined,
  output: string,
) => Receipt | void | Promise<Receipt | void>

export interface HarnessEnvironment {
  /** The component's id; its type by default. */
  readonly id?: string
  readonly clock?: FakeClock
  readonly seed?: number
  readonly storage?: Store
  /** A new folder below the system's temporary one by default. */
  readonly dataDirectory?: string
  /** Where relative paths start; the data directory by default. */
  readonly folder?: string
  readonly once?: boolean
  /** Signals of the pipelines it stands in; all it can by default. */
  readonly signals?: readonly Signal[]
  /** A connector's pipelines. */
  readonly outputs?: readonly string[]
  /** Ids and public faces of the extensions it may ask for. */
  readonly extensions?: Readonly<Record<string, unknown>>
  /** What the other components are said to be doing. */
  readonly components?: () => readonly ComponentState[]
  /** Bytes that the collector is said to hold, for `ctx.memory`. */
  readonly accountedBytes?: () => number
  /** What an ack of `next` means; `destination` by default. */
  readonly acks?: Context['acks']
  /** What follows the component; takes everything by default. */
  readonly next?: NextFunction
}

export interface LogEntry {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface Harness {
  readonly component: Component
  readonly ctx: Context
  readonly options: unknown
  readonly clock: FakeClock
  readonly storage: Store
  readonly metrics: MetricLog
  start(): Promise<void>
  consume(batch: Batch, signal?: AbortSignal): Promise<void>
  /** As the engine stops it: a receiver's `ctx.signal` aborts before its `stop`, the others' after it. */
  stop(): Promise<void>
  inspect(topic?: string, query?: Readonly<Record<string, string>>): unknown
  /** What an exporter or extension emits, for those who listen. */
  hear(batch: Batch): void
  /** Replaces what follows the component. */
  follow(next: NextFunction): void
  /** What was handed on and taken, in order. */
  readonly batches: Batch[]
  /** The same by output: `''` for `ctx.next` and `ctx.emit`, else the pipeline's id. */
  readonly outputs: Map<string, Batch[]>
  /** The log records of `batches`, copied out. */
  records(): LogRecord[]
  /** The records of one signal, copied out. */
  recordsOf<S extends Signal>(signal: S): RecordOf[S][]
  readonly filtered: Record<string, number>
  readonly dropped: Record<string, number>
  readonly refused: { readonly batch: Batch; readonly error: CollectorError }[]
  readonly held: number
  readonly created: number
  readonly logs: LogEntry[]
  readonly statuses: { readonly state: StatusState; readonly reason: string | undefined }[]
  readonly ended: boolean
}

const add = (counts: Record<string, number>, key: string, n: number): void => {
  counts[key] = (counts[key] ?? 0) + n
}

const complete = (definition: PluginDefinition, raw: unknown, env: HarnessEnvironment, folder: string): unknown => {
  const { options, errors } = prepareOptions(definition.schema, raw)
  const told = errors.map((error) => `${[...error.path].join('.')}: ${error.message}`)
  if (told.length === 0) {
    const info = {
      id: env.id ?? definition.type,
      folder,
      pipelines: env.outputs ?? [],
      extensions: Object.keys(env.extensions ?? {}),
    }
    for (const problem of definition.check?.(options as never, info) ?? [])
      if (problem.severity !== 'warning') told.push(`${problem.path.join('.')}: ${problem.message}`)
  }
  if (told.length > 0) throw new CollectorError('config_invalid', told.join('; '))
  return options
}

const loggerInto = (logs: LogEntry[]): Logger => {
  const log =
    (level: keyof Logger) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      logs.push({ level, message, fields })
    }
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }
}

const faceOf = ({ extensions }: HarnessEnvironment, id: string): unknown => {
  if (extensions && Object.hasOwn(extensions, id)) return extensions[id]
  throw new CollectorError('not_found', `there is no extension '${id}'`)
}

/** Everything the component did, and the context that writes it down. */
const record = (
  kind: Kind,
  env: HarnessEnvironment,
  dataDirectory: string,
  folder: string,
  { type, signals }: PluginDefinition,
) => {
  const controller = new AbortController()
  const clock = env.clock ?? fakeClock()
  const storage = env.storage ?? memoryStore()
  const metrics = createMetricLog()
  const seen = {
    batches: [] as Batch[],
    outputs: new Map<string, Batch[]>(),
    filtered: {} as Record<string, number>,
    dropped: {} as Record<string, number>,
    refused: [] as { batch: Batch; error: CollectorError }[],
    held: 0,
    created: 0,
    logs: [] as LogEntry[],
    statuses: [] as { state: StatusState; reason: string | undefined }[],
    ended: false,
    own: createOwnEvents(),
    next: env.next ?? ((): void => {}),
  }
  const hand = async (batch: Batch, signal: AbortSignal | undefined, output: string): Promise<Receipt> => {
    const receipt = (await seen.next(batch, signal, output)) ?? { refused: 0 }
    seen.batches.push(batch)
    seen.outputs.set(output, [...(seen.outputs.get(output) ?? []), batch])
    return receipt
  }
  const ctx: Context = {
    id: env.id ?? type,
    kind,
    log: loggerInto(seen.logs),
    meter: metrics.meter,
    tracer: { span: async (_name, fn) => fn() },
    clock,
    random: seededRandom(env.seed ?? 1),
    signal: controller.signal,
    status: { report: (state, reason) => void seen.statuses.push({ state, reason }) },
    storage,
    offload: inlineOffload,
    memory: { accounted: env.accountedBytes ?? (() => 0) },
    once: env.once ?? false,
    dataDirectory,
    folder,
    acks: env.acks ?? 'destination',
    signals: env.signals ?? signals,
    next: (batch, signal) => hand(batch, signal, ''),
    to: (pipeline) => {
      if (!env.outputs?.includes(pipeline))
        throw new CollectorError('not_found', `there is no pipeline '${pipeline}' after ${type}`)
      return (batch, signal) => hand(batch, signal, pipeline)
    },
    outputs: env.outputs ?? [],
    emit: (batch) => hand(batch, undefined, ''),
    filtered: (n, rule) => add(seen.filtered, rule, n),
    dropped: (n, reason) => add(seen.dropped, reason, n),
    refused: (batch, error) => void seen.refused.push({ batch, error }),
    held: (n) => void (seen.held += n),
    created: (n) => void (seen.created += n),
    ended: () => void (seen.ended = true),
    extension: <T>(id: string): T => faceOf(env, id) as T,
    onEmitted: (listener) => seen.own.listen(listener),
    components: env.components ?? (() => []),
  }
  return { seen, ctx, clock, storage, metrics, controller }
}

/** Creates the component; `start` is the test's. Throws `config_invalid` for options that a file could not have. */
export const harness = async <K extends Kind, S extends JsonSchema>(
  definition: PluginDefinition<K, S>,
  options: unknown = {},
  env: HarnessEnvironment = {},
): Promise<Harness> => {
  const plugin = definition as unknown as PluginDefinition
  const dataDirectory = env.dataDirectory ?? mkdtempSync(join(tmpdir(), 'seneca-harness-'))
  const folder = env.folder ?? dataDirectory
  const completed = complete(plugin, options, env, folder)
  const { seen, ctx, clock, storage, metrics, controller } = record(plugin.kind, env, dataDirectory, folder, plugin)
  const recordsOf = <R extends Signal>(signal: R): RecordOf[R][] =>
    seen.batches
      .filter((batch) => batch.signal === signal)
      .flatMap((batch) => Array.from(batch as Batch<R>, (item) => item.keep() as RecordOf[R]))
  const component = await plugin.create(ctx, completed as never)
  return {
    component,
    ctx,
    options: completed,
    clock,
    storage,
    metrics,
    async start() {
      await component.start?.(ctx.signal)
    },
    async consume(batch, signal) {
      if (!component.consume) throw new TypeError(`${plugin.kind} ${plugin.type} has no consume`)
      await component.consume(batch, signal ?? ctx.signal)
    },
    async stop() {
      const reason = new CollectorError('stopping', 'the component is being stopped')
      if (plugin.kind === 'receiver') controller.abort(reason)
      await component.stop?.(new AbortController().signal)
      controller.abort(reason)
    },
    inspect: (topic = '', query = {}) => component.inspect?.(topic, query),
    hear: (batch) => seen.own.say(batch),
    follow(next) {
      seen.next = next
    },
    batches: seen.batches,
    outputs: seen.outputs,
    records: () => recordsOf('logs'),
    recordsOf,
    filtered: seen.filtered,
    dropped: seen.dropped,
    refused: seen.refused,
    get held() {
      return seen.held
    },
    get created() {
      return seen.created
    },
    logs: seen.logs,
    statuses: seen.statuses,
    get ended() {
      return seen.ended
    },
  }
}
