/** Keeps the balance of records of which some data points could not be taken. */
import type { Context } from '../kit/context.ts'
import type { Outcome } from './accumulate.ts'

/** Reasons hold names of metrics; beyond this many they are not told apart. */
const REASONS_MOST = 1_000

export interface Refusals {
  /** A metric of which nothing was taken counts as dropped; one of which a part was is told in the log. */
  note(metric: string, outcomes: readonly Outcome[]): void
}

export const createRefusals = (ctx: Pick<Context<'exporter'>, 'dropped' | 'log'>): Refusals => {
  const told = new Set<string>()
  return {
    note(metric, outcomes) {
      const refused = outcomes.filter((one) => one.is === 'refused')
      const [first] = refused
      if (first === undefined) return
      const isLost = refused.length === outcomes.length
      if (isLost) ctx.dropped(1, first.reason)
      const key = `${metric}\u0000${first.reason}`
      if (told.has(key) || told.size >= REASONS_MOST) return
      told.add(key)
      ctx.log.warn(`the metric ${isLost ? 'is' : 'has data points that are'} left out`, {
        metric,
        reason: first.reason,
        points: refused.length,
      })
    },
  }
}
