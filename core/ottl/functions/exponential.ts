/**
 * `convert_exponential_histogram_to_histogram`: buckets whose bounds grow by a factor laid over explicit bounds. A bucket that
 * crosses bounds is given to the bucket of its upper end or its middle, or shared out by the width it has in each: evenly, or
 * with what does not come out even at random.
 */
import { path } from '../../model/index.ts'
import type { Buckets, DataPoint, Value } from '../../model/index.ts'
import { double, int64 } from '../numbers.ts'
import { Failure, newMap } from '../values.ts'
import { draftOf, metricOf } from './metrics.ts'
import { define, only } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

/** A stretch of values and how many fell into it. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly count: bigint
}

/** Base 2^(2^-scale): bucket `i` holds (base^i, base^(i+1)]. */
const boundOf = (index: number, scale: number): number => 2 ** (index * 2 ** -scale)

const stretchesOf = (buckets: Buckets | undefined, scale: number, sign: 1 | -1): readonly Stretch[] =>
  (buckets?.bucketCounts ?? []).flatMap((count, i) => {
    if (BigInt(count) === 0n) return []
    const [low, high] = [boundOf(buckets!.offset + i, scale), boundOf(buckets!.offset + i + 1, scale)]
    return [sign > 0 ? { from: low, to: high, count: BigInt(count) } : { from: -high, to: -low, count: BigInt(count) }]
  })

/** The bucket a value falls into: bounds are upper and inclusive. */
const bucketOf = (value: number, bounds: readonly number[]): number => {
  const at = bounds.findIndex((bound) => value <= bound)
  return at < 0 ? bounds.length : at
}

type Share = (stretch: Stretch, bounds: readonly number[], counts: bigint[]) => void

/** By width; what is left over goes, unit by unit, where `pick` says. */
const byWidth =
  (pick: (weights: readonly number[]) => number): Share =>
  ({ from, to, count }, bounds, counts) => {
    const edges = [from, ...bounds.filter((bound) => bound > from && bound < to), to]
    const parts = edges.slice(1).map((edge, i) => ({ width: edge - edges[i]!, bucket: bucketOf(edge, bounds) }))
    const shares = parts.map(({ width }) => (Number(count) * width) / (to - from))
    const whole = shares.map((share) => BigInt(Math.floor(share)))
    const left = count - whole.reduce((sum, part) => sum + part, 0n)
    const fractions = shares.map((share) => share - Math.floor(share))
    for (let i = 0n; i < left; i++) {
      const at = pick(fractions)
      whole[at]! += 1n
      fractions[at] = 0
    }
    parts.forEach(({ bucket }, i) => (counts[bucket]! += whole[i]!))
  }

const largest = (weights: readonly number[]): number => weights.indexOf(Math.max(...weights))
const random = (weights: readonly number[]): number => {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total === 0) return 0
  let at = Math.random() * total
  const found = weights.findIndex((weight) => (at -= weight) < 0)
  return found < 0 ? weights.length - 1 : found
}

const shares: Readonly<Record<string, Share>> = {
  upper: ({ to, count }, bounds, counts) => (counts[bucketOf(to, bounds)]! += count),
  midpoint: ({ from, to, count }, bounds, counts) => (counts[bucketOf((from + to) / 2, bounds)]! += count),
  uniform: byWidth(largest),
  random: byWidth(random),
}

const countsOf = (point: DataPoint, bounds: readonly number[], share: Share): readonly bigint[] => {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0n)
  const scale = point.scale ?? 0
  counts[bucketOf(0, bounds)]! += BigInt(point.zeroCount ?? 0)
  const stretches = [...stretchesOf(point.negative, scale, -1), ...stretchesOf(point.positive, scale, 1)]
  for (const stretch of stretches) share(stretch, bounds, counts)
  return counts
}

/** What histograms of both kinds have. */
const common = [
  'attributes',
  'start_time_unix_nano',
  'time_unix_nano',
  'count',
  'sum',
  'min',
  'max',
  'flags',
  'exemplars',
]

const convert = define(
  'convert_exponential_histogram_to_histogram',
  { DistributionFn: 'literalString', ExplicitBounds: 'literalFloats' },
  ({ DistributionFn, ExplicitBounds: bounds }) => {
    const name = DistributionFn || 'random'
    const share = Object.hasOwn(shares, name) ? shares[name] : undefined
    if (share === undefined)
      throw new Failure(`${JSON.stringify(name)} is no distribution; there are ${Object.keys(shares).join(', ')}`)
    if (bounds.length === 0) throw new Failure('a histogram needs bounds')
    if (bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!)) throw new Failure('the bounds have to rise')
    return (run) => {
      const draft = draftOf(run)
      const { record } = metricOf(run)
      if (record.type !== 'exponential_histogram') return null
      const points = record.dataPoints.map((point): Value => {
        const made = newMap()
        for (const field of common) {
          const value = point.get([field])
          if (value !== undefined) made[field] = value
        }
        made['explicit_bounds'] = bounds.map(double)
        made['bucket_counts'] = countsOf(point, bounds, share).map(int64)
        return made
      })
      const { aggregationTemporality } = record
      for (const point of draft.dataPoints) point.drop()
      draft.set(path(['type']), 'histogram')
      draft.set(path(['aggregation_temporality']), aggregationTemporality)
      draft.set(path(['data_points']), points)
      return null
    }
  },
)

export const conversions: readonly FunctionSpec[] = [only(['metric'], convert)]
