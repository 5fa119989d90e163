/**
 * What a plugin is: data and a closure. `definePlugin` checks nothing at run time that the loader does not check again;
 * it is there for the types.
 */
import type { Signal, Batch } from '../model/types.ts'
import type { Context } from './context.ts'
import type { CollectorError } from './errors.ts'
import type { Infer, JsonSchema } from './schema.ts'

export type Kind = 'receiver' | 'processor' | 'connector' | 'exporter' | 'extension'
export type Stability = 'experimental' | 'beta' | 'stable'

/** A mistake that a schema cannot see. `path` leads into the options; `offset` counts characters inside a string there. */
export interface ConfigProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly suggestion?: string
  readonly offset?: number
  /** How many characters to underline from `offset`. */
  readonly length?: number
  readonly severity?: 'error' | 'warning'
}

/** What `check` may know beyond its own options. */
export interface CheckInfo {
  /** The component's id. */
  readonly id: string
  /** Folder that relative paths start from. */
  readonly folder: string
  /** The pipelines of the file this component stands in: ids such as `logs/alerts`. */
  readonly pipelines: readonly string[]
  /** Ids of the configured extensions, for references such as `storage: file_storage`. */
  readonly extensions: readonly string[]
}

export interface Component {
  /** Resolves when the component is up. A receiver goes on in the background; `signal` aborts at shutdown's deadline. */
  start?(signal: AbortSignal): void | Promise<void>
  /**
   * Processors, connectors and exporters: one batch, in order, up to `concurrency` calls open. Resolving is the ack: a
   * processor awaits `ctx.next`, an exporter its destination. Throw a retryable CollectorError to be called again.
   */
  consume?(batch: Batch, signal: AbortSignal): void | Promise<void>
  /**
   * Exporters: the engine has given this batch up (a final answer, or the last attempt failed) and counted it. For those
   * who tell somebody; the batch is not theirs to save.
   */
  undelivered?(batch: Batch, error: CollectorError): void
  /** Flushes what is held; no call follows it. */
  stop?(signal: AbortSignal): void | Promise<void>
  /** Extensions: what `ctx.extension(id)` gives to others. One that keeps state is a `StorageFace`. */
  readonly face?: unknown
  /** JSON for `status`, `now` and other verbs; `topic` is free and may answer a promise, '' asks for the component's status details. */
  inspect?(topic: string, query: Readonly<Record<string, string>>): unknown
}

export interface PluginDefinition<K extends Kind = Kind, S extends JsonSchema = JsonSchema> {
  readonly kind: K
  readonly type: string
  readonly aliases?: readonly string[]
  /** What it takes (a receiver: what it makes). One component may stand in pipelines of several signals: see `batch.signal`. */
  readonly signals: readonly Signal[]
  /** Connectors: the signals of what they make. Absent: they hand on what they are given. */
  readonly makes?: readonly Signal[]
  readonly stability: Stability
  /** One sentence for `components` and the README's first line. */
  readonly summary: string
  readonly schema: S
  /** Complete component sections as YAML text (the options only); each is started by a test. */
  readonly examples: readonly { readonly title: string; readonly yaml: string }[]
  /** `best_effort` exporters are never awaited and have no queue (websocket, debug). */
  readonly delivery?: 'required' | 'best_effort'
  /** Observers forward at once and keep state beside the flow; the graph only shows it. */
  readonly role?: 'observer' | 'holder'
  /** What other components may use an extension for: `storage: <id>` needs one that provides it. */
  readonly provides?: readonly 'storage'[]
  /** Calls of `consume` open at once; 1 by default, or read from the options. */
  readonly concurrency?: number | ((config: Infer<S>) => number)
  /** Other defaults for the engine's own fragments, e.g. `{ sending_queue: { enabled: false } }`. */
  readonly engineDefaults?: Readonly<Record<string, unknown>>
  /** npm packages needed beyond the collector's own: absent → "install X to use exporter/y". */
  readonly requires?: readonly string[]
  /** Mistakes beyond the schema; called by `validate` and before `create`. No network. */
  check?(config: Infer<S>, info: CheckInfo): Iterable<ConfigProblem>
  create(ctx: Context<K>, config: Infer<S>): Component | Promise<Component>
}

/** Types a plugin; `export default definePlugin({ kind: 'processor', type: 'scrub', … })`. */
export const definePlugin = <const K extends Kind, const S extends JsonSchema>(
  definition: PluginDefinition<K, S>,
): PluginDefinition<K, S> => definition
