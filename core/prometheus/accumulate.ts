/**
 * The latest state of many series. Cumulative points replace what was there; deltas are added up, so that counters and
 * histograms of both temporalities look the same to Prometheus. A delta that begins after the last one ended is added all
 * the same: what was lost between them cannot be known, and starting anew would hide what is. A point that is not newer
 * than what is known (sent again, out of order) changes nothing.
 *
 * Bounded: at most `maxSeries`; series that nobody updated for `expirationMs` go (0 = never).
 */
import type { DataPoint, MetricRecord } from '../model/types.ts'
import { labelsOf } from './labels.ts'
import type { LabelOptions, Labels } from './labels.ts'
import { metricName } from './names.ts'
import type { Naming } from './names.ts'
import { added, pointOf, toNumber } from './point.ts'
import type { Point } from './point.ts'

/** `NoRecordedValue` of a data point's flags: the series has ended. */
const NO_RECORDED_VALUE = 1
const DELTA = 1
const CUMULATIVE = 2

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary'

export interface ExemplarOf {
  readonly value: number
  /** Nanoseconds since the epoch. */
  readonly time: bigint
  readonly traceId: string
  readonly spanId: string
}

export interface Series {
  readonly labels: Labels
  readonly point: Point
  /** Nanoseconds since the epoch. */
  readonly time: bigint
  readonly exemplars: readonly ExemplarOf[]
  /** Milliseconds of the clock that was given. */
  readonly updated: number
}

export interface Family {
  readonly name: string
  readonly type: FamilyType
  readonly help: string
  readonly unit: string
  readonly series: Map<string, Series>
}

/** What became of one data point. `ended`: the series is over since `time`. */
export type Outcome =
  | { readonly is: 'taken'; readonly family: Family; readonly series: Series }
  | { readonly is: 'ended'; readonly family: Family; readonly labels: Labels; readonly time: bigint }
  | { readonly is: 'old' }
  | { readonly is: 'refused'; readonly reason: string }

export interface AccumulatorOptions extends LabelOptions {
  readonly naming: Naming
  /** `deltas`: only what has to be added up; what is cumulative already is handed through. */
  readonly keeps: 'all' | 'deltas'
  readonly maxSeries: number
  readonly expirationMs: number
}

export interface Accumulator {
  /** One outcome a data point, or one `refused` for a metric as a whole. */
  add(record: MetricRecord, now: number): Iterable<Outcome>
  /** Leaves out what has expired. */
  families(now: number): Iterable<Family>
  readonly size: number
}

const typeOf = (record: MetricRecord): FamilyType | undefined => {
  switch (record.type) {
    case 'gauge':
    case 'summary':
      return record.type
    case 'sum':
      return record.isMonotonic ? 'counter' : 'gauge'
    case 'histogram':
    case 'exponential_histogram':
      return 'histogram'
    default:
      return undefined
  }
}

/** Why a metric cannot be shown at all. */
const refusalOf = (record: MetricRecord, type: FamilyType | undefined): string | undefined => {
  if (type === undefined) return 'a metric without data'
  if (type === 'summary' || record.type === 'gauge') return undefined
  const { aggregationTemporality: temporality } = record
  if (temporality === DELTA) return type === 'gauge' ? 'a delta sum that is not monotonic' : undefined
  return temporality === CUMULATIVE ? undefined : 'no aggregation temporality'
}

const exemplarsOf = (point: DataPoint): ExemplarOf[] =>
  point.exemplars.flatMap(({ value, time, traceId, spanId }) =>
    value === undefined ? [] : [{ value: toNumber(value), time, traceId, spanId }],
  )

const keyOf = (labels: Labels): string => labels.flat().join('\u0000')

/** The state after a point; undefined when it is not newer than `before`. */
const stateOf = (before: Series | undefined, point: Point, data: DataPoint, isDelta: boolean): Point | undefined => {
  if (before === undefined) return point
  if (!isDelta) return data.time < before.time ? undefined : point
  if (data.time <= before.time || (data.startTime !== 0n && data.startTime < before.time)) return undefined
  return added(before.point, point) ?? point
}

/** The known family of a metric's name, or a new one; a text says why it can be neither. */
const familyOf = (
  families: ReadonlyMap<string, Family>,
  naming: Naming,
  record: MetricRecord,
  type: FamilyType,
): Family | string => {
  const kind = type === 'counter' || type === 'gauge' ? type : 'other'
  // Only a gauge of OpenTelemetry's is a ratio: a sum that goes up and down counts things.
  const isUpDown = record.type === 'sum' && kind === 'gauge'
  const name = metricName(record.name, record.unit, isUpDown ? 'other' : kind, naming)
  if (name === '') return 'a name of which nothing is left'
  const known = families.get(name)
  if (known?.type === type) return known
  if (known !== undefined) return `${name} is a ${known.type} already`
  return { name, type, help: record.description, unit: record.unit, series: new Map() }
}

export const createAccumulator = (options: AccumulatorOptions): Accumulator => {
  const families = new Map<string, Family>()
  let size = 0

  const expire = (now: number): void => {
    if (options.expirationMs <= 0) return
    for (const [name, family] of families) {
      for (const [key, { updated }] of family.series) {
        if (now - updated <= options.expirationMs) continue
        family.series.delete(key)
        size--
      }
      if (family.series.size === 0) families.delete(name)
    }
  }
  const take = (family: Family, labels: Labels, data: DataPoint, record: MetricRecord, now: number): Outcome => {
    const key = keyOf(labels)
    const before = family.series.get(key)
    if ((data.flags & NO_RECORDED_VALUE) !== 0) {
      if (family.series.delete(key)) size--
      if (family.series.size === 0) families.delete(family.name)
      return { is: 'ended', family, labels, time: data.time }
    }
    const point = pointOf(record.type, data)
    if (point === undefined) return { is: 'refused', reason: 'a data point without a value, or with unusable buckets' }
    const isDelta = record.aggregationTemporality === DELTA
    if (!isDelta && options.keeps === 'deltas') {
      const series = { labels, point, time: data.time, exemplars: exemplarsOf(data), updated: now }
      return { is: 'taken', family, series }
    }
    const state = stateOf(before, point, data, isDelta)
    if (state === undefined) {
      // The same delta again, because it was sent again: what it came to is known.
      return before !== undefined && before.time === data.time ? { is: 'taken', family, series: before } : { is: 'old' }
    }
    if (before === undefined && size >= options.maxSeries) {
      expire(now)
      if (size >= options.maxSeries) return { is: 'refused', reason: `more than ${options.maxSeries} series` }
    }
    const series: Series = { labels, point: state, time: data.time, exemplars: exemplarsOf(data), updated: now }
    if (before === undefined) size++
    family.series.set(key, series)
    families.set(family.name, family)
    return { is: 'taken', family, series }
  }

  return {
    *add(record, now) {
      const type = typeOf(record)
      const refusal = refusalOf(record, type)
      const family = refusal ?? familyOf(families, options.naming, record, type as FamilyType)
      if (typeof family === 'string') {
        yield { is: 'refused', reason: family }
        return
      }
      const labels = labelsOf(record, options)
      for (const data of record.dataPoints) yield take(family, labels(data.attributes), data, record, now)
    },
    families(now) {
      expire(now)
      return families.values()
    },
    get size() {
      return size
    },
  }
}
