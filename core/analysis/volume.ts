/**
 * Spikes and dead periods of an event series, against what this hour of the week usually brings.
 *
 * Counts go into cells of five minutes. What a cell should hold is a profile over the day (an EWMA over days, smoothed
 * over two neighbours on each side), per hour of the week once two weeks are known, times a slow overall level. The
 * expectation of a cell is taken before the cell itself is learnt, and nothing is learnt while an alarm stands, so that
 * a spike cannot raise its own bar. Tests:
 *
 *   spike  the last 20 minutes against a negative binomial with var = 1.5 e + 0.05 e²: p < 1e-5 and ratio > 2
 *   gap    at least 14 events expected since the last one, over at least 15 minutes, and none came
 *
 * Events must come in time order; `advance` moves the clock where no events come. Quiet until the first day is known.
 */
import { negativeBinomialTail } from './tails.ts'

export interface VolumeFinding {
  readonly kind: 'volume_spike' | 'volume_gap'
  readonly ended: boolean
  /** When it began, and when it was seen; for an end, when it ended. Milliseconds since the epoch. */
  readonly start: number
  readonly at: number
  readonly observed: number
  readonly expected: number
  /** −log10 p, or the events missed. */
  readonly score: number
}

export interface Volume {
  observe(time: number): readonly VolumeFinding[]
  /** No event up to `time`. */
  advance(time: number): readonly VolumeFinding[]
  snapshot(): VolumeState
  readonly learning: boolean
}

interface Alarm {
  readonly start: number
  readonly expected: number
}

export interface VolumeState {
  readonly day: number[]
  readonly week: number[]
  readonly daysSeen: number
  readonly level: number
  readonly cell: number
  readonly firstCell: number
  readonly count: number
  readonly recent: number[]
  readonly recentExpected: number[]
  readonly last: number
  readonly spike: Alarm | undefined
  readonly gap: Alarm | undefined
}

export const CELL_MS = 300_000
const DAY_CELLS = 288
const WEEK_CELLS = 2016
const PROFILE_ALPHA = 0.25
const SPIKE_CELLS = 4
const SPIKE_P = 1e-5
const SPIKE_RATIO = 2
const SPIKE_LEAST = 10
/** The 20-minute sum must fall to this ratio before the spike is over. */
const SPIKE_COOL = 1.5
/** What stays high longer is no spike but the new normal, and is learnt as such. */
const SPIKE_MOST_MS = 6 * 3_600_000
const GAP_EXPECTED = 14
const GAP_LEAST_MS = 900_000
/** Days before anything is said, and before hours of the week are told apart. */
const DAYS_TO_LEARN = 1
const DAYS_FOR_WEEK = 14
/** A shift of the level: one part in 36 hours of cells. */
const LEVEL_ALPHA = 1 / 432

