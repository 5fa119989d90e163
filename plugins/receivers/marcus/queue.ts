/**
 * What was read and not yet judged: observations sorted by source time, so that several files read together are judged
 * in the order things happened. Rows that lie ahead of the logs (a copied database beside logs that are still being
 * written) wait until source time has come to them.
 */
import type { Micros } from './micros.ts'
import type { Observation, SourceName } from './observation.ts'

/** Reading pauses beyond so many; a first reading of a long past is let in whole, up to the second bound. */
export const QUEUE_MAX = 50_000
export const HISTORY_MAX = 3_000_000

/** Which of two traces of one instant is judged first. */
const ranks: readonly SourceName[] = [
  'services',
  'kanban',
  'projects',
  'subtasks',
  'realtime',
  'conversations',
  'agent_events',
  'marcus_db',
]

const rankOf = (source: SourceName): number => {
  const at = ranks.indexOf(source)
  return at < 0 ? ranks.length : at
}

/** New cards are judged before anything that names them. */
const order = (a: Observation, b: Observation): number => a.at - b.at || rankOf(a.source) - rankOf(b.source)

/** Files written line by line as things happen: nothing in them is ahead of its time. */
const LOGS: ReadonlySet<SourceName> = new Set(['realtime', 'conversations', 'agent_events', 'text_log', 'audit'])

export interface Queue {
  readonly size: number
  /** The newest time in a log. */
  readonly newest: Micros
  /** `now`: when it was read, on a clock that never goes back. */
  push(observation: Observation, now: number): void
  /** Sorted. Rows that no log has come to yet stay, until `until` in source time and `readBefore` on that clock. */
  take(until: Micros, readBefore: number): Observation[]
  /** The first row of a table that was read and not taken: reading would have to begin before it again. */
  firstHeld(source: SourceName): number | undefined
}

interface Entry {
  readonly observation: Observation
  readonly readAt: number
}

export const createQueue = (): Queue => {
  let waiting: Entry[] = []
  let newest = 0

  return {
    get size() {
      return waiting.length
    },
    get newest() {
      return newest
    },
    push: (observation, readAt) => {
      waiting.push({ observation, readAt })
      if (LOGS.has(observation.source) && observation.untimed !== true && observation.at > newest)
        newest = observation.at
    },
    take: (until, readBefore) => {
      const ready: Observation[] = []
      const held: Entry[] = []
      /** Tables of which a row stays: those behind it stay too. */
      const stopped = new Set<SourceName>()
      for (const entry of waiting) {
        const { at, source, row } = entry.observation
        const isDue = LOGS.has(source) || at <= newest || (at <= until && entry.readAt <= readBefore)
        if (isDue && (row === undefined || !stopped.has(source))) ready.push(entry.observation)
        else {
          held.push(entry)
          if (row !== undefined) stopped.add(source)
        }
      }
      waiting = held
      return ready.toSorted(order)
    },
    firstHeld: (source) => {
      const rows = waiting.flatMap(({ observation }) =>
        observation.source === source && observation.row !== undefined ? [observation.row] : [],
      )
      return rows.length === 0 ? undefined : Math.min(...rows)
    },
  }
}
