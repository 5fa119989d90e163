/**
 * Conditions over a batch of any signal. A record is left out when a condition of its own, its resource's or its scope's
 * context holds; a span event or a data point alone when one of theirs does, and a metric whose points are all left out with
 * them.
 */
import type { Batch, LogRecord, MetricDraft, RecordOf, Signal, SpanDraft } from '../model/index.ts'
import { OttlError } from './program.ts'
import type { Conditions } from './program.ts'
import { editRuns, readRuns } from './subjects.ts'

export interface Rules {
  readonly conditions: Conditions
  /** What each condition is called in counts. */
  readonly names: readonly string[]
}

export interface Filtered {
  readonly kept: Batch
  /** Records left out, by the rule that did it. */
  readonly left: ReadonlyMap<string, number>
  /** Span events and data points left out of records that stay, by rule. */
  readonly inside: ReadonlyMap<string, number>
  readonly failed: ReadonlySet<number>
  readonly error: OttlError | undefined
}

const nested: ReadonlySet<string> = new Set(['spanevent', 'datapoint'])
const never = (): void => {}
/** The rule that leaves out a metric that came without points, where points are looked at. */
const WITHOUT_POINTS = 'no_data_points'

/** The index of the first condition that holds for a record of a signal, −1 when none does. Throws as `first` does. */
export const matchOf = (conditions: Conditions, signal: Signal, record: RecordOf[Signal]): number =>
  signal === 'logs'
    ? conditions.first(record as LogRecord)
    : conditions.firstOn(readRuns(signal, record, conditions.context)[0]!)

export const filterBatch = (batch: Batch, rules: readonly Rules[]): Filtered => {
  const left = new Map<string, number>()
  const inside = new Map<string, number>()
  const failed = new Set<number>()
  let error: OttlError | undefined
  const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)
  const fail = (index: number, thrown: unknown): false => {
    if (!(thrown instanceof OttlError)) throw thrown
    error ??= thrown
    failed.add(index)
    return false
  }
  const whole = rules.filter(({ conditions }) => !nested.has(conditions.context))
  const parts = rules.filter(({ conditions }) => nested.has(conditions.context))
  const stays = (record: RecordOf[Signal]): boolean => {
    for (const { conditions, names } of whole) {
      const match = matchOf(conditions, batch.signal, record)
      if (match < 0) continue
      count(left, names[match]!)
      return false
    }
    return true
  }
  if (parts.length === 0) {
    const keeps = (record: RecordOf[Signal], i: number): boolean => {
      try {
        return stays(record)
      } catch (thrown) {
        return fail(i, thrown)
      }
    }
    const kept = whole.length === 0 ? batch : batch.filter(keeps)
    return { kept, left, inside, failed, error }
  }
  const prune = (draft: SpanDraft | MetricDraft): boolean => {
    const items = 'events' in draft ? draft.events : draft.dataPoints
    const gone = new Map<number, string>()
    for (const { conditions, names } of parts) {
      const runs = editRuns(batch.signal, draft, conditions.context, never)
      for (const [i, run] of runs.entries()) {
        const match = gone.has(i) ? -1 : conditions.firstOn(run)
        if (match >= 0) gone.set(i, names[match]!)
      }
    }
    if (!('events' in draft) && gone.size === items.length && draft.record.type !== '') {
      count(left, [...gone.values()].at(0) ?? WITHOUT_POINTS)
      return false
    }
    for (const [i, name] of gone) {
      items[i]!.drop()
      count(inside, name)
    }
    return true
  }
  const kept = batch.edit((draft, i) => {
    try {
      if (!(stays(draft.record) && prune(draft as SpanDraft | MetricDraft))) draft.drop()
    } catch (thrown) {
      fail(i, thrown)
      draft.drop()
    }
  })
  return { kept, left, inside, failed, error }
}
