/** The engine's face to `main`, the control socket and tests. */
import type { CollectorConfig } from '../config/types.ts'
import type { Batch } from '../model/types.ts'
import type { Clock } from '../kit/clock.ts'
import type { Logger, Receipt, StatusState } from '../kit/context.ts'
import type { Kind } from '../kit/plugin.ts'
import type { Disk } from '../storage/index.ts'
import type { Metric } from '../telemetry/registry.ts'
import type { Tracing } from '../telemetry/tracing.ts'

import type { BreakerState } from './breaker.ts'
import type { Store } from './storehouse.ts'

export interface EngineEnvironment {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
  readonly dataDirectory: string
  /** Receivers read what is there and end; `done` resolves when all is delivered. */
  readonly once: boolean
  /** Counts configurations; dead letters say in which they died. 1 when absent. */
  readonly generation?: number
  /** Where queues and dead letters are kept; the real disk when absent. */
  readonly disk?: Disk
  /** Absent: no spans are made. */
  readonly tracing?: Pick<Tracing, 'span'>
  /** Called once when something outside a component's care broke the collector. */
  readonly onFatal?: (error: Error) => void
}

/** received = delivered + filtered + dead_lettered + dropped + held + queued, per pipeline, at every moment. */
export interface PipelineBalance {
  readonly pipeline: string
  /** Records that entered, times the branches they must reach (fan-out multiplies), plus those created inside. */
  readonly received: number
  readonly delivered: number
  readonly filtered: Readonly<Record<string, number>>
  readonly deadLettered: number
  readonly dropped: Readonly<Record<string, number>>
  readonly held: number
  readonly queued: number
  readonly inFlight: number
  readonly balanced: boolean
}

export interface ComponentStatus {
  readonly id: string
  readonly kind: string
  readonly pipelines: readonly string[]
  readonly state: StatusState
  readonly reason?: string
  readonly since: number
  /** Exporters with a breaker. */
  readonly breaker?: BreakerState
  /** What `inspect('')` says. */
  readonly details?: unknown
}

export interface StepStats {
  readonly component: string
  readonly kind: string
  readonly pipeline: string
  readonly recordsIn: number
  readonly recordsOut: number
  readonly seconds: number
  readonly errors: number
  readonly queueSize?: number
  readonly queueCapacity?: number
  /** Records of the queue that are on disk. */
  readonly queueStored?: number
  readonly breaker?: BreakerState
}

export interface GraphNode {
  readonly id: string
  readonly kind: string
  readonly type: string
  readonly pipeline?: string
}
export interface Graph {
  readonly nodes: readonly GraphNode[]
  /** Indexes into `nodes`. */
  readonly edges: readonly (readonly [from: number, to: number])[]
}

export interface TapPoint {
  /** `receiver/<id>` = as received, `pipeline/<id>` = as it leaves the processors, `exporter/<id>` = as handed over. */
  readonly at: string
  readonly batch: Batch
}

export interface StopReport {
  readonly drained: boolean
  /** Records left in memory queues, by exporter id, when the deadline came. */
  readonly left: Readonly<Record<string, number>>
  /** Records that wait on disk for the next start, by exporter id; they are safe, and not in `left`. */
  readonly stored: Readonly<Record<string, number>>
}

/** What becomes of a component. `adjusted`: it stays, and what the engine does around it changes. */
export interface PlannedComponent {
  readonly kind: Kind
  readonly id: string
  /** Of a processor, which stands in each pipeline for itself. */
  readonly pipeline?: string
  /** `drained`: removed, and first what it has queued goes out. */
  readonly fate: 'kept' | 'adjusted' | 'restarted' | 'added' | 'removed' | 'drained'
  /** The options that differ, as dotted paths, or another reason in words. */
  readonly why: readonly string[]
  /** Records in its queue, those being sent included. */
  readonly queued?: number
}
export interface PipelineChange {
  readonly pipeline: string
  readonly fate: 'kept' | 'changed' | 'added' | 'removed'
  readonly why: readonly string[]
  readonly in_flight: number
  readonly queued: number
  readonly held: number
}
export interface ReloadPlan {
  readonly components: readonly PlannedComponent[]
  readonly pipelines: readonly PipelineChange[]
  /** What differs and takes effect with the next start of the process. */
  readonly deferred: readonly string[]
}

export interface Collector {
  start(): Promise<void>
  /** What `reload` would do now. */
  plan(config: CollectorConfig): ReloadPlan
  /**
   * Goes on with another configuration: only what differs is replaced. Rejects with `start_failed` when something of the
   * new one does not start; then the old one goes on. One at a time.
   */
  reload(config: CollectorConfig): Promise<ReloadPlan>
  /** Ends all waiting of a `stop` that is under way: what must be written is written. */
  hasten(): void
  /** The configuration that runs: how many there were, and since when (ms since the epoch). */
  readonly generation: { readonly number: number; readonly since: number }
  /** Says something of its own, to whom `internal_events` receivers bring it. */
  say(batch: Batch): void
  stop(deadlineMs: number): Promise<StopReport>
  /** Resolves under `once` when every receiver has ended and everything is delivered. */
  readonly done: Promise<void>
  balance(): readonly PipelineBalance[]
  status(): readonly ComponentStatus[]
  stats(): readonly StepStats[]
  /** The engine's own metrics (names in core/telemetry/names.ts) and those of its components. */
  metrics(): readonly Metric[]
  graph(): Graph
  /** Best effort, never awaited. The answer stops it. */
  tap(listener: (point: TapPoint) => void): () => void
  /** Its logs on disk: queues and dead letters. */
  stores(): readonly Store[]
  /** Sends records to a component anew (a dead letter's), as if they had just come; they keep their ids. */
  resubmit(component: string, pipeline: string, batch: Batch): Promise<Receipt>
  /** Asks a component's `inspect`; undefined when there is none. `component` is `<kind>/<id>`. */
  inspect(component: string, topic: string, query: Readonly<Record<string, string>>): unknown
}
