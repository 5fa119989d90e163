/** Spans that were decided on, until they are taken: nobody else has them. They go one batch after another, in order. */
import { CollectorError, concat } from 'seneca-collector'
import type { Batch, Context } from 'seneca-collector'

export interface Outbox {
  add(spans: Batch<'traces'>): void
  /** Resolves when all that was added is taken, or given up because `signal` aborted. */
  send(signal: AbortSignal): Promise<void>
}

const RETRY_MS = 1_000
/** One batch holds about this many spans at most. */
const SPANS_MAX = 8_192

export const createOutbox = (ctx: Pick<Context, 'next' | 'held' | 'dropped' | 'clock' | 'random'>): Outbox => {
  const ready: Batch<'traces'>[] = []
  let sending: Promise<void> | undefined

  const sendOne = async (batch: Batch<'traces'>, signal: AbortSignal): Promise<void> => {
    for (;;) {
      ctx.held(-batch.count, -batch.bytes)
      try {
        await ctx.next(batch, signal)
        return
      } catch (thrown) {
        // What could not be taken is held again, and lost only when the time to stop has come.
        ctx.held(batch.count, batch.bytes)
        if (signal.aborted) {
          ctx.held(-batch.count, -batch.bytes)
          ctx.dropped(batch.count, `not taken before the shutdown: ${CollectorError.from(thrown).code}`)
          return
        }
        await ctx.clock.sleep(RETRY_MS * (0.5 + ctx.random()), signal).catch(() => {})
      }
    }
  }
  const sendAll = async (signal: AbortSignal): Promise<void> => {
    while (ready.length > 0) {
      const pieces: Batch<'traces'>[] = []
      for (let spans = 0; ready.length > 0 && spans < SPANS_MAX; spans += pieces.at(-1)!.count)
        pieces.push(ready.shift()!)
      await sendOne(concat(pieces), signal)
    }
    sending = undefined
  }
  return {
    add: (spans) => void ready.push(spans),
    send: (signal) => (ready.length === 0 && sending === undefined ? Promise.resolve() : (sending ??= sendAll(signal))),
  }
}
