/**
 * What waits to be taken. Two kinds:
 *
 * - `latest(key, …)`: an answer of a poll. A newer one replaces an older one that nobody has taken yet; `onTaken` is
 *   called for the one that was.
 * - `push(…)`: something that happened. Kept in order, at most `EVENTS_MOST`; beyond that the oldest is dropped, counted.
 *
 * One batch is on its way at a time. A refusal is tried again after 1–30 s with jitter, for ever.
 */
import { CollectorError } from 'seneca-collector'
import type { Context, LogBatch } from 'seneca-collector'

const EVENTS_MOST = 1_000
const PAUSE_FIRST_MS = 1_000
const PAUSE_MOST_MS = 30_000

interface Waiting {
  readonly batch: LogBatch
  readonly onTaken?: () => void
}

export interface Outbox {
  /** Answers whether an older one was replaced. */
  latest(key: string, batch: LogBatch, onTaken?: () => void): boolean
  /** Takes back an answer that is not on its way yet. */
  forget(key: string): void
  push(batch: LogBatch): void
  readonly waiting: number
  /** Resolves when nothing waits, or when the signal aborts. */
  drained(signal: AbortSignal): Promise<void>
}

type OutboxContext = Pick<Context<'receiver'>, 'next' | 'clock' | 'random' | 'log' | 'signal'>

/** Hands one batch on; false when it must be tried again (after the pause that this has waited) or the signal aborted. */
const hand = async (ctx: OutboxContext, batch: LogBatch, refusals: number): Promise<boolean> => {
  try {
    await ctx.next(batch, ctx.signal)
    return true
  } catch (thrown) {
    if (ctx.signal.aborted) return false
    const error = CollectorError.from(thrown)
    const ceiling = Math.min(PAUSE_MOST_MS, PAUSE_FIRST_MS * 2 ** Math.min(refusals, 5))
    const wait = Math.max(error.retryAfterMs ?? 0, PAUSE_FIRST_MS + ctx.random() * (ceiling - PAUSE_FIRST_MS))
    ctx.log.warn('a batch was rejected; it is kept and sent again', {
      reason: error.message,
      wait_ms: Math.round(wait),
    })
    await ctx.clock.sleep(wait, ctx.signal).catch(() => undefined)
    return false
  }
}

const orAborted = async (promise: Promise<void>, signal: AbortSignal): Promise<void> => {
  const { promise: aborted, resolve } = Promise.withResolvers<void>()
  const onAbort = (): void => resolve()
  signal.addEventListener('abort', onAbort, { once: true })
  await Promise.race([promise, aborted])
  signal.removeEventListener('abort', onAbort)
}

export const createOutbox = (ctx: OutboxContext & Pick<Context<'receiver'>, 'dropped'>): Outbox => {
  const events: Waiting[] = []
  /** One place for each polled tool and followed resource of the configuration. */
  const answers = new Map<string, Waiting>()
  let onItsWay: Waiting | undefined
  let sending: Promise<void> | undefined

  const first = (): Waiting | undefined => events[0] ?? answers.values().next().value
  const remove = (entry: Waiting): void => {
    if (events[0] === entry) events.shift()
    for (const [key, waiting] of answers) if (waiting === entry) answers.delete(key)
  }
  const run = async (): Promise<void> => {
    let refusals = 0
    while (!ctx.signal.aborted) {
      const entry = first()
      if (entry === undefined) return
      onItsWay = entry
      const taken = await hand(ctx, entry.batch, refusals)
      onItsWay = undefined
      refusals = taken ? 0 : refusals + 1
      if (!taken) continue
      remove(entry)
      entry.onTaken?.()
    }
  }
  const wake = (): void => {
    sending ??= run().finally(() => {
      sending = undefined
      // What came while the last turn was ending.
      if (first() !== undefined && !ctx.signal.aborted) wake()
    })
  }

  return {
    get waiting() {
      return events.length + answers.size
    },
    latest: (key, batch, onTaken) => {
      const replaced = answers.has(key)
      answers.set(key, { batch, ...(onTaken === undefined ? {} : { onTaken }) })
      wake()
      return replaced
    },
    forget: (key) => {
      if (answers.get(key) !== onItsWay) answers.delete(key)
    },
    push: (batch) => {
      if (events.length >= EVENTS_MOST) {
        // The first may be on its way; the one after it is the oldest that still waits.
        const [oldest] = events.splice(1, 1)
        ctx.dropped(oldest?.batch.count ?? 0, 'too many events waited to be taken')
      }
      events.push({ batch })
      wake()
    },
    drained: async (signal) => {
      const under = sending
      if (under !== undefined && !signal.aborted) await orAborted(under, signal)
    },
  }
}
