/**
 * A data point as Prometheus's text and remote write know it: a number, a histogram with buckets, or a summary. There are
 * no exponential histograms in either, so those get buckets whose bounds are powers of two (coarser where the histogram
 * is): few, and the same whatever the scale.
 */
import { Double } from '../model/index.ts'
import type { Buckets, DataPoint, PointValue } from '../model/types.ts'

export interface NumberPoint {
  readonly kind: 'number'
  readonly value: number
}

/** A count per bucket, not yet summed up; the last is for everything above the last bound. */
export interface HistogramPoint {
  readonly kind: 'histogram'
  readonly count: number
  readonly sum: number | undefined
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  /** Empty buckets are left out, so that two of these with other bounds can be added. */
  readonly isSparse: boolean
}

export interface SummaryPoint {
  readonly kind: 'summary'
  readonly count: number
  readonly sum: number
  readonly quantiles: readonly (readonly [quantile: number, value: number])[]
}

export type Point = NumberPoint | HistogramPoint | SummaryPoint

export const toNumber = (value: PointValue): number => (value instanceof Double ? value.value : Number(value))

const ascending = (bounds: readonly number[]): boolean =>
  bounds.every((bound, i) => !Number.isNaN(bound) && (i === 0 || bound > (bounds[i - 1] as number)))

/** Undefined for what no histogram can be: bounds that do not rise, another number of counts than of buckets. */
const histogram = (point: DataPoint): HistogramPoint | undefined => {
  const count = Number(point.count ?? 0)
  const bounds = point.explicitBounds.filter((bound) => bound !== Number.POSITIVE_INFINITY)
  const counts = point.bucketCounts.map(Number)
  // No buckets at all is allowed: then only count and sum are known.
  if (counts.length === 0 && bounds.length === 0)
    return { kind: 'histogram', count, sum: point.sum, bounds: [], counts: [count], isSparse: false }
  if (!ascending(point.explicitBounds) || counts.length !== point.explicitBounds.length + 1) return undefined
  const last = counts.slice(bounds.length).reduce((sum, one) => sum + one, 0)
  return {
    kind: 'histogram',
    count,
    sum: point.sum,
    bounds,
    counts: [...counts.slice(0, bounds.length), last],
    isSparse: false,
  }
}

/** Bucket `i` of scale `s` ends at 2^((i + 1) · 2^-s); scales above 0 are brought down to 0. */
const upperBound = (index: number, scale: number): number =>
  scale >= 0 ? 2 ** ((index >> scale) + 1) : 2 ** ((index + 1) * 2 ** -scale)
const lowerBound = (index: number, scale: number): number =>
  scale >= 0 ? 2 ** (index >> scale) : 2 ** (index * 2 ** -scale)

const addTo = (counts: Map<number, number>, bound: number, count: number): void => {
  if (count > 0) counts.set(bound, (counts.get(bound) ?? 0) + count)
}

/** Shifts beyond this are the same shift for any index of 32 bits. */
const SCALE_MOST = 31

const exponential = (point: DataPoint): HistogramPoint => {
  const scale = Math.min(SCALE_MOST, point.scale ?? 0)
  const byBound = new Map<number, number>()
  const each = (buckets: Buckets | undefined, boundOf: (index: number) => number): void =>
    buckets?.bucketCounts.forEach((count, i) => addTo(byBound, boundOf(buckets.offset + i), Number(count)))
  // A negative bucket reaches up to the smallest magnitude in it.
  each(point.negative, (index) => -lowerBound(index, scale))
  addTo(byBound, point.zeroThreshold ?? 0, Number(point.zeroCount ?? 0))
  each(point.positive, (index) => upperBound(index, scale))
  const beyond = byBound.get(Number.POSITIVE_INFINITY) ?? 0
  byBound.delete(Number.POSITIVE_INFINITY)
  const bounds = [...byBound.keys()].toSorted((a, b) => a - b)
  const counts = [...bounds.map((bound) => byBound.get(bound) as number), beyond]
  return { kind: 'histogram', count: Number(point.count ?? 0), sum: point.sum, bounds, counts, isSparse: true }
}

const summary = (point: DataPoint): SummaryPoint => ({
  kind: 'summary',
  count: Number(point.count ?? 0),
  sum: point.sum ?? 0,
  quantiles: point.quantileValues.map(({ quantile, value }) => [quantile, value] as const),
})

/** Undefined when it holds nothing that can be shown. */
export const pointOf = (type: string, point: DataPoint): Point | undefined => {
  if (type === 'histogram') return histogram(point)
  if (type === 'exponential_histogram') return exponential(point)
  if (type === 'summary') return summary(point)
  return point.value === undefined ? undefined : { kind: 'number', value: toNumber(point.value) }
}

const addSparse = (a: HistogramPoint, b: HistogramPoint): Pick<HistogramPoint, 'bounds' | 'counts'> => {
  const byBound = new Map<number, number>()
  for (const { bounds, counts } of [a, b]) bounds.forEach((bound, i) => addTo(byBound, bound, counts[i] ?? 0))
  const bounds = [...byBound.keys()].toSorted((x, y) => x - y)
  return {
    bounds,
    counts: [...bounds.map((bound) => byBound.get(bound) as number), (a.counts.at(-1) ?? 0) + (b.counts.at(-1) ?? 0)],
  }
}

const sameBounds = (a: HistogramPoint, b: HistogramPoint): boolean =>
  a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i])

/** A delta added to what came before it; undefined when the two cannot be added: a histogram with other buckets. */
export const added = (before: Point, delta: Point): Point | undefined => {
  if (before.kind === 'number' && delta.kind === 'number') return { kind: 'number', value: before.value + delta.value }
  if (before.kind !== 'histogram' || delta.kind !== 'histogram') return undefined
  const sum = before.sum === undefined || delta.sum === undefined ? undefined : before.sum + delta.sum
  const count = before.count + delta.count
  if (before.isSparse && delta.isSparse) return { ...before, count, sum, ...addSparse(before, delta) }
  if (!sameBounds(before, delta)) return undefined
  return { ...before, count, sum, counts: before.counts.map((one, i) => one + (delta.counts[i] ?? 0)) }
}
