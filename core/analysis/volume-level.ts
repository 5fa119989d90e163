/**
 * The absolute volume bands: events in the last hour, counted in one-minute cells.
 *
 *   low < 50 ≤ normal ≤ 500 < high ≤ 2000 < critical
 *
 * Low is an issue only while agents are registered; without them the same quiet is `idle`. Before a full hour has been
 * watched only what can already be said is said: `high` and `critical`; the rest is `learning`.
 */
export type VolumeLevel = 'learning' | 'idle' | 'low' | 'normal' | 'high' | 'critical'

export interface LevelChange {
  readonly level: VolumeLevel
  readonly oldLevel: VolumeLevel
  readonly eventsPerHour: number
  readonly at: number
}

export interface VolumeBands {
  observe(time: number): readonly LevelChange[]
  advance(time: number): readonly LevelChange[]
  /** An agent is there, or is gone. */
  agent(id: string, present: boolean): void
  snapshot(): VolumeBandsState
}

export interface VolumeBandsState {
  readonly minute: number
  readonly firstMinute: number
  readonly counts: number[]
  readonly level: VolumeLevel
  readonly agents: readonly string[]
}

const MINUTE_MS = 60_000
const MINUTES = 60
const LOW_BELOW = 50
const NORMAL_MOST = 500
const HIGH_MOST = 2000
const AGENTS_MOST = 10_000

export const levelOf = (eventsPerHour: number, agentsRegistered: boolean): VolumeLevel => {
  if (eventsPerHour > HIGH_MOST) return 'critical'
  if (eventsPerHour > NORMAL_MOST) return 'high'
  if (eventsPerHour >= LOW_BELOW) return 'normal'
  return agentsRegistered ? 'low' : 'idle'
}

export const createVolumeBands = (restored?: VolumeBandsState): VolumeBands => {
  let minute = restored?.minute ?? Number.NaN
  let firstMinute = restored?.firstMinute ?? Number.NaN
  const counts = restored?.counts ?? Array.from({ length: MINUTES }, () => 0)
  let total = counts.reduce((a, b) => a + b, 0)
  let level: VolumeLevel = restored?.level ?? 'learning'
  const agents = new Set(restored?.agents)

  const judge = (at: number): LevelChange[] => {
    const next = levelOf(total, agents.size > 0)
    const known = minute - firstMinute >= MINUTES || next === 'high' || next === 'critical'
    if (!known || next === level) return []
    const change: LevelChange = { level: next, oldLevel: level, eventsPerHour: total, at }
    level = next
    return [change]
  }

  const moveTo = (time: number): LevelChange[] => {
    const target = Math.floor(time / MINUTE_MS)
    if (Number.isNaN(minute)) {
      minute = target
      firstMinute = target
    }
    const changes: LevelChange[] = []
    while (minute < target) {
      minute++
      total -= counts[minute % MINUTES]!
      counts[minute % MINUTES] = 0
      changes.push(...judge(minute * MINUTE_MS))
      // After an empty hour every further minute is like the last: a long silence need not be walked through.
      if (total === 0 && minute - firstMinute >= MINUTES) minute = target
    }
    return changes
  }

  return {
    observe(time) {
      const changes = moveTo(time)
      counts[minute % MINUTES]!++
      total++
      changes.push(...judge(time))
      return changes
    },
    advance: moveTo,
    agent(id, present) {
      if (!present) agents.delete(id)
      else if (agents.size < AGENTS_MOST) agents.add(id)
    },
    snapshot: () => ({ minute, firstMinute, counts: [...counts], level, agents: [...agents] }),
  }
}
