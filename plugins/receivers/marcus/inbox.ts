/** What sources put their findings into: the queue, the counters, and source time as far as it is known. */
import type { Clock } from 'seneca-collector'
import type { Observation, SourceName } from './observation.ts'
import { createQueue, type Queue } from './queue.ts'
import { sourceClock, type SourceClock } from './source-clock.ts'
import { newCounters, type Counters, type Sink } from './sources/sink.ts'

export interface Inbox {
  readonly sink: Sink
  readonly queue: Queue
  readonly time: SourceClock
  readonly counters: ReadonlyMap<SourceName, Counters>
  readonly problems: string[]
  /** What is there has been read: from now on lines are read as they are written. */
  begin(): void
  /** Another Marcus's past is read next. */
  lookBack(): void
}

export interface InboxOptions {
  readonly clock: Clock
  /** Lines were read as they were written when this state was saved. */
  readonly live: boolean
  readonly isOwnTrace: (observation: Observation) => boolean
}

export const createInbox = ({ clock, live, isOwnTrace }: InboxOptions): Inbox => {
  const queue = createQueue()
  const time = sourceClock(clock, live)
  const counters = new Map<SourceName, Counters>()
  let history = true
  const sink: Sink = {
    push: (observation) => {
      if (!history && observation.untimed !== true && observation.at > queue.newest) time.saw(observation.at)
      if (!isOwnTrace(observation)) queue.push(observation, performance.now())
    },
    counters: (source) => {
      const known = counters.get(source) ?? newCounters()
      counters.set(source, known)
      return known
    },
    now: () => Math.round(time.now()),
    history: () => history,
  }
  return {
    sink,
    queue,
    time,
    counters,
    problems: [],
    lookBack: () => {
      history = true
    },
    begin: () => {
      history = false
      if (queue.newest > 0) time.saw(queue.newest)
    },
  }
}
