/**
 * What a five-minute cell usually holds: an EWMA over days for each cell of the day, per cell of the week once two weeks
 * are known, smoothed over two neighbours on each side, times a slow overall level.
 */
export interface VolumeProfile {
  /**
   * Events expected in a cell (cells since the epoch), NaN while unknown. Where work begins or ends the smoothed profile
   * is wrong on one side of the step, so each test passes the choice between own and smoothed value that speaks against
   * an alarm.
   */
  expected(cell: number, cautious: (own: number, smoothed: number) => number): number
  /** The same over a span of time. */
  expectedBetween(from: number, to: number, cautious: (own: number, smoothed: number) => number): number
  learn(cell: number, count: number): void
  learning(cell: number): boolean
  /** The first cell that was watched. */
  begin(cell: number): void
  snapshot(): VolumeProfileState
}

export interface VolumeProfileState {
  readonly day: number[]
  readonly week: number[]
  readonly level: number
  readonly firstCell: number
}

export const CELL_MS = 300_000
const DAY_CELLS = 288
const WEEK_CELLS = 2016
const PROFILE_ALPHA = 0.25
/** Days before anything is said, and before hours of the week are told apart. */
const DAYS_TO_LEARN = 1
const DAYS_FOR_WEEK = 14
/** A shift of the level: one part in 36 hours of cells. */
const LEVEL_ALPHA = 1 / 432
const LEVEL_LEAST = 0.25
const LEVEL_MOST = 4

const smooth = (profile: readonly number[], at: number): number => {
  let sum = 0
  let weight = 0
  for (let offset = -2; offset <= 2; offset++) {
    const value = profile[(at + offset + profile.length) % profile.length]!
    if (Number.isNaN(value)) continue
    const share = 3 - Math.abs(offset)
    sum += value * share
    weight += share
  }
  return weight === 0 ? Number.NaN : sum / weight
}

const blend = (profile: number[], at: number, value: number): void => {
  const old = profile[at]!
  profile[at] = Number.isNaN(old) ? value : old + PROFILE_ALPHA * (value - old)
}

const first = (own: number): number => own

export const createVolumeProfile = (restored?: VolumeProfileState): VolumeProfile => {
  const day = restored?.day ?? Array.from({ length: DAY_CELLS }, () => Number.NaN)
  const week = restored?.week ?? Array.from({ length: WEEK_CELLS }, () => Number.NaN)
  let level = restored?.level ?? 1
  let firstCell = restored?.firstCell ?? Number.NaN

  const days = (cell: number): number => (cell - firstCell) / DAY_CELLS

  const expected: VolumeProfile['expected'] = (cell, cautious) => {
    if (!(days(cell) >= DAYS_TO_LEARN)) return Number.NaN
    const inWeek = days(cell) >= DAYS_FOR_WEEK && !Number.isNaN(week[cell % WEEK_CELLS]!)
    const profile = inWeek ? week : day
    const own = profile[cell % profile.length]!
    const smoothed = smooth(profile, cell % profile.length)
    return (Number.isNaN(own) ? smoothed : cautious(own, smoothed)) * level
  }

  return {
    expected,
    expectedBetween(from, to, cautious) {
      let sum = 0
      for (let cell = Math.floor(from / CELL_MS); cell * CELL_MS < to; cell++) {
        const share = (Math.min(to, (cell + 1) * CELL_MS) - Math.max(from, cell * CELL_MS)) / CELL_MS
        sum += share * expected(cell, cautious)
      }
      return sum
    },
    learn(cell, count) {
      const usual = expected(cell, first)
      if (usual > 0) level += LEVEL_ALPHA * level * (Math.min(LEVEL_MOST, count / Math.max(usual, 0.2)) - 1)
      level = Math.min(LEVEL_MOST, Math.max(LEVEL_LEAST, level))
      blend(day, cell % DAY_CELLS, count)
      blend(week, cell % WEEK_CELLS, count)
    },
    learning: (cell) => !(days(cell) >= DAYS_TO_LEARN),
    begin(cell) {
      if (Number.isNaN(firstCell)) firstCell = cell
    },
    snapshot: () => ({ day: [...day], week: [...week], level, firstCell }),
  }
}
