/**
 * Sends a batch to its destination: attempts, waits between them, and what becomes of it (delivery rule 4). A permanent
 * failure or the last attempt settles the batch as dropped, by name; it does not travel upstream. Only where nobody has
 * settled it does `send` reject: the collector is stopping, the sender gave up while waiting, or retry is switched off and
 * there is no queue, so that whoever sent the batch is the one to send it again.
 */
import type { Receipt } from '../kit/context.ts'
import type { Batch } from '../model/types.ts'
import { CollectorError, PartialError } from '../kit/errors.ts'
import { attempt } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import { createCall, receiptOf } from './call.ts'
import { show, type Core } from './core.ts'
import { countFailed, countIn, countOut } from './counts.ts'
import { cancelled } from './gate.ts'
import { countsOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'

export interface Sender {
  send(batch: Batch, ledger: Ledger, giveUp: AbortSignal): Promise<Receipt>
}

const asError = (thrown: unknown): CollectorError => {
  if (thrown instanceof Error && thrown.name === 'AbortError' && !(thrown instanceof CollectorError))
    return new CollectorError('timeout', thrown.message, { retryable: true, cause: thrown })
  return CollectorError.from(thrown)
}

export const createSender = (core: Core, instance: Instance, queued: boolean): Sender => {
  const { retry, timeoutMs } = instance.config.engine
  const { clock, random } = core.env

  const lose = (batch: Batch, ledger: Ledger, error: CollectorError, what: string): Receipt => {
    const n = error instanceof PartialError ? Math.min(error.indexes.length, batch.count) : batch.count
    ledger.drop(n, `${instance.key}: ${error.code}`)
    ledger.deliver(batch.count - n)
    countFailed(countsOf(instance, ledger.pipeline), batch, n)
    instance.trouble(`${what}; ${n} records are dropped`, error)
    void core.guard
      .run(instance.key, () => instance.component?.undelivered?.(batch, error))
      .catch((thrown: unknown) => {
        instance.trouble('failed when it was told what is lost', CollectorError.from(thrown))
      })
    return { refused: n, reason: error.message }
  }
  /** Undefined when the next attempt may come after that wait. */
  const giveUpReason = (error: CollectorError, attempts: number, elapsed: number, wait: number): string | undefined => {
    if (!error.retryable) return 'refused for good'
    if (!retry.enabled) return 'failed, and retry is off'
    if (retry.maxAttempts > 0 && attempts >= retry.maxAttempts) return `failed ${attempts} times`
    if (retry.maxElapsedMs > 0 && elapsed + wait > retry.maxElapsedMs) return `failed for ${retry.maxElapsedMs} ms`
    return undefined
  }
  /** The batch's records are in flight again when it answers. */
  const once = async (batch: Batch, ledger: Ledger): Promise<Receipt | CollectorError> => {
    const call = createCall(instance, ledger)
    const counts = countsOf(instance, ledger.pipeline)
    const start = performance.now()
    try {
      await attempt(core, instance, batch, call, timeoutMs)
      ledger.deliver(batch.count - call.accounted)
      countOut(counts, batch, call.accounted)
      instance.recovered()
      return receiptOf(call)
    } catch (thrown) {
      // What the failed attempt counted as filtered or dropped is received anew with the next one.
      ledger.receive(call.accounted)
      if (!core.hard.aborted) counts.errors++
      return asError(thrown)
    } finally {
      call.outcome ??= 'acked'
      counts.ms += performance.now() - start
    }
  }

  return {
    async send(batch, ledger, giveUp) {
      const start = clock.monotonic()
      countIn(countsOf(instance, ledger.pipeline), batch)
      if (core.taps.size > 0) show(core, instance.key, batch)
      for (let attempts = 1; ; attempts++) {
        const outcome = await once(batch, ledger)
        if (!(outcome instanceof CollectorError)) return outcome
        if (core.hard.aborted) throw cancelled(core.hard)
        if (outcome.retryable && !retry.enabled && !queued) {
          instance.trouble('could not send', outcome)
          throw outcome
        }
        const wait = backoffMs(retry, attempts, random, outcome.retryAfterMs)
        const last = giveUpReason(outcome, attempts, clock.monotonic() - start, wait)
        if (last !== undefined) return lose(batch, ledger, outcome, last)
        instance.trouble('could not send, will try again', outcome)
        const signal = giveUp === core.hard ? giveUp : AbortSignal.any([giveUp, core.hard])
        await clock.sleep(wait, signal).catch(() => {
          throw cancelled(signal)
        })
      }
    },
  }
}
