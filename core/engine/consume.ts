/** The one way into a component's `consume`: behind the guard, as part of a call, and in a span where traces are on. */
import type { Batch } from '../model/types.ts'
import { inCall, type Call } from './call.ts'
import type { Core } from './core.ts'
import type { Instance } from './instance.ts'

export const consume = (
  core: Core,
  instance: Instance,
  call: Call,
  batch: Batch,
  signal: AbortSignal,
): Promise<void> => {
  const run = (): Promise<void> =>
    core.guard.run(instance.key, () => inCall(call, () => instance.component?.consume?.(batch, signal)))
  return traced(core, instance.key, call.ledger.pipeline, batch, run)
}

/** `exporter/file/logs`, with the pipeline and the number of records. */
export const traced = <T>(
  core: Core,
  key: string,
  pipeline: string,
  batch: Batch,
  fn: () => Promise<T>,
): Promise<T> => {
  const { tracing } = core.env
  if (tracing === undefined) return fn()
  return tracing.span(`${key}/${batch.signal}`, { pipeline, records: batch.count }, fn)
}
