/**
 * Observations in, events handed on, derived state and positions saved together once they are acknowledged. After kill
 * -9 the same lines are read again on the state that was saved with them: the same events come out, with the same ids.
 */
import { deliver, logs, type Context, type LogInit } from 'seneca-collector'
import type { Domain } from './domain/domain.ts'
import type { Change, Tables } from './domain/table.ts'
import type { Observation } from './observation.ts'

/** Events are handed on in batches of at most so many. */
const BATCH_MAX = 500
/** So many observations are judged before the event loop gets a turn. */
const SLICE = 1_000
/** Reading without events is saved this often. */
const IDLE_COMMIT_MS = 1_000

export interface Judge {
  /** Judges what is given, hands on what has happened, then saves (`positions` are asked for last). */
  run(observations: readonly Observation[], until: number | undefined, slack: number): Promise<void>
  /** Everything at once, in the order of time; for a past. */
  runPast(observations: readonly Observation[]): Promise<void>
  /** Saves what idle reading has not saved yet. */
  save(): Promise<void>
  readonly events: number
}

export interface JudgeOptions {
  readonly domain: Domain
  readonly tables: Tables
  /** What to save of positions; undefined: nothing is saved at all. */
  readonly positions: (() => Change[]) | undefined
  /** Given to events that are told long after: the time of reading means nothing. */
  readonly past: boolean
}

const resource = { attributes: { 'service.name': 'marcus' } }
const scope = { name: 'seneca-collector/marcus' }

const byTime = (a: LogInit, b: LogInit): number => {
  const [left, right] = [a.time ?? 0n, b.time ?? 0n]
  return left < right ? -1 : left > right ? 1 : 0
}

export const createJudge = (
  ctx: Pick<Context, 'next' | 'clock' | 'random' | 'log' | 'storage' | 'signal'>,
  options: JudgeOptions,
): Judge => {
  const { domain, tables, positions, past } = options
  let count = 0
  let savedAt = -Infinity
  let unsaved = false
  /** Events were judged and could not be handed on: what is derived since then must not be saved. */
  let isLost = false

  const handOn = async (events: readonly LogInit[]): Promise<void> => {
    isLost = events.length > 0
    for (let from = 0; from < events.length; from += BATCH_MAX) {
      const observedTime = ctx.clock.nanos()
      const slice = events.slice(from, from + BATCH_MAX).map((init) => {
        return { ...init, observedTime: past ? (init.time ?? observedTime) : observedTime }
      })
      await deliver(ctx, logs(slice, { resource, scope }), ctx.signal)
      count += slice.length
    }
    isLost = false
  }

  const save = async (): Promise<void> => {
    unsaved = false
    savedAt = ctx.clock.monotonic()
    const changes = tables.changes()
    if (positions !== undefined) await ctx.storage.commit([...changes, ...positions()])
  }

  const judgeSlices = async (observations: readonly Observation[], slack: number): Promise<void> => {
    for (let from = 0; from < observations.length; from += SLICE) {
      for (const observation of observations.slice(from, from + SLICE)) domain.apply(observation, slack)
      if (from + SLICE < observations.length) await new Promise<void>((resolve) => void setImmediate(resolve))
    }
  }

  return {
    get events() {
      return count
    },
    save: async () => {
      if (unsaved && !isLost) await save()
    },
    run: async (observations, until, slack) => {
      await judgeSlices(observations, slack)
      if (until !== undefined) domain.advance(until)
      const events = domain.take()
      await handOn(events)
      unsaved ||= events.length > 0 || observations.length > 0
      if (events.length > 0 || (unsaved && ctx.clock.monotonic() - savedAt >= IDLE_COMMIT_MS)) await save()
    },
    runPast: async (observations) => {
      await judgeSlices(observations, 0)
      domain.finish()
      await handOn(domain.take().toSorted(byTime))
      await save()
    },
  }
}
