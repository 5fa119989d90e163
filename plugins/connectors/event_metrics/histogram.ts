/** A cumulative histogram with explicit bounds; a value equal to a bound is in the bucket below it, as OTLP has it. */
export interface Histogram {
  record(value: number): void
  readonly state: HistogramState
}

export interface HistogramState {
  readonly bounds: readonly number[]
  readonly buckets: number[]
  count: number
  sum: number
  min: number
  max: number
}

const emptyState = (bounds: readonly number[]): HistogramState => ({
  bounds,
  buckets: Array.from({ length: bounds.length + 1 }, () => 0),
  count: 0,
  sum: 0,
  min: Infinity,
  max: -Infinity,
})

/** A saved state with other bounds is not continued. */
export const createHistogram = (bounds: readonly number[], restored?: HistogramState): Histogram => {
  const same = restored?.bounds.length === bounds.length && restored.bounds.every((bound, i) => bound === bounds[i])
  const state = same ? restored : emptyState(bounds)
  return {
    state,
    record(value) {
      const at = bounds.findIndex((bound) => value <= bound)
      state.buckets[at < 0 ? bounds.length : at]!++
      state.count++
      state.sum += value
      state.min = Math.min(state.min, value)
      state.max = Math.max(state.max, value)
    },
  }
}
