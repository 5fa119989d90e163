/**
 * What a receiver without a caller does with a batch (delivery rule 10): hand it on, and when it is rejected keep it and
 * try again after 1–30 s with full jitter, for ever, until `signal` aborts. Order is kept because the caller waits.
 */
import type { Batch } from '../model/types.ts'
import type { Context, Receipt } from './context.ts'
import { CollectorError } from './errors.ts'

const RETRY_FIRST_MS = 1_000
const RETRY_MOST_MS = 30_000

export const deliver = async (
  ctx: Pick<Context, 'next' | 'clock' | 'random' | 'log'>,
  batch: Batch,
  signal: AbortSignal,
): Promise<Receipt> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ctx.next(batch, signal)
    } catch (thrown) {
      if (signal.aborted) throw thrown
      const error = CollectorError.from(thrown)
      const ceiling = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** Math.min(attempt, 5))
      const wait = Math.max(error.retryAfterMs ?? 0, RETRY_FIRST_MS + ctx.random() * (ceiling - RETRY_FIRST_MS))
      ctx.log.warn('batch was rejected; it is kept and sent again', {
        reason: error.message,
        wait_ms: Math.round(wait),
      })
      await ctx.clock.sleep(wait, signal)
    }
  }
}
