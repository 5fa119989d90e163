/**
 * Sends a batch to its destination: attempts, waits between them, and what becomes of it (delivery rule 4). A permanent
 * failure or the last attempt settles the batch: as a dead letter where those are kept, else as dropped, by name; it does
 * not travel upstream. Only where nobody has settled it does `send` reject: the collector is stopping, the sender gave up
 * while waiting, or retry is switched off and there is no queue, so that whoever sent the batch is the one to send it again.
 */
import type { RetryOptions } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import type { Batch } from '../model/types.ts'
import { CollectorError, PartialError } from '../kit/errors.ts'
import { attempt } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import { createBreaker, type Breaker, type BreakerState } from './breaker.ts'
import { createCall, receiptOf } from './call.ts'
import { nothing, show, type Core } from './core.ts'
import { countFailed, countIn, countOut } from './counts.ts'
import { refusedOf } from './dead-letters.ts'
import { cancelled } from './gate.ts'
import { countsOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { createPauses, either } from './pauses.ts'

export interface Sender {
  send(batch: Batch, ledger: Ledger, giveUp: AbortSignal): Promise<Receipt>
  /** Several batches as one. Undefined when the whole was refused for good: each is to be sent alone, by `sendApart`. */
  sendJoined(batch: Batch, ledger: Ledger, giveUp: AbortSignal): Promise<Receipt | undefined>
  sendApart(batch: Batch, ledger: Ledger, giveUp: AbortSignal): Promise<Receipt>
  /** Undefined without one. */
  readonly breaker: BreakerState | undefined
  /** Sends that wait for another attempt now. */
  readonly waiting: number
  /** Another is to come in its place: nothing is tried again, and what waits or would wait ends with `replaced`. */
  retire(): void
  /** Calls `fn` each time a send begins to wait. */
  whenWaiting(fn: () => void): void
}

const asError = (thrown: unknown): CollectorError => {
  if (thrown instanceof Error && thrown.name === 'AbortError' && !(thrown instanceof CollectorError))
    return new CollectorError('timeout', thrown.message, { retryable: true, cause: thrown })
  return CollectorError.from(thrown)
}

const breakerOf = (core: Core, instance: Instance): Breaker | undefined => {
  const options = instance.config.engine.breaker
  return (
    options &&
    createBreaker(options, core.env.clock, (state) => {
      if (state === 'half_open') return
      const { log } = core.env
      if (state === 'open') log.warn(`${instance.key}: its breaker is open`, { for_ms: options.openForMs })
      else log.info(`${instance.key}: its breaker is closed again`)
    })
  )
}

export interface SenderParts {
  readonly core: Core
  readonly instance: Instance
  /** A queue stands before it: nobody else has the batch. */
  readonly queued: boolean
}

/** The batch's records are in flight again when it answers. */
const once = async (
  core: Core,
  instance: Instance,
  batch: Batch,
  ledger: Ledger,
): Promise<Receipt | CollectorError> => {
  const call = createCall(instance, ledger)
  const counts = countsOf(instance, ledger.pipeline)
  const start = performance.now()
  try {
    await attempt(core, instance, batch, call, instance.config.engine.timeoutMs)
    if (call.keeping) await Promise.all(call.keeping)
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

interface Failure {
  readonly error: CollectorError
  readonly attempts: number
  /** Time since the first attempt, without what an open breaker took. */
  readonly elapsed: number
}

/** Undefined when the next attempt may come after that wait. */
const giveUpReason = (retry: RetryOptions, { error, attempts, elapsed }: Failure, wait: number): string | undefined => {
  if (!error.retryable) return 'refused for good'
  if (!retry.enabled) return 'failed, and retry is off'
  if (retry.maxAttempts > 0 && attempts >= retry.maxAttempts) return `failed ${attempts} times`
  if (retry.maxElapsedMs > 0 && elapsed + wait > retry.maxElapsedMs) return `failed for ${retry.maxElapsedMs} ms`
  return undefined
}

const settleLost = async (
  { core, instance }: SenderParts,
  batch: Batch,
  ledger: Ledger,
  { error, attempts }: Failure,
  what: string,
  giveUp: AbortSignal,
): Promise<Receipt> => {
  const refused = refusedOf(batch, error)
  const n = refused.count
  const why = { error, attempts, pipeline: ledger.pipeline }
  const { letters } = instance
  const kept = (await letters?.keep(refused, why, either(core, giveUp))) ?? false
  if (kept) ledger.deadLetter(n)
  else ledger.drop(n, `${instance.key}: ${letters ? 'dead_letters_full' : error.code}`)
  ledger.deliver(batch.count - n)
  countFailed(countsOf(instance, ledger.pipeline), batch, n)
  instance.trouble(`${what}; ${n} records are ${kept ? 'dead letters' : 'dropped'}`, error)
  void core.guard
    .run(instance.key, () => instance.component?.undelivered?.(batch, error))
    .catch((thrown: unknown) => {
      instance.trouble('failed when it was told what is lost', CollectorError.from(thrown))
    })
  return kept ? nothing : { refused: n, reason: error.message }
}

export const createSender = (parts: SenderParts): Sender => {
  const { core, instance, queued } = parts
  const { retry } = instance.config.engine
  const { clock, random } = core.env
  const breaker = breakerOf(core, instance)
  const pauses = createPauses(core)

  const observe = (outcome: Receipt | CollectorError): void => {
    if (core.hard.aborted) breaker?.cancelled()
    else if (outcome instanceof CollectorError && outcome.retryable) breaker?.failed()
    else breaker?.succeeded()
  }
  /** Waits for the breaker; throws where the sender is the one to come again. Answers how long it took. */
  const passBreaker = async (giveUp: AbortSignal): Promise<number> => {
    if (!breaker || breaker.mayGo()) return 0
    if (!retry.enabled && !queued)
      throw new CollectorError('unavailable', `the breaker of ${instance.key} is open`, {
        retryable: true,
        retryAfterMs: breaker.waitMs,
      })
    const begin = clock.monotonic()
    await pauses.pause(giveUp, (signal) => breaker.wait(signal))
    return clock.monotonic() - begin
  }
  const arrive = (batch: Batch, ledger: Ledger): void => {
    countIn(countsOf(instance, ledger.pipeline), batch)
    if (core.taps.size > 0) show(core, instance.key, batch)
  }
  /** `refused`: what to answer instead of settling what is refused for good as a whole. */
  const deliver = async <T>(
    batch: Batch,
    ledger: Ledger,
    giveUp: AbortSignal,
    refused?: () => T,
  ): Promise<Receipt | T> => {
    let start = clock.monotonic()
    for (let attempts = 1; ; attempts++) {
      if (breaker) start += await passBreaker(giveUp)
      const outcome = await once(core, instance, batch, ledger)
      observe(outcome)
      if (!(outcome instanceof CollectorError)) return outcome
      if (core.hard.aborted) throw cancelled(core.hard)
      if (refused && !outcome.retryable && !(outcome instanceof PartialError)) return refused()
      if (outcome.retryable && !retry.enabled && !queued) {
        instance.trouble('could not send', outcome)
        throw outcome
      }
      const wait = backoffMs(retry, attempts, random, outcome.retryAfterMs)
      const failure = { error: outcome, attempts, elapsed: clock.monotonic() - start }
      const what = giveUpReason(retry, failure, wait)
      if (what !== undefined) return settleLost(parts, batch, ledger, failure, what, giveUp)
      instance.trouble('could not send, will try again', outcome)
      await pauses.pause(giveUp, (signal) => clock.sleep(wait, signal))
    }
  }
  return {
    get breaker() {
      return breaker?.state
    },
    get waiting() {
      return pauses.count
    },
    retire: () => pauses.end(),
    whenWaiting: (fn) => pauses.whenBegun(fn),
    send: (batch, ledger, giveUp) => (arrive(batch, ledger), deliver<never>(batch, ledger, giveUp)),
    sendJoined(batch, ledger, giveUp) {
      arrive(batch, ledger)
      return deliver(batch, ledger, giveUp, () => undefined)
    },
    sendApart: (batch, ledger, giveUp) => deliver<never>(batch, ledger, giveUp),
  }
}
