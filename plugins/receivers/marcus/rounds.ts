/** Judging, one round at a time: what has been read since the last, in the order of source time. */
import type { Context } from 'seneca-collector'
import type { Domain } from './domain/domain.ts'
import type { Inbox } from './inbox.ts'
import type { Judge } from './judge.ts'
import { QUEUE_MAX, HISTORY_MAX } from './queue.ts'
import type { Reading } from './reading.ts'
import { noteBoard } from './note-board.ts'

/** Lines written at one moment to several files are judged together. */
const GATHER_MS = 2
/** Logs get so long, in the machine's time, to tell of what a row tells. */
const HOLD_MS = 500
/** Right after the start the first log may be found later than the first row. */
const FIRST_HOLD_MS = 3_000
const FIRST_MS = 10_000
/** A round waits no longer for a log that is being read. */
const PUT_OFF_MS = 2_000

export interface Rounds {
  /** Something was read: a round follows in a moment. */
  wake(): void
  /** Something may have fallen due. */
  look(): void
  /** Runs alone, before or after rounds. */
  alone(work: () => Promise<void>): void
  /** Something was read of a file: a round follows, and the next reading waits until there is room. */
  readonly read: () => void | Promise<void>
  stop(): Promise<void>
}

export interface RoundsOptions {
  readonly domain: Domain
  readonly inbox: Inbox
  readonly judge: Judge
  readonly settleMs: number
  readonly reading: () => Reading | undefined
}

export const createRounds = (
  ctx: Pick<Context, 'clock' | 'log' | 'status'>,
  { domain, inbox, judge, settleMs, reading }: RoundsOptions,
): Rounds => {
  const { queue, time, sink } = inbox
  const beganAt = performance.now()
  let running: Promise<void> = Promise.resolve()
  let room = Promise.withResolvers<void>()
  let cancel = (): void => undefined
  let isDue = false
  let isStopped = false
  let putOffSince: number | undefined

  const round = async (): Promise<void> => {
    isDue = false
    if (isStopped) return
    // While one log is still being read, the others must not run ahead of it.
    if (reading()?.feed.behind() === true && queue.size < QUEUE_MAX) {
      putOffSince ??= performance.now()
      if (performance.now() - putOffSince < PUT_OFF_MS) return wake()
    }
    putOffSince = undefined
    const now = sink.now()
    const slack = time.slack()
    domain.world.single['live'] = time.live
    noteBoard(domain, reading()?.sources)
    // Rows ahead of logs that are still being written wait for them: a moment, or until their time has come.
    const until = time.live ? Infinity : Math.max(queue.newest, now) + settleMs * 1_000
    const isFirst = queue.newest === 0 && performance.now() - beganAt < FIRST_MS
    const readBefore = performance.now() - (isFirst ? FIRST_HOLD_MS : HOLD_MS)
    const observations = queue.take(until, readBefore)
    reading()?.seal()
    await judge.run(observations, now - slack, slack)
    room.resolve()
    room = Promise.withResolvers<void>()
  }

  const fail = (error: unknown): void => {
    if (isStopped) return
    const reason = error instanceof Error ? error.message : String(error)
    ctx.log.error('the receiver cannot go on', { reason })
    ctx.status.report('failed', reason)
  }

  const alone = (work: () => Promise<void>): void => {
    running = running.then(work).catch(fail)
  }

  const wake = (): void => {
    if (isDue || isStopped || sink.history()) return
    isDue = true
    cancel = ctx.clock.after(GATHER_MS, () => alone(round))
  }

  return {
    wake,
    look: () => {
      if (queue.size > 0 || (domain.nextDue() ?? Infinity) <= sink.now() - time.slack()) wake()
    },
    alone,
    read: () => {
      wake()
      return queue.size > (sink.history() ? HISTORY_MAX : QUEUE_MAX) ? room.promise : undefined
    },
    stop: async () => {
      cancel()
      room.resolve()
      await running
      isStopped = true
    },
  }
}
