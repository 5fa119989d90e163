/** What the counts of one ordered pair of types say: the formulas stand in sideband.ts. */
import { FORWARD, LAG_BINS, LAGS, REVERSE, SIDE_COUNT, SIDES, type TypeSeries } from './sideband-windows.ts'
import { negativeBinomialTail } from './tails.ts'

export interface Correlation {
  readonly cause: string
  readonly effect: string
  readonly strength: number
  readonly z: number
  readonly directionZ: number
  /** Excess over the smaller of both counts. */
  readonly excess: number
  readonly pValue: number
  /** Median lag of the excess, in seconds. */
  readonly lagSeconds: number
  /** Pairs in the forward window, less what the sidebands explain. */
  readonly support: number
  readonly causes: number
  readonly effects: number
}

/** Bins run from the longest lag to the shortest; what the rhythm puts into each is taken off first. */
const medianLag = (bins: readonly number[], background: number, windowMs: number): number => {
  const excess = bins.map((count) => Math.max(0, count - background)).toReversed()
  const half = excess.reduce((a, b) => a + b, 0) / 2
  let below = 0
  for (const [bin, count] of excess.entries()) {
    if (below + count >= half && count > 0) return (((bin + (half - below) / count) / LAG_BINS) * windowMs) / 1000
    below += count
  }
  return 0
}

/**
 * How likely the rhythm alone fills the forward window so: a negative binomial with the side windows' mean and variance,
 * widened because both are known from nine windows only. With few events z alone says too much.
 */
const chance = (forward: number, mean: number, variance: number): number => {
  const expected = Math.max(mean, 1 / SIDE_COUNT)
  const spread = Math.max(variance, expected) * (1 + 1 / SIDE_COUNT)
  return negativeBinomialTail(Math.floor(forward), expected, spread)
}

export const describePair = (
  cause: TypeSeries,
  effect: TypeSeries,
  cells: readonly number[],
  windowMs: number,
): Correlation => {
  const sides = cells.slice(SIDES, SIDES + SIDE_COUNT)
  const mean = sides.reduce((a, b) => a + b, 0) / SIDE_COUNT
  const variance = sides.reduce((a, b) => a + (b - mean) ** 2, 0) / (SIDE_COUNT - 1)
  const forward = cells[FORWARD]!
  const reverse = cells[REVERSE]!
  const above = forward - mean
  const z = above / Math.sqrt(Math.max(variance, mean, 1))
  return {
    cause: cause.name,
    effect: effect.name,
    strength: cause.weight > 0 ? Math.min(1, Math.max(0, above / cause.weight)) : 0,
    z,
    directionZ: forward + reverse > 0 ? (forward - reverse) / Math.sqrt(forward + reverse) : 0,
    excess: above / Math.max(1, Math.min(cause.weight, effect.weight)),
    pValue: chance(forward, mean, variance),
    lagSeconds: medianLag(cells.slice(LAGS, LAGS + LAG_BINS), mean / LAG_BINS, windowMs),
    support: Math.max(0, above),
    causes: cause.weight,
    effects: effect.weight,
  }
}
