/**
 * The frame of a processor that only watches (delivery rule 8): it forwards at once and acks with the forward, hands
 * columns of what was forwarded to a detector in a thread of its own, publishes what the detector finds, and saves the
 * detector's state every `SAVE_EVERY_MS` and at the stop.
 *
 * At most `JOBS_MOST` batches wait for the detector; beyond that the flow waits, because nothing is left out in silence.
 * A detector that fails is reported in the status and the flow goes on without it.
 */
import type { Batch } from '../model/types.ts'
import type { Component, Context } from '../kit/index.ts'
import { columnsOf } from './columns.ts'
import { createDetectorThread } from './detector-thread.ts'

export interface ObserverOptions<F> {
  /** The worker file, see detector-thread.ts. */
  readonly detector: URL
  /** Handed to the worker beside the saved state. */
  readonly init: unknown
  readonly wanted: (type: string) => boolean
  /** The events that findings become. */
  readonly publish: (findings: readonly F[]) => Batch | undefined
  /** How often the detector's clock is moved on where no events come; 0 = never. */
  readonly tickMs: number
  readonly details: () => object
}

const SAVE_EVERY_MS = 60_000
const JOBS_MOST = 64
/** The stream is live when its newest event is no older than this on arrival: only then does silence mean anything. */
const LIVE_MS = 600_000

export const createObserver = <F>(ctx: Context<'processor'>, options: ObserverOptions<F>): Component => {
  const thread = createDetectorThread<F>(ctx, options.detector, options.init)
  let live = false
  let observed = 0
  let failed = false
  let timers: readonly (() => void)[] = []

  const fail = (error: unknown): void => {
    if (!failed)
      ctx.status.report('degraded', `the detector failed: ${error instanceof Error ? error.message : String(error)}`)
    failed = true
  }

  const work = async (name: 'observe' | 'advance' | 'flush', payload: unknown): Promise<void> => {
    if (failed) return
    try {
      const findings = await thread.run(name, payload)
      const batch = findings.length > 0 ? options.publish(findings) : undefined
      if (batch) await ctx.emit(batch)
    } catch (error) {
      fail(error)
    }
  }

  const look = async (batch: Batch): Promise<void> => {
    const columns = columnsOf(batch, options.wanted)
    if (columns.times.length === 0) return
    observed += columns.times.length
    live = ctx.clock.now() - columns.times.reduce((a, b) => Math.max(a, b)) < LIVE_MS
    const done = work('observe', columns)
    if (thread.waiting > JOBS_MOST) await done
  }

  const save = (): Promise<void> => (failed ? Promise.resolve() : thread.save().catch(fail))

  return {
    start() {
      const saving = ctx.clock.every(SAVE_EVERY_MS, () => void save())
      const tick = (): void => void (live && work('advance', { time: ctx.clock.now() }))
      timers = options.tickMs > 0 ? [saving, ctx.clock.every(options.tickMs, tick)] : [saving]
    },
    async consume(batch, signal) {
      await ctx.next(batch, signal)
      if (!failed) await look(batch)
    },
    async stop() {
      for (const cancel of timers) cancel()
      // A collector that comes back goes on where it stood; a run that ends says all it can.
      if (ctx.once && observed > 0) await work('flush', undefined)
      await save()
      await thread.close()
    },
    inspect: (topic) => (topic === '' ? { observed, waiting: thread.waiting, ...options.details() } : undefined),
  }
}
