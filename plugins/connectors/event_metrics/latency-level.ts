/**
 * The latency bands: p95 of the last minutes.
 *
 *   excellent < 100 ms ≤ good ≤ 500 ms < acceptable ≤ 2 s < poor ≤ 10 s < critical
 */
export type LatencyLevel = 'excellent' | 'good' | 'acceptable' | 'poor' | 'critical'

export const latencyLevels: readonly LatencyLevel[] = ['excellent', 'good', 'acceptable', 'poor', 'critical']

const EXCELLENT_BELOW_S = 0.1
const GOOD_MOST_S = 0.5
const ACCEPTABLE_MOST_S = 2
const POOR_MOST_S = 10

export const latencyLevelOf = (seconds: number): LatencyLevel => {
  if (seconds < EXCELLENT_BELOW_S) return 'excellent'
  if (seconds <= GOOD_MOST_S) return 'good'
  if (seconds <= ACCEPTABLE_MOST_S) return 'acceptable'
  return seconds <= POOR_MOST_S ? 'poor' : 'critical'
}

/** The last values of the bands but one; just under 100 ms is still excellent, 100 ms is not. */
export const LEVEL_EDGES_S = [
  EXCELLENT_BELOW_S * (1 - Number.EPSILON),
  GOOD_MOST_S,
  ACCEPTABLE_MOST_S,
  POOR_MOST_S,
] as const

/** Edges of the bands among finer ones, in seconds. */
export const LATENCY_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60] as const
/** For how long tasks take. */
export const TASK_BOUNDS_S = [5, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400] as const
