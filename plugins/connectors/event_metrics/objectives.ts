/** The objectives of the options, each fed with events or with durations. */
import type { LogRecord } from 'seneca-collector'
import { compileCondition } from 'seneca-collector/ottl'
import { createSlo, type Slo, type SloState } from './slo.ts'

export interface ObjectiveOptions {
  readonly name: string
  readonly objective: number
  readonly period: number
  readonly duration?: string | undefined
  readonly threshold?: number | undefined
  readonly total?: string | undefined
  readonly good?: string | undefined
}

export interface Objective {
  readonly options: ObjectiveOptions
  readonly slo: Slo
  event(record: LogRecord, nowMs: number): void
  duration(name: string, seconds: number, nowMs: number): void
}

const MS = 1_000

/** What an objective lacks, as a sentence. */
export const objectiveProblem = (given: ObjectiveOptions, durations: readonly string[]): string | undefined => {
  const { duration, threshold, total, good } = given
  if ((duration === undefined) === (total === undefined))
    return `it takes either 'duration' and 'threshold', or 'total' and 'good'`
  if (duration !== undefined && threshold === undefined) return `'duration' needs 'threshold'`
  if (total !== undefined && good === undefined) return `'total' needs 'good'`
  if (duration !== undefined && !durations.includes(duration))
    return `there is no duration '${duration}'; there are ${durations.join(', ')}`
  return undefined
}

export const createObjective = (options: ObjectiveOptions, restored?: SloState): Objective => {
  const { total, good, threshold = 0 } = options
  const slo = createSlo(options.objective, options.period, restored)
  const counts = total === undefined ? undefined : compileCondition(total, { context: 'event' })
  const isGood = good === undefined ? undefined : compileCondition(good, { context: 'event' })
  return {
    options,
    slo,
    event(record, nowMs) {
      if (counts && isGood && counts(record)) slo.record(isGood(record), nowMs)
    },
    duration(name, seconds, nowMs) {
      if (name === options.duration) slo.record(seconds * MS <= threshold, nowMs)
    },
  }
}
