/** The spike test: the last 20 minutes against a negative binomial with var = 1.5 e + 0.05 e². */
import type { VolumeFinding } from './volume-finding.ts'
import { CELL_MS } from './volume-profile.ts'
import { negativeBinomialTail } from './tails.ts'

export interface SpikeState {
  readonly counts: readonly number[]
  readonly expected: readonly number[]
  readonly standing: { readonly start: number } | undefined
}

export interface Spike {
  /** Judges a cell that has just ended. */
  close(cell: number, count: number, expected: number): readonly VolumeFinding[]
  readonly standing: boolean
  snapshot(): SpikeState
}

const CELLS = 4
const P_MOST = 1e-5
const RATIO = 2
/** Fewer events are never a spike. */
const EVENTS_LEAST = 10
/** The 20-minute sum must fall to this ratio before the spike is over. */
const COOL_RATIO = 1.5
/** What stays high longer is no spike but the new normal, and is learnt as such. */
const LONGEST_MS = 6 * 3_600_000

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

export const createSpike = (restored?: SpikeState): Spike => {
  let counts = restored?.counts ?? []
  let usual = restored?.expected ?? []
  let standing = restored?.standing

  /** Where in the window the rise began. */
  const beginning = (end: number): number => {
    const at = counts.findIndex((value, k) => value > RATIO * Math.max(usual[k]!, 1))
    return end - (counts.length - Math.max(0, at)) * CELL_MS
  }

  return {
    close(cell, count, expectedNow) {
      counts = [...counts, count].slice(-CELLS)
      usual = [...usual, expectedNow].slice(-CELLS)
      if (usual.some(Number.isNaN)) return []
      const observed = sum(counts)
      const expected = Math.max(sum(usual), 1)
      const end = (cell + 1) * CELL_MS
      const p = negativeBinomialTail(observed, expected, 1.5 * expected + 0.05 * expected * expected)
      if (!standing && p < P_MOST && observed > RATIO * expected && observed >= EVENTS_LEAST) {
        standing = { start: beginning(end) }
        const score = -Math.log10(Math.max(p, 1e-300))
        return [{ kind: 'volume_spike', ended: false, start: standing.start, at: end, observed, expected, score }]
      }
      if (standing && (observed <= COOL_RATIO * expected || end - standing.start > LONGEST_MS)) {
        const { start } = standing
        standing = undefined
        return [{ kind: 'volume_spike', ended: true, start, at: end, observed, expected, score: 0 }]
      }
      return []
    },
    get standing() {
      return standing !== undefined
    },
    snapshot: () => ({ counts, expected: usual, standing }),
  }
}
