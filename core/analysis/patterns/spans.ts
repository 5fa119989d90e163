/** Quantiles of spans of time, as people read them: rounded to milliseconds. */
import type { Spans } from './types.ts'

const MS = 1_000

/** Between the two nearest ranks (Hyndman and Fan's definition 7, which R and NumPy use by default). */
const quantile = (sorted: readonly number[], share: number): number => {
  const at = (sorted.length - 1) * share
  const below = Math.floor(at)
  const low = sorted[below]!
  return low + (at - below) * ((sorted[below + 1] ?? low) - low)
}

const seconds = (ms: number): number => Math.round(ms) / MS

export const spansOf = (values: readonly number[]): Spans => {
  if (values.length === 0) return { count: 0, median_seconds: null, p90_seconds: null }
  const sorted = values.toSorted((a, b) => a - b)
  return {
    count: values.length,
    median_seconds: seconds(quantile(sorted, 0.5)),
    p90_seconds: seconds(quantile(sorted, 0.9)),
  }
}
