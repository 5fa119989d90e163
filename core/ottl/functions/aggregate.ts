/** Functions that make fewer data points, or fewer buckets, of many. */
import { valueToJson } from '../../model/index.ts'
import type { DataPoint, NestedDraft, PointValue, Value, ValueMap } from '../../model/index.ts'
import type { Run } from '../expression.ts'
import { double, int64, isInt, toNumber, truncateToInt } from '../numbers.ts'
import { Failure, newMap } from '../values.ts'
import { draftOf, metricOf } from './metrics.ts'
import { define, only } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

const kinds = ['sum', 'max', 'min', 'mean', 'median', 'count'] as const
type Kind = (typeof kinds)[number]

const kindOf = (name: string): Kind => {
  const found = kinds.find((kind) => kind === name)
  if (found !== undefined) return found
  throw new Failure(`${JSON.stringify(name)} is no aggregation; there are ${kinds.join(', ')}`)
}

/** The values of a group as one: int64 when the first is. */
const aggregated = (values: readonly PointValue[], kind: Kind): PointValue => {
  const isWhole = isInt(values[0])
  const numbers = values.map((value) =>
    isWhole ? BigInt(isInt(value) ? value : truncateToInt(toNumber(value))) : toNumber(value),
  )
  const made = (value: bigint | number): PointValue => (typeof value === 'bigint' ? int64(value) : double(value))
  const sorted = numbers.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const sum = (): bigint | number =>
    isWhole ? (numbers as bigint[]).reduce((a, b) => a + b, 0n) : (numbers as number[]).reduce((a, b) => a + b, 0)
  const over = (total: bigint | number, n: number): bigint | number =>
    typeof total === 'bigint' ? total / BigInt(n) : total / n
  const middle = sorted.length >> 1
  switch (kind) {
    case 'sum':
      return made(sum())
    case 'mean':
      return made(over(sum(), values.length))
    case 'max':
      return made(sorted.at(-1)!)
    case 'min':
      return made(sorted[0]!)
    case 'count':
      return values.length === 1 ? values[0]! : made(isWhole ? BigInt(values.length) : values.length)
    case 'median': {
      if (sorted.length % 2 === 1) return made(sorted[middle]!)
      const [a, b] = [sorted[middle - 1]!, sorted[middle]!]
      return made(isWhole ? ((a as bigint) + (b as bigint)) / 2n : ((a as number) + (b as number)) / 2)
    }
  }
}

/** Points that become one: the same attributes and time, and what of their shape must fit. */
const keyOf = (item: DataPoint, byStart: boolean): string => {
  const attributes = (item.get(['attributes']) ?? {}) as ValueMap
  const sorted = newMap()
  for (const key of Object.keys(attributes).toSorted()) sorted[key] = attributes[key]!
  return [
    valueToJson(sorted),
    item.time,
    byStart ? item.startTime : '',
    item.explicitBounds.join(','),
    item.scale,
    ...(item.count === undefined ? [] : [item.min !== undefined, item.max !== undefined, item.flags]),
  ].join('\n')
}

type Point = NestedDraft<DataPoint>

const counts = (lists: readonly (readonly (number | bigint)[])[]): Value =>
  (lists[0] ?? []).map((_, i) => int64(lists.reduce((sum, list) => sum + BigInt(list[i] ?? 0), 0n)))

const mergeHistograms = (first: Point, rest: readonly Point[]): void => {
  const items = [first, ...rest.filter(({ item }) => item.count !== 0)].map(({ item }) => item)
  if (items.length === 1) return
  const total = (read: (item: DataPoint) => number | bigint | undefined): bigint =>
    items.reduce((sum, item) => sum + BigInt(read(item) ?? 0), 0n)
  const sums = items.map(({ sum }) => sum)
  const bucketCounts = items.map((item) => item.bucketCounts)
  const [min, max] = [items.map((item) => item.min ?? 0), items.map((item) => item.max ?? 0)]
  first.set(['count'], int64(total(({ count }) => count)))
  if (first.item.min !== undefined) first.set(['min'], double(Math.min(...min)))
  if (first.item.max !== undefined) first.set(['max'], double(Math.max(...max)))
  if (sums.includes(undefined)) first.delete(['sum'])
  else first.set(['sum'], double((sums as number[]).reduce((a, b) => a + b, 0)))
  if (bucketCounts[0]!.length > 0) first.set(['bucket_counts'], counts(bucketCounts))
  if (first.item.scale !== undefined) {
    first.set(['zero_count'], int64(total(({ zeroCount }) => zeroCount)))
    for (const side of ['positive', 'negative'] as const) mergeSide(first, items, side)
  }
}

/** Buckets of one scale, laid over each other by their offsets. */
const mergeSide = (first: Point, items: readonly DataPoint[], side: 'positive' | 'negative'): void => {
  const all = items.flatMap((item) => {
    const buckets = item[side]
    return buckets === undefined || buckets.bucketCounts.length === 0 ? [] : [buckets]
  })
  if (all.length === 0) return
  const offset = Math.min(...all.map((buckets) => buckets.offset))
  const end = Math.max(...all.map((buckets) => buckets.offset + buckets.bucketCounts.length))
  const padded = all.map((buckets) => [
    ...Array.from({ length: buckets.offset - offset }, () => 0),
    ...buckets.bucketCounts,
    ...Array.from({ length: end - buckets.offset - buckets.bucketCounts.length }, () => 0),
  ])
  first.set([side, 'offset'], offset)
  first.set([side, 'bucket_counts'], counts(padded))
}

