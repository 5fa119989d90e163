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
  push(observation: Observation): void
  /** Sorted; what is later than `until` and in no log stays. */
  take(until: Micros): Observation[]
  /** The earliest instant something waits for. */
  readonly heldUntil: Micros | undefined
}

export const createQueue = (): Queue => {
  let waiting: Observation[] = []
  let newest = 0

  return {
    get size() {
      return waiting.length
    },
    get newest() {
      return newest
    },
    get heldUntil() {
      return waiting.reduce<Micros | undefined>(
        (least, { at }) => (least === undefined || at < least ? at : least),
        undefined,
      )
    },
    push: (observation) => {
      waiting.push(observation)
      if (LOGS.has(observation.source) && observation.untimed !== true && observation.at > newest)
        newest = observation.at
    },
    take: (until) => {
      const ready: Observation[] = []
      const held: Observation[] = []
      for (const observation of waiting)
        (LOGS.has(observation.source) || observation.at <= until ? ready : held).push(observation)
      waiting = held
      return ready.toSorted(order)
    },
  }
}