export const createVolume = (restored?: VolumeState): Volume => {
  const day = restored?.day ?? Array.from({ length: DAY_CELLS }, () => Number.NaN)
  const week = restored?.week ?? Array.from({ length: WEEK_CELLS }, () => Number.NaN)
  let level = restored?.level ?? 1
  let cell = restored?.cell ?? Number.NaN
  let firstCell = restored?.firstCell ?? Number.NaN
  let count = restored?.count ?? 0
  let recent = restored?.recent ?? []
  let recentExpected = restored?.recentExpected ?? []
  let last = restored?.last ?? Number.NaN
  let spike = restored?.spike
  let gap = restored?.gap

  const daysSeen = (at: number): number => (at - firstCell) / DAY_CELLS

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

  /**
   * Events expected in a cell, NaN while unknown. Where work begins or ends the smoothed profile is wrong on one side of
   * the step, so each test takes the one of smoothed and own value that speaks against an alarm.
   */
  const expectedIn = (at: number, cautious: (a: number, b: number) => number): number => {
    if (daysSeen(at) < DAYS_TO_LEARN) return Number.NaN
    const inWeek = daysSeen(at) >= DAYS_FOR_WEEK && !Number.isNaN(week[at % WEEK_CELLS]!)
    const profile = inWeek ? week : day
    const own = profile[at % profile.length]!
    const smoothed = smooth(profile, at % profile.length)
    return (Number.isNaN(own) ? smoothed : cautious(own, smoothed)) * level
  }

  const learn = (profile: number[], at: number, value: number): void => {
    const old = profile[at]!
    profile[at] = Number.isNaN(old) ? value : old + PROFILE_ALPHA * (value - old)
  }

  const judgeSpike = (expected: number): VolumeFinding[] => {
    recent = [...recent, count].slice(-SPIKE_CELLS)
    recentExpected = [...recentExpected, expected].slice(-SPIKE_CELLS)
    const observed = recent.reduce((a, b) => a + b, 0)
    const wanted = recentExpected.reduce((a, b) => a + b, 0)
    if (Number.isNaN(wanted)) return []
    const mean = Math.max(wanted, 1)
    const p = negativeBinomialTail(observed, mean, 1.5 * mean + 0.05 * mean * mean)
    const high = p < SPIKE_P && observed > SPIKE_RATIO * mean && observed >= SPIKE_LEAST
    const end = (cell + 1) * CELL_MS
    if (high && !spike) {
      spike = { start: end - SPIKE_CELLS * CELL_MS, expected: mean }
      const began = recent.findIndex((value, at) => value > SPIKE_RATIO * Math.max(recentExpected[at]!, 1))
      if (began >= 0) spike = { start: end - (recent.length - began) * CELL_MS, expected: mean }
      return [
        {
          kind: 'volume_spike',
          ended: false,
          start: spike.start,
          at: end,
          observed,
          expected: mean,
          score: -Math.log10(Math.max(p, 1e-300)),
        },
      ]
    }
    if (spike && (observed <= SPIKE_COOL * mean || end - spike.start > SPIKE_MOST_MS)) {
      const ended: VolumeFinding = {
        kind: 'volume_spike',
        ended: true,
        start: spike.start,
        at: cell * CELL_MS,
        observed,
        expected: mean,
        score: 0,
      }
      spike = undefined
      return [ended]
    }
    return []
  }

  const closeCell = (): VolumeFinding[] => {
    const expected = expectedIn(cell, Math.max)
    const findings = judgeSpike(expected)
    if (!spike && !gap) {
      if (!Number.isNaN(expected) && expected > 0)
        level += LEVEL_ALPHA * level * (Math.min(4, count / Math.max(expected, 0.2)) - 1)
      level = Math.min(4, Math.max(0.25, level))
      learn(day, cell % DAY_CELLS, count)
      learn(week, cell % WEEK_CELLS, count)
    }
    count = 0
    cell++
    return findings
  }

  /** Events expected between two instants, cell by cell. */
  const expectedBetween = (from: number, to: number): number => {
    let sum = 0
    for (let at = Math.floor(from / CELL_MS); at * CELL_MS < to; at++) {
      const share = (Math.min(to, (at + 1) * CELL_MS) - Math.max(from, at * CELL_MS)) / CELL_MS
      sum += share * expectedIn(at, Math.min)
    }
    return sum
  }

  const judgeGap = (time: number): VolumeFinding[] => {
    if (gap || Number.isNaN(last) || time - last < GAP_LEAST_MS) return []
    const expected = expectedBetween(last, time)
    if (Number.isNaN(expected) || expected < GAP_EXPECTED) return []
    gap = { start: last, expected }
    return [{ kind: 'volume_gap', ended: false, start: last, at: time, observed: 0, expected, score: expected }]
  }

  const moveTo = (time: number): VolumeFinding[] => {
    const target = Math.floor(time / CELL_MS)
    if (Number.isNaN(cell)) {
      cell = target
      firstCell = target
    }
    const findings: VolumeFinding[] = []
    while (cell < target) {
      findings.push(...judgeGap(Math.min(time, (cell + 1) * CELL_MS)))
      findings.push(...closeCell())
    }
    findings.push(...judgeGap(time))
    return findings
  }

  return {
    observe(time) {
      const findings = moveTo(time)
      if (gap) {
        findings.push({
          kind: 'volume_gap',
          ended: true,
          start: gap.start,
          at: time,
          observed: 1,
          expected: gap.expected,
          score: 0,
        })
        gap = undefined
      }
      count++
      last = time
      return findings
    },
    advance: moveTo,
    get learning() {
      return Number.isNaN(cell) || daysSeen(cell) < DAYS_TO_LEARN
    },
    snapshot: () => ({
      day: [...day],
      week: [...week],
      daysSeen: daysSeen(cell),
      level,
      cell,
      firstCell,
      count,
      recent,
      recentExpected,
      last,
      spike,
      gap,
    }),
  }
}
