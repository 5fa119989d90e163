/**
 * Spikes and dead periods of an event series, against what this hour usually brings (volume-profile.ts).
 *
 * The expectation of a cell is taken before the cell itself is learnt, and nothing is learnt while an alarm stands, so
 * that a spike cannot raise its own bar.
 *
 *   spike  the last 20 minutes: p < 1e-5 and more than twice the expected (volume-spike.ts)
 *   gap    at least 14 events expected since the last one, over at least 15 minutes, and none came
 *
 * Events must come in time order; `advance` moves the clock where no events come. Quiet until the first day is known.
 */
import type { VolumeFinding } from './volume-finding.ts'
import { createSpike, type SpikeState } from './volume-spike.ts'
import { CELL_MS, createVolumeProfile, type VolumeProfileState } from './volume-profile.ts'

export interface Volume {
  observe(time: number): readonly VolumeFinding[]
  /** No event up to `time`. */
  advance(time: number): readonly VolumeFinding[]
  snapshot(): VolumeState
  readonly learning: boolean
}

export interface VolumeState {
  readonly profile: VolumeProfileState
  readonly spike: SpikeState
  readonly gap: { readonly start: number; readonly expected: number } | undefined
  readonly cell: number
  readonly count: number
  readonly last: number
}

const GAP_EXPECTED = 14
const GAP_LEAST_MS = 900_000

export const createVolume = (restored?: VolumeState): Volume => {
  const profile = createVolumeProfile(restored?.profile)
  const spike = createSpike(restored?.spike)
  let gap = restored?.gap
  let cell = restored?.cell ?? Number.NaN
  let count = restored?.count ?? 0
  let last = restored?.last ?? Number.NaN

  const closeCell = (): readonly VolumeFinding[] => {
    const findings = spike.close(cell, count, profile.expected(cell, Math.max))
    if (!spike.standing && !gap) profile.learn(cell, count)
    count = 0
    cell++
    return findings
  }

  const judgeGap = (time: number): VolumeFinding[] => {
    if (gap || Number.isNaN(last) || time - last < GAP_LEAST_MS) return []
    const expected = profile.expectedBetween(last, time, Math.min)
    if (Number.isNaN(expected) || expected < GAP_EXPECTED) return []
    gap = { start: last, expected }
    return [{ kind: 'volume_gap', ended: false, start: last, at: time, observed: 0, expected, score: expected }]
  }

  const moveTo = (time: number): VolumeFinding[] => {
    const target = Math.floor(time / CELL_MS)
    if (Number.isNaN(cell)) {
      cell = target
      profile.begin(target)
    }
    const findings: VolumeFinding[] = []
    for (let behind = target - cell; behind > 0; behind--) {
      findings.push(...judgeGap(Math.min(time, (cell + 1) * CELL_MS)), ...closeCell())
    }
    return [...findings, ...judgeGap(time)]
  }

  const endGap = (time: number): VolumeFinding[] => {
    if (!gap) return []
    const { start, expected } = gap
    gap = undefined
    return [{ kind: 'volume_gap', ended: true, start, at: time, observed: 1, expected, score: 0 }]
  }

  return {
    observe(time) {
      const findings = [...moveTo(time), ...endGap(time)]
      count++
      last = time
      return findings
    },
    advance: moveTo,
    get learning() {
      return profile.learning(cell)
    },
    snapshot: () => ({ profile: profile.snapshot(), spike: spike.snapshot(), gap, cell, count, last }),
  }
}
