/**
 * Which event types follow which, within a window, beyond what their shared rhythm explains.
 *
 * For every effect b and every cause a the events of a are counted in windows before and after each b: the forward
 * window (a happened 0..W before b), the reverse window, and nine side windows further out (lags from −5W to 6W without
 * the two in the middle). Side windows hold what the daily rhythm alone produces, so
 *
 *   z  = (f − mean s) / sqrt(max(var s, mean s, 1))     is the pair beyond its rhythm?
 *   zd = (f − r) / sqrt(f + r)                          does a come first?
 *   x  = (f − mean s) / min(Na, Nb)                     is it more than a trace?
 *   strength = (f − mean s) / Na, clipped to [0, 1]     the *excess* probability that b follows a within W
 *
 * Events must come in time order. An effect is settled when 5W have passed, so that the windows after it are complete.
 * Cost: 11 + LAG_BINS additions per known type and event; memory: as many numbers per ordered pair of types, and the
 * times of the last 11W. All sums decay with `halfLifeMs`.
 */
import { normalTail } from './tails.ts'

export interface SidebandOptions {
  readonly windowMs: number
  readonly halfLifeMs: number
  /** Types beyond it are not followed, and counted. */
  readonly typesMax: number
}

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

export interface Sideband {
  observe(type: string, time: number): void
  /** Every ordered pair that was ever counted, unsorted. */
  correlations(): Correlation[]
  readonly ignored: number
  snapshot(): SidebandState
}

interface TypeSeries {
  readonly name: string
  /** Times that windows may still ask for; `dropped` older ones were let go. */
  times: number[]
  dropped: number
  /** Events up to each boundary lag, as absolute counts. */
  readonly upTo: number[]
  /** Decayed number of settled events. */
  weight: number
}

export interface SidebandState {
  readonly types: readonly { name: string; times: number[]; weight: number }[]
  readonly waiting: readonly (readonly [type: number, time: number])[]
  /** Per effect × cause × cell. */
  readonly sums: readonly (readonly [effect: number, values: number[]])[]
  readonly decayedAt: number
  readonly ignored: number
}

const SIDES_BEFORE = 5
const SIDES_AFTER = 5
const LAG_BINS = 15
/** Cells of a pair: forward, reverse, nine sides, lag histogram. */
const FORWARD = 0
const REVERSE = 1
const SIDES = 2
const SIDE_COUNT = 9
const LAGS = SIDES + SIDE_COUNT
const CELLS = LAGS + LAG_BINS
const DECAY_EVERY_MS = 3_600_000

/** Boundary lags in windows, from the oldest (6W before the effect) to the newest (5W after it), with the lag bins between W and 0. */
const boundaryLags = (): number[] => {
  const lags: number[] = []
  for (let j = SIDES_AFTER + 1; j >= 1; j--) lags.push(j)
  for (let bin = LAG_BINS - 1; bin >= 1; bin--) lags.push(bin / LAG_BINS)
  for (let j = 0; j >= -SIDES_BEFORE; j--) lags.push(j)
  return lags
}

const LAG_OF = boundaryLags()
const AT_WINDOW = LAG_OF.indexOf(1)
const AT_ZERO = LAG_OF.indexOf(0)
const AT_MINUS = LAG_OF.indexOf(-1)
/** Index pairs of the side windows: between 6W…W and −W…−5W. */
const SIDE_BOUNDS: readonly (readonly [number, number])[] = [
  ...Array.from({ length: SIDES_AFTER }, (_, k) => [k, k + 1] as const),
  ...Array.from({ length: SIDES_BEFORE - 1 }, (_, k) => [AT_MINUS + k, AT_MINUS + k + 1] as const),
]

