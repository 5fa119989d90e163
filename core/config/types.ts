/** What a configuration is once it has been read, checked, completed and typed: the engine takes nothing else. */
import type { OwnTelemetryOptions } from '../telemetry/own-options.ts'
import type { Kind, PluginDefinition } from '../kit/plugin.ts'
import type { Signal } from '../model/types.ts'

/** A place in a source file; lines and columns count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The engine's own fragments of a component's section, typed; times in milliseconds. */
export interface EngineOptions {
  readonly sendingQueue: SendingQueueOptions | undefined
  readonly retry: RetryOptions
  /** One attempt of `consume`; 0 = no limit. */
  readonly timeoutMs: number
  /** Id of the extension that keeps this component's state; undefined = the data directory. */
  readonly storage: string | undefined
  readonly breaker: BreakerOptions | undefined
  readonly deadLetter: DeadLetterOptions | undefined
}

export interface SendingQueueOptions {
  readonly numConsumers: number
  /** The attribute whose values keep their order although several send; undefined = no order beyond one consumer's. */
  readonly orderBy: string | undefined
  readonly queueSize: number
  readonly sizer: 'requests' | 'items' | 'bytes'
  /** What a full queue does. `block_on_overflow: true` is `block`. */
  readonly onFull: 'block' | 'reject' | 'drop_oldest' | 'spill'
  readonly waitForResult: boolean
  /** Where the queue stands on disk; undefined = in memory. */
  readonly storage: StoragePlace | undefined
  /** Most bytes its files may take, damaged ones set aside included; 0 = no limit of its own. */
  readonly maxDiskBytes: number
  readonly batch: QueueBatchOptions | undefined
}

/** Id of a storage extension, or the data directory. */
export interface StoragePlace {
  readonly extension: string | undefined
}

/** How batches are joined behind the queue. */
export interface QueueBatchOptions {
  readonly sizer: 'items' | 'bytes'
  readonly minSize: number
  /** 0 = no limit. */
  readonly maxSize: number
  readonly flushTimeoutMs: number
}

export interface BreakerOptions {
  /** Failed attempts in a row that open it. */
  readonly failures: number
  readonly openForMs: number
}

export interface DeadLetterOptions {
  readonly storage: StoragePlace
  readonly maxBytes: number
}

export interface RetryOptions {
  readonly enabled: boolean
  readonly initialIntervalMs: number
  readonly maxIntervalMs: number
  readonly maxElapsedMs: number
  readonly multiplier: number
  readonly randomizationFactor: number
  /** Attempts in all; 0 = without end. */
  readonly maxAttempts: number
}

export interface ComponentConfig {
  /** `type` or `type/name`, as written. */
  readonly id: string
  readonly kind: Kind
  readonly definition: PluginDefinition
  /** Validated against the plugin's schema, defaults filled in, durations in ms, secrets wrapped. */
  readonly options: unknown
  readonly engine: EngineOptions
  readonly position: Position
}

export interface PipelineConfig {
  /** `logs`, `logs/alerts`. */
  readonly id: string
  readonly signal: Signal
  /** Component ids; a connector stands among the exporters of one pipeline and the receivers of another. */
  readonly receivers: readonly string[]
  readonly processors: readonly string[]
  readonly exporters: readonly string[]
  /** How much of a budget it may see used and still be admitted. Absent = normal. */
  readonly priority?: Priority
}

export type Priority = 'high' | 'normal' | 'low'

/** 0 = no limit. */
export interface LimitOptions {
  readonly memoryBytes: number
  readonly diskBytes: number
}

export interface ServiceConfig {
  /** Extension ids, in start order. */
  readonly extensions: readonly string[]
  readonly telemetry: TelemetryConfig
  readonly workerPoolSize: number
  /** How long `stop` may take before what is left is reported, in ms. */
  readonly shutdownTimeoutMs: number
  readonly limits: LimitOptions
  /** For records refused before any queue, and for exporters that say nothing of their own. */
  readonly deadLetter: DeadLetterOptions | undefined
}

export interface TelemetryConfig extends OwnTelemetryOptions {
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
  readonly logEncoding: 'console' | 'json'
  readonly metricsLevel: 'none' | 'basic' | 'normal' | 'detailed'
}

export interface CollectorConfig {
  /** All configured components that pipelines or `service.extensions` use, keyed `<kind>/<id>`. */
  readonly components: ReadonlyMap<string, ComponentConfig>
  readonly pipelines: readonly PipelineConfig[]
  readonly service: ServiceConfig
  /** The folder relative paths start from: that of the first file. */
  readonly folder: string
}
