/**
 * What must come out of a day, and how what came out is judged against it. An expectation is a type, a window in which
 * the event's timestamp must lie, and the part of its data that the truth knows. An optional one may come out or not: it
 * counts neither for nor against.
 */
import { formatInstant, parseInstant, type Json, type Micros } from '../../core/replay/index.ts'

export interface Expectation {
  readonly type: string
  readonly from: Micros
  readonly to: Micros
  readonly data: Json
  readonly optional?: boolean
}

export interface Envelope {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly timestamp: string
  readonly data: Json
  readonly metadata: Json
}

export interface Score {
  readonly type: string
  readonly expected: number
  readonly found: number
  readonly matched: number
  readonly precision: number
  readonly recall: number
  readonly missing: readonly Expectation[]
  readonly surplus: readonly Envelope[]
}

const same = (a: unknown, b: unknown): boolean => {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) < 0.01
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b
  return JSON.stringify(a) === JSON.stringify(b)
}

/** An event whose instant is lost says between which two it was; afterwards nobody can know better. */
const within = ({ from, to }: Expectation, event: Envelope, at: Micros, ranges: boolean): boolean => {
  if (at >= from && at <= to) return true
  const range = event.metadata['time_range']
  if (!ranges || !Array.isArray(range)) return false
  const [after = Infinity, before = -Infinity] = range.map((instant) => parseInstant(instant))
  return after <= to && before >= from
}

/** It says what was expected, whenever it was. */
const agrees = (expectation: Expectation, event: Envelope): boolean =>
  Object.entries(expectation.data).every(([key, value]) => same(event.data[key], value))

const fits = (expectation: Expectation, event: Envelope, at: Micros, ranges: boolean): boolean =>
  within(expectation, event, at, ranges) && agrees(expectation, event)

/**
 * One event for one expectation. Required ones choose first; windows that close early choose first, the earliest event
 * that fits: no other choice pairs more. `ranges`: lost instants may fit.
 */
export const score = (expectations: readonly Expectation[], events: readonly Envelope[], ranges = false): Score[] => {
  const types = [...new Set([...expectations, ...events].map(({ type }) => type))].toSorted()
  return types.map((type) => {
    const left = events
      .filter((event) => event.type === type)
      .map((event) => ({ event, at: parseInstant(event.timestamp) ?? 0 }))
    const found = left.length
    const take = (expectation: Expectation): boolean => {
      let best = -1
      for (const [index, { event, at }] of left.entries()) {
        if (fits(expectation, event, at, ranges) && (best === -1 || at < left[best]!.at)) best = index
      }
      if (best !== -1) left.splice(best, 1)
      return best !== -1
    }
    const mine = expectations.filter((expectation) => expectation.type === type).toSorted((a, b) => a.to - b.to)
    const required = mine.filter((expectation) => expectation.optional !== true)
    const missing = required.filter((expectation) => !take(expectation))
    const allowed = mine.filter((expectation) => expectation.optional === true && take(expectation)).length
    const matched = required.length - missing.length
    const counted = found - allowed
    return {
      type,
      expected: required.length,
      found: counted,
      matched,
      precision: counted === 0 ? 1 : matched / counted,
      recall: required.length === 0 ? 1 : matched / required.length,
      missing,
      surplus: left.map(({ event }) => event),
    }
  })
}

/** What is neither expected nor one of the missing ones, told after its window by somebody who was not there in it. */
export const unexplained = ({ missing, surplus }: Score): readonly Envelope[] => {
  const open = [...missing]
  return surplus.filter((event) => {
    const at = parseInstant(event.timestamp) ?? 0
    const late = open.findIndex((expectation) => expectation.to < at && agrees(expectation, event))
    if (late >= 0) open.splice(late, 1)
    return late < 0
  })
}

export const showScores = (scores: readonly Score[]): string =>
  [
    `${'type'.padEnd(32)} expected  found  precision  recall`,
    ...scores.map(
      ({ type, expected, found, precision, recall }) =>
        `${type.padEnd(32)} ${String(expected).padStart(8)} ${String(found).padStart(6)}  ${precision.toFixed(3).padStart(9)}  ${recall.toFixed(3).padStart(6)}`,
    ),
  ].join('\n')

export const showFailures = (scores: readonly Score[]): string =>
  scores
    .flatMap(({ type, missing, surplus }) => [
      ...missing.map(
        ({ from, to, data }) =>
          `missing ${type} ${formatInstant(from)} … ${formatInstant(to).slice(11)} ${JSON.stringify(data)}`,
      ),
      ...surplus.map(
        ({ timestamp, data, metadata }) =>
          `surplus ${type} ${timestamp} ${JSON.stringify(data)} ${JSON.stringify(metadata)}`,
      ),
    ])
    .join('\n')
