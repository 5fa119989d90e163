/**
 * From two cumulative points of a series to what came in between. What cannot be told is left out, with the reason:
 * `reset` (it began anew), `bucket_mismatch`. The rules are those of the OpenTelemetry Collector's processor (contrib
 * 0.158), but the next point counts from one that began anew; there a histogram first has to grow beyond what it was.
 */
import { Double, kindOf } from 'seneca-collector'
import type { DataPoint, NestedDraft, PathKey, PointValue, Value } from 'seneca-collector'
import { coarsen, countsOf, subtract, trim, type Counts } from './exponential.ts'

/** What is remembered of a point. */
export interface Remembered {
  readonly time: bigint
  readonly value: PointValue | undefined
  readonly count: number
  readonly sum: number | undefined
  readonly buckets: readonly number[]
  readonly bounds: readonly number[]
  readonly scale: number
  readonly zeroCount: number
  readonly zeroThreshold: number
  readonly positive: Counts
  readonly negative: Counts
}

/** A sum that is no number is passed over: the next one counts from the last that was. */
export const remember = (point: DataPoint, before: Remembered | undefined): Remembered => ({
  time: point.time,
  value: point.value,
  count: Number(point.count ?? 0),
  sum: Number.isNaN(point.sum) ? (before?.sum ?? Number.NaN) : point.sum,
  buckets: point.bucketCounts.map(Number),
  bounds: point.explicitBounds,
  scale: point.scale ?? 0,
  zeroCount: Number(point.zeroCount ?? 0),
  zeroThreshold: point.zeroThreshold ?? 0,
  positive: countsOf(point.positive),
  negative: countsOf(point.negative),
})

export type Refusal = 'reset' | 'bucket_mismatch'

interface Changes {
  readonly refused?: Refusal
  readonly set: readonly (readonly [path: readonly PathKey[], value: Value])[]
}

const difference = (after: PointValue, before: PointValue): PointValue => {
  if (kindOf(after) === 'int' && kindOf(before) === 'int') return BigInt(after as number) - BigInt(before as number)
  return new Double(Number(after) - Number(before))
}

const sum = (now: Remembered, before: Remembered): Changes => {
  const [value = 0, previous = 0] = [now.value, before.value]
  if (Number(value) < Number(previous)) return { refused: 'reset', set: [] }
  return { set: [[['value'], difference(value, previous)]] }
}

const sumChange = (point: DataPoint, before: Remembered): Changes['set'] =>
  point.sum === undefined || Number.isNaN(point.sum) ? [] : [[['sum'], new Double(point.sum - (before.sum ?? 0))]]

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((each, i) => each === b[i])

const histogram = (now: Remembered, before: Remembered, point: DataPoint): Changes => {
  if (now.buckets.length !== before.buckets.length || !same(now.bounds, before.bounds))
    return { refused: 'bucket_mismatch', set: [] }
  if (now.count < before.count || now.buckets.some((count, i) => count < before.buckets[i]!))
    return { refused: 'reset', set: [] }
  return {
    set: [
      [['count'], now.count - before.count],
      ...sumChange(point, before),
      [['bucket_counts'], now.buckets.map((count, i) => count - before.buckets[i]!)],
    ],
  }
}

/** The earlier point with the scale and the zero bucket of the later one (OpenTelemetry data model, "merging"). */
const alike = (now: Remembered, before: Remembered): Remembered => {
  let { positive, negative, zeroCount } = before
  if (now.zeroThreshold > before.zeroThreshold) {
    const index = Math.ceil(Math.log2(now.zeroThreshold) * 2 ** before.scale) - 1
    const [p, fromPositive] = trim(positive, index)
    const [n, fromNegative] = trim(negative, index)
    positive = p
    negative = n
    zeroCount += fromPositive + fromNegative
  }
  const bits = before.scale - now.scale
  return { ...before, zeroCount, positive: coarsen(positive, bits), negative: coarsen(negative, bits) }
}

const exponential = (now: Remembered, earlier: Remembered, point: DataPoint): Changes => {
  if (now.count < earlier.count || now.zeroThreshold < earlier.zeroThreshold || now.scale > earlier.scale)
    return { refused: 'reset', set: [] }
  const before = alike(now, earlier)
  const positive = subtract(now.positive, before.positive)
  const negative = subtract(now.negative, before.negative)
  if (!positive || !negative || now.zeroCount < before.zeroCount) return { refused: 'reset', set: [] }
  return {
    set: [
      [['count'], now.count - before.count],
      ...sumChange(point, before),
      [['zero_count'], now.zeroCount - before.zeroCount],
      [['positive', 'offset'], positive.offset],
      [['positive', 'bucket_counts'], positive.counts],
      [['negative', 'offset'], negative.offset],
      [['negative', 'bucket_counts'], negative.counts],
    ],
  }
}

const changesOf = { sum, histogram, exponential_histogram: exponential } as const
export type ConvertedType = keyof typeof changesOf

/** Makes a delta of the point; the answer is why it could not be. */
export const makeDelta = (
  type: ConvertedType,
  point: NestedDraft<DataPoint>,
  now: Remembered,
  before: Remembered,
): Refusal | undefined => {
  const { refused, set } = changesOf[type](now, before, point.item)
  if (refused) return refused
  for (const [path, value] of set) point.set(path, value)
  // Least and greatest are of the whole time, not of this interval.
  if (set.length > 0 && type !== 'sum') for (const key of ['min', 'max']) point.delete([key])
  point.set(['start_time_unix_nano'], before.time)
  return undefined
}