const merge = (run: Run, kind: Kind): null => {
  const draft = draftOf(run)
  const { type, aggregationTemporality } = metricOf(run).record
  const groups = Map.groupBy(draft.dataPoints, ({ item }) => keyOf(item, aggregationTemporality === 1))
  for (const [first, ...rest] of groups.values()) {
    if (first === undefined || rest.length === 0) continue
    const values = [first, ...rest].map(({ item }) => item.value)
    if (type !== 'gauge' && type !== 'sum') mergeHistograms(first, rest)
    else if (first.item.value !== undefined)
      first.set(
        ['value'],
        aggregated(
          values.map((value) => value ?? 0),
          kind,
        ),
      )
    const start = [first, ...rest].reduce(
      (least, { item }) => (item.startTime < least ? item.startTime : least),
      first.item.startTime,
    )
    first.set(['start_time_unix_nano'], start)
    for (const point of rest) point.drop()
  }
  return null
}

const onAttributes = define(
  'aggregate_on_attributes',
  { AggregationFunction: 'literalString', Attributes: 'literalStrings?' },
  ({ AggregationFunction, Attributes }) => {
    const kind = kindOf(AggregationFunction)
    return (run) => {
      if (metricOf(run).record.type === 'summary')
        throw new Failure('aggregate_on_attributes cannot aggregate a summary')
      if (Attributes !== undefined) {
        for (const point of draftOf(run).dataPoints) {
          const kept = newMap()
          for (const [key, value] of point.item.attributes) if (Attributes.includes(key)) kept[key] = value
          point.set(['attributes'], kept)
        }
      }
      return merge(run, kind)
    }
  },
)

const onValue = define(
  'aggregate_on_attribute_value',
  {
    AggregationFunction: 'literalString',
    Attribute: 'literalString',
    Values: 'literalStrings',
    NewValue: 'literalString',
  },
  ({ AggregationFunction, Attribute, Values, NewValue }) => {
    const kind = kindOf(AggregationFunction)
    return (run) => {
      for (const point of draftOf(run).dataPoints) {
        const value = point.item.attributes.get(Attribute)
        if (typeof value === 'string' && Values.includes(value)) point.set(['attributes', Attribute], NewValue)
      }
      return merge(run, kind)
    }
  },
)

const BOUND_EPSILON = 1e-12

const withoutBound = ({ explicitBounds, bucketCounts }: DataPoint, bound: number): Merged | undefined => {
  const at = explicitBounds.findIndex((each) => Math.abs(each - bound) < BOUND_EPSILON)
  if (at < 0) return undefined
  const joined = int64(BigInt(bucketCounts[at]!) + BigInt(bucketCounts[at + 1]!))
  return {
    bounds: explicitBounds.toSpliced(at, 1),
    counts: bucketCounts.toSpliced(at, 2, joined),
  }
}

interface Merged {
  readonly bounds: readonly number[]
  readonly counts: readonly (number | bigint)[]
}

const limited = ({ explicitBounds, bucketCounts }: DataPoint, most: number): Merged | undefined => {
  const isRising = explicitBounds.every((bound, i) => i === 0 || bound > explicitBounds[i - 1]!)
  if (bucketCounts.length <= most || !isRising) return undefined
  const step = Math.ceil(bucketCounts.length / most)
  const merged: (number | bigint)[] = []
  for (let i = 0; i < bucketCounts.length; i += step)
    merged.push(int64(bucketCounts.slice(i, i + step).reduce((sum: bigint, count) => sum + BigInt(count), 0n)))
  return { bounds: explicitBounds.filter((_, i) => (i + 1) % step === 0), counts: merged }
}

const methods = ['remove_explicit_bound', 'limit_buckets']

const mergeBuckets = define(
  'merge_histogram_buckets',
  { TargetValue: 'floatLike', Method: 'literalString?' },
  ({ TargetValue, Method = 'remove_explicit_bound' }) => {
    if (!methods.includes(Method))
      throw new Failure(`the method ${JSON.stringify(Method)} is none of ${methods.join(', ')}`)
    return (run) => {
      const item = run.record as unknown as DataPoint
      if (metricOf(run).record.type !== 'histogram') return null
      const target = TargetValue.get(run)
      if (target === undefined) throw new Failure('target_value must not be nil')
      const number = toNumber(target)
      if (Method === 'limit_buckets' && (number < 1 || !Number.isInteger(number)))
        throw new Failure(`target_value must be a positive whole number for limit_buckets, not ${number}`)
      const explicitBounds = ((item.get(['explicit_bounds']) ?? []) as readonly Value[]).map(Number)
      const bucketCounts = (item.get(['bucket_counts']) ?? []) as readonly (number | bigint)[]
      if (explicitBounds.length + 1 !== bucketCounts.length || bucketCounts.length === 1) return null
      const shape = { explicitBounds, bucketCounts } as unknown as DataPoint
      const merged = Method === 'limit_buckets' ? limited(shape, number) : withoutBound(shape, number)
      if (merged === undefined) return null
      run.draft?.set(['explicit_bounds'], merged.bounds.map(double))
      run.draft?.set(['bucket_counts'], merged.counts)
      return null
    }
  },
)

export const aggregations: readonly FunctionSpec[] = [
  only(['metric'], onAttributes),
  only(['metric'], onValue),
  only(['datapoint'], mergeBuckets),
]