export const createSideband = (options: SidebandOptions, restored?: SidebandState): Sideband => {
  const { windowMs } = options
  const keepMs = (SIDES_AFTER + SIDES_BEFORE + 2) * windowMs
  const settleMs = SIDES_BEFORE * windowMs
  const offsets = LAG_OF.map((lag) => lag * windowMs)
  const types: TypeSeries[] = []
  const index = new Map<string, number>()
  const sums: number[][] = []
  let waiting: (readonly [number, number])[] = []
  let settledFrom = 0
  let decayedAt = restored?.decayedAt ?? Number.NaN
  let ignored = restored?.ignored ?? 0

  const addType = (name: string, times: number[] = [], weight = 0): number => {
    const at = types.length
    types.push({ name, times, dropped: 0, upTo: offsets.map(() => 0), weight })
    index.set(name, at)
    sums.push([])
    return at
  }
  for (const type of restored?.types ?? []) addType(type.name, [...type.times], type.weight)
  for (const [effect, values] of restored?.sums ?? []) sums[effect] = [...values]
  waiting = [...(restored?.waiting ?? [])]

  /** Moves a type's boundary counts forward to the effect's time. */
  const advance = (series: TypeSeries, time: number): void => {
    const { times, upTo, dropped } = series
    const end = dropped + times.length
    for (let k = 0; k < offsets.length; k++) {
      const until = time - offsets[k]!
      let count = upTo[k]!
      if (count < dropped) count = dropped
      while (count < end && times[count - dropped]! <= until) count++
      upTo[k] = count
    }
  }

  const addWindows = (target: number[], base: number, upTo: readonly number[]): void => {
    target[base + FORWARD]! += upTo[AT_ZERO]! - upTo[AT_WINDOW]!
    target[base + REVERSE]! += upTo[AT_MINUS]! - upTo[AT_ZERO]!
    for (let side = 0; side < SIDE_COUNT; side++) {
      const [from, to] = SIDE_BOUNDS[side]!
      target[base + SIDES + side]! += upTo[to]! - upTo[from]!
    }
    for (let bin = 0; bin < LAG_BINS; bin++) {
      target[base + LAGS + bin]! += upTo[AT_WINDOW + bin + 1]! - upTo[AT_WINDOW + bin]!
    }
  }

  const settle = (effect: number, time: number): void => {
    const target = sums[effect]!
    while (target.length < types.length * CELLS) target.push(0)
    for (let cause = 0; cause < types.length; cause++) {
      const series = types[cause]!
      advance(series, time)
      if (cause !== effect) addWindows(target, cause * CELLS, series.upTo)
    }
    types[effect]!.weight++
  }

  const decay = (now: number): void => {
    if (Number.isNaN(decayedAt)) decayedAt = now
    if (now - decayedAt < DECAY_EVERY_MS) return
    const factor = 0.5 ** ((now - decayedAt) / options.halfLifeMs)
    decayedAt = now
    for (const values of sums) for (let k = 0; k < values.length; k++) values[k]! *= factor
    for (const series of types) series.weight *= factor
  }

  const forget = (now: number): void => {
    for (const series of types) {
      let old = 0
      while (old < series.times.length && series.times[old]! < now - keepMs) old++
      if (old < 1024 && old < series.times.length) continue
      series.times = series.times.slice(old)
      series.dropped += old
    }
    if (settledFrom > 4096) {
      waiting = waiting.slice(settledFrom)
      settledFrom = 0
    }
  }

  return {
    observe(name, time) {
      let type = index.get(name)
      if (type === undefined) {
        if (types.length >= options.typesMax) {
          ignored++
          return
        }
        type = addType(name)
      }
      decay(time)
      types[type]!.times.push(time)
      waiting.push([type, time])
      const before = settledFrom
      while (settledFrom < waiting.length && waiting[settledFrom]![1] <= time - settleMs) {
        const [effect, at] = waiting[settledFrom++]!
        settle(effect, at)
      }
      if (settledFrom !== before) forget(waiting[settledFrom]?.[1] ?? time - settleMs)
    },
    correlations() {
      return sums.flatMap((values, effect) =>
        types.flatMap((cause, at) =>
          at === effect || values.length < (at + 1) * CELLS
            ? []
            : [describe(cause, types[effect]!, values, at * CELLS, windowMs)],
        ),
      )
    },
    get ignored() {
      return ignored
    },
    snapshot: () => ({
      types: types.map(({ name, times, weight }) => ({ name, times: [...times], weight })),
      waiting: waiting.slice(settledFrom),
      sums: sums.map((values, effect) => [effect, [...values]] as const),
      decayedAt,
      ignored,
    }),
  }
}

const describe = (
  cause: TypeSeries,
  effect: TypeSeries,
  values: readonly number[],
  base: number,
  windowMs: number,
): Correlation => {
  const sides = values.slice(base + SIDES, base + SIDES + SIDE_COUNT)
  const mean = sides.reduce((a, b) => a + b, 0) / SIDE_COUNT
  const variance = sides.reduce((a, b) => a + (b - mean) ** 2, 0) / (SIDE_COUNT - 1)
  const forward = values[base + FORWARD]!
  const reverse = values[base + REVERSE]!
  const above = forward - mean
  const z = above / Math.sqrt(Math.max(variance, mean, 1))
  return {
    cause: cause.name,
    effect: effect.name,
    strength: cause.weight > 0 ? Math.min(1, Math.max(0, above / cause.weight)) : 0,
    z,
    directionZ: forward + reverse > 0 ? (forward - reverse) / Math.sqrt(forward + reverse) : 0,
    excess: above / Math.max(1, Math.min(cause.weight, effect.weight)),
    pValue: normalTail(z),
    lagSeconds: medianLag(values.slice(base + LAGS, base + LAGS + LAG_BINS), mean / LAG_BINS, windowMs),
    support: Math.max(0, above),
    causes: cause.weight,
    effects: effect.weight,
  }
}

/** Bins run from the longest lag to the shortest; what the rhythm puts into each is taken off first. */
const medianLag = (bins: readonly number[], background: number, windowMs: number): number => {
  const excess = bins.map((count) => Math.max(0, count - background)).toReversed()
  const half = excess.reduce((a, b) => a + b, 0) / 2
  let below = 0
  for (const [bin, count] of excess.entries()) {
    if (below + count >= half && count > 0) {
      return (((bin + (half - below) / count) / LAG_BINS) * windowMs) / 1000
    }
    below += count
  }
  return 0
}
