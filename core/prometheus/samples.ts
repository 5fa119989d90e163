/**
 * A point as samples: `name`, or `name_bucket{le}`, `name_sum`, `name_count`, or `name{quantile}`. Buckets are summed up
 * here, as Prometheus counts everything up to a bound.
 */
import type { Point } from './point.ts'

export interface Sample {
  readonly suffix: '' | '_bucket' | '_sum' | '_count'
  /** `le` or `quantile`, beside the series' own labels. */
  readonly label?: readonly [name: 'le' | 'quantile', value: number]
  readonly value: number
}

export const samplesOf = function* (point: Point): Generator<Sample> {
  if (point.kind === 'number') {
    yield { suffix: '', value: point.value }
    return
  }
  if (point.kind === 'summary') {
    for (const [quantile, value] of point.quantiles) yield { suffix: '', label: ['quantile', quantile], value }
    yield { suffix: '_sum', value: point.sum }
    yield { suffix: '_count', value: point.count }
    return
  }
  let sum = 0
  for (const [i, bound] of point.bounds.entries()) {
    sum += point.counts[i] ?? 0
    yield { suffix: '_bucket', label: ['le', bound], value: sum }
  }
  yield { suffix: '_bucket', label: ['le', Number.POSITIVE_INFINITY], value: point.count }
  // A sum is left out where there are negative values: it would not be one of a counter.
  if (point.sum !== undefined) yield { suffix: '_sum', value: point.sum }
  yield { suffix: '_count', value: point.count }
}

/** As Go writes it and Prometheus reads it. */
export const numberText = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
