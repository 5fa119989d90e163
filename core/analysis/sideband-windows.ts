/**
 * The windows around one event in which another type is counted: forward (0..W before it), reverse, nine side windows
 * (lags from −5W to 6W without the two in the middle), and a histogram of the forward window.
 *
 * A series keeps, for each boundary lag, how many of its events lie up to it. Effects are settled in time order, so each
 * boundary only ever moves forward and a settled effect costs a handful of differences.
 */
export interface TypeSeries {
  readonly name: string
  /** Times that windows may still ask for; `dropped` older ones were let go. */
  times: number[]
  dropped: number
  /** Events up to each boundary lag, as absolute counts. */
  readonly upTo: number[]
  /** Decayed number of events that were settled. */
  weight: number
}

const SIDES_BEFORE = 5
const SIDES_AFTER = 5
export const LAG_BINS = 15
export const SIDE_COUNT = SIDES_AFTER + SIDES_BEFORE - 1
/** Windows before and after an effect that must be known. */
export const WINDOWS_AFTER = SIDES_BEFORE
export const WINDOWS_KEPT = SIDES_AFTER + SIDES_BEFORE + 2

/** Cells of a pair. */
export const FORWARD = 0
export const REVERSE = 1
export const SIDES = 2
export const LAGS = SIDES + SIDE_COUNT
export const CELLS = LAGS + LAG_BINS

/** Boundary lags in windows, from 6W before the effect to 5W after it, with the lag bins between W and 0. */
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
/** Boundaries of the side windows: 6W…W, then −W…−5W. */
const SIDE_BOUNDS: readonly (readonly [number, number])[] = [
  ...Array.from({ length: SIDES_AFTER }, (_, k) => [k, k + 1] as const),
  ...Array.from({ length: SIDES_BEFORE - 1 }, (_, k) => [AT_MINUS + k, AT_MINUS + k + 1] as const),
]

export const createSeries = (name: string, times: number[] = [], weight = 0): TypeSeries => ({
  name,
  times,
  dropped: 0,
  upTo: LAG_OF.map(() => 0),
  weight,
})

/** Moves a series' boundary counts forward to an effect's time. */
export const advance = (series: TypeSeries, time: number, windowMs: number): void => {
  const { times, upTo, dropped } = series
  const end = dropped + times.length
  for (let k = 0; k < LAG_OF.length; k++) {
    const until = time - LAG_OF[k]! * windowMs
    let count = Math.max(upTo[k]!, dropped)
    while (count < end && times[count - dropped]! <= until) count++
    upTo[k] = count
  }
}

/** Adds what the windows hold to the cells of a pair that start at `base`. */
export const addWindows = (cells: number[], base: number, { upTo }: TypeSeries): void => {
  cells[base + FORWARD]! += upTo[AT_ZERO]! - upTo[AT_WINDOW]!
  cells[base + REVERSE]! += upTo[AT_MINUS]! - upTo[AT_ZERO]!
  for (let side = 0; side < SIDE_COUNT; side++) {
    const [from, to] = SIDE_BOUNDS[side]!
    cells[base + SIDES + side]! += upTo[to]! - upTo[from]!
  }
  for (let bin = 0; bin < LAG_BINS; bin++) {
    cells[base + LAGS + bin]! += upTo[AT_WINDOW + bin + 1]! - upTo[AT_WINDOW + bin]!
  }
}

/** Lets go of times that no window asks for any more; in strides, so that it costs nothing most of the time. */
export const forget = (series: TypeSeries, before: number): void => {
  let old = 0
  while (old < series.times.length && series.times[old]! < before) old++
  if (old < 1024 && old < series.times.length) return
  series.times = series.times.slice(old)
  series.dropped += old
}
