/** What the engine gives a component. Closures over the engine: nothing here may be kept beyond `stop`. */
import type { Batch, Signal } from '../model/types.ts'
import type { Clock } from './clock.ts'
import type { CollectorError } from './errors.ts'
import type { Kind } from './plugin.ts'

/** Fields are printed as `key=value` or JSON; never put secrets or prompts there. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

export interface InstrumentOptions {
  readonly description: string
  /** UCUM, e.g. `s`, `By`, `{records}`. */
  readonly unit?: string
  readonly buckets?: readonly number[]
}
export type Labels = Readonly<Record<string, string>>
export interface Meter {
  counter(name: string, options: InstrumentOptions): { add(value: number, labels?: Labels): void }
  gauge(name: string, options: InstrumentOptions): { set(value: number, labels?: Labels): void }
  histogram(name: string, options: InstrumentOptions): { record(value: number, labels?: Labels): void }
}
export interface Tracer {
  span<T>(name: string, fn: () => T | Promise<T>, attributes?: Labels): Promise<T>
}

/** Small durable state. A commit is all or nothing and, when it resolves, as durable as the storage's `sync` says. */
export interface Store {
  get(key: string): Uint8Array | undefined
  entries(prefix?: string): Iterable<readonly [string, Uint8Array]>
  /** `undefined` deletes. */
  commit(changes: Iterable<readonly [key: string, value: Uint8Array | undefined]>): Promise<void>
}

export type StatusState = 'starting' | 'ok' | 'degraded' | 'failed' | 'stopped'
export interface Status {
  report(state: StatusState, reason?: string): void
}
/** One component's state as `status` shows it. */
export interface ComponentState {
  readonly id: string
  readonly kind: Kind
  readonly state: StatusState
  readonly reason?: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** The public face of an extension that keeps components' state (`storage: file_storage`). */
export interface StorageFace {
  store(component: string): Store
  /** Where queues and dead letters may stand, when it can keep those too. */
  readonly folder?: { readonly path: string; readonly sync: 'commit' | 'interval' | 'none' }
}

export interface StatefulOptions {
  readonly shards: number
  /** Handed to every shard when its thread starts. */
  readonly init?: unknown
}
export interface StatefulPool {
  /** Runs on the shard that owns `key`, in call order. */
  call<T>(key: string, name: string, payload: unknown): Promise<T>
  /** Runs on every shard. */
  all<T>(name: string, payload: unknown): Promise<T[]>
  close(): Promise<void>
}
export interface Offload {
  /** A stateless task in the shared Piscina pool; `file` default-exports the function. */
  run<T>(
    file: URL,
    payload: unknown,
    options?: { readonly signal?: AbortSignal; readonly transfer?: readonly ArrayBuffer[] },
  ): Promise<T>
  /** Threads that own state: `file` default-exports `create(init) => Record<name, (payload) => result>`. Started on first use. */
  stateful(file: URL, options: StatefulOptions): StatefulPool
}

/** What the collector holds, by accounting: bytes of the batches in flight, held and queued. */
export interface Memory {
  accounted(): number
}

/** What became of a batch that was accepted. */
export interface Receipt {
  /** Records refused for good before any queue (rule 5), already counted; a receiver with a caller tells it. */
  readonly refused: number
  readonly reason?: string
}

export interface Context<K extends Kind = Kind> {
  readonly id: string
  readonly kind: K
  readonly log: Logger
  readonly meter: Meter
  readonly tracer: Tracer
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Aborts when the component must give up what it does. */
  readonly signal: AbortSignal
  readonly status: Status
  readonly storage: Store
  readonly offload: Offload
  readonly memory: Memory
  /** True under `--once`: a receiver reads what is there, then calls `ended`. */
  readonly once: boolean
  /** The collector's data directory (sockets, checkpoints); a component keeps files only below it or where told. */
  readonly dataDirectory: string
  /** The folder relative paths in the configuration start from. */
  readonly folder: string
  /**
   * What a resolved `next` means: every required destination keeps its batches in a memory queue, or at least one has
   * confirmed them or has them on disk. Who holds records back must not promise more than what follows (rule 7).
   */
  readonly acks: 'memory' | 'destination'
  /** The signals of the pipelines it stands in; of a connector on either side. */
  readonly signals: readonly Signal[]
  /**
   * Hands a batch to whatever follows, of a receiver or connector to the pipelines of the batch's signal; settles once for
   * the whole batch (docs/guarantees.md). Rejects with code `rejected` when no pipeline carries that signal.
   */
  next(batch: Batch, signal?: AbortSignal): Promise<Receipt>
  /** Connectors: hands a batch to one of the pipelines that name it as a receiver. */
  to(pipeline: string): (batch: Batch, signal?: AbortSignal) => Promise<Receipt>
  /** Connectors: the pipelines it may speak to. */
  readonly outputs: readonly string[]
  /**
   * Records of its own making (timer-born); they are the component's own debt and reject no input. No pipeline follows
   * exporters and extensions: what they emit comes out of `internal_events` receivers, and is not waited for.
   */
  emit(batch: Batch): Promise<Receipt>
  /** Keeps the balance: `n` records were left out on purpose by `rule`. */
  filtered(n: number, rule: string): void
  /** Keeps the balance: `n` records were lost, and why. The last resort. */
  dropped(n: number, reason: string): void
  /** Records this component refuses for good while the rest of the batch goes on (rule 5). */
  refused(batch: Batch, error: CollectorError): void
  /** Keeps the balance: `n` more (or fewer) records are held inside the component, and their bytes for the memory budget. */
  held(n: number, bytes?: number): void
  /** Keeps the balance: `n` records came into being here beside the input (a split, a derived event not sent by `emit`). */
  created(n: number): void
  /** Receivers: no more input will come (only meaningful under `--once`). */
  ended(): void
  /** The public face of an extension, e.g. an authenticator. */
  extension<T = unknown>(id: string): T
  /** Hears what exporters and extensions emit, until the answer is called. */
  onEmitted(listener: (batch: Batch) => void): () => void
  /** All components of the collector, for extensions that report on it. */
  components(): readonly ComponentState[]
}
