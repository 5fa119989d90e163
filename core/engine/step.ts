/**
 * A processor in its pipeline. Calls come in order, up to its concurrency. The step keeps its own count of the records
 * inside (came in, went on, filtered, held …): when no call is open it must be zero, so a processor that loses records
 * without a word is found and named, and what it lost is counted as dropped.
 *
 * A call that rejects gives its batch back when what follows rejected it, when the error is retryable, or when the sender
 * gave up; any other error refuses the records for good (delivery rule 5) and the rest of the stream goes on.
 */
import type { Receipt } from '../kit/context.ts'
import { CollectorError, PartialError } from '../kit/errors.ts'
import { callOf, createCall, inCall, markHandedBack, wasHandedBack, type Call } from './call.ts'
import { nothing, type Core, type Send } from './core.ts'
import { noOutput, type Acks, type Flow } from './flow.ts'
import { cancelled, createGate } from './gate.ts'
import { concurrencyOf, countsOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'

export interface Step {
  readonly instance: Instance
  readonly flow: Flow
  readonly send: Send
  /** No call of `consume` begins after this. */
  close(): void
  idle(): Promise<void>
}

const receiptOf = ({ refused, reason }: Call): Receipt =>
  refused === 0 ? nothing : { refused, ...(reason !== undefined && { reason }) }

export const noteReceipt = (call: Call | undefined, receipt: Receipt): void => {
  if (!call || receipt.refused === 0) return
  call.refused += receipt.refused
  call.reason ??= receipt.reason
}

export const createStep = (core: Core, instance: Instance, ledger: Ledger, next: Send, acks: Acks): Step => {
  const { key } = instance
  const gate = createGate(concurrencyOf(instance.config), key)
  const counts = countsOf(instance, ledger.pipeline)
  const clock = core.env.clock
  let inside = 0

  const leaked = (): void => {
    if (inside > 0) {
      ledger.drop(inside, `${key}: lost without a word`)
      const error = new CollectorError(
        'plugin_failed',
        `${inside} records came in and never went on, and none was counted`,
      )
      instance.trouble('loses records', error)
    } else ledger.receive(-inside)
    inside = 0
  }
  const tidy = (): void => {
    if (inside !== 0 && gate.open <= 1) leaked()
  }
  const forward = async (send: Send, batch: Parameters<Send>[0], signal: AbortSignal): Promise<Receipt> => {
    if (batch.count === 0) return nothing
    const call = callOf(instance)
    const start = clock.monotonic()
    inside -= batch.count
    try {
      const receipt = await send(batch, signal)
      counts.recordsOut += batch.count
      noteReceipt(call, receipt)
      return receipt
    } catch (error) {
      inside += batch.count
      markHandedBack(error)
      throw error
    } finally {
      if (call) call.below += clock.monotonic() - start
    }
  }
  const giveBack = (n: number): void => {
    const back = Math.min(n, Math.max(0, inside))
    inside -= back
    // What this attempt already filtered stays counted; the batch will be received anew.
    if (back < n) ledger.receive(n - back)
  }
  const failed = (thrown: unknown, call: Call, n: number, signal: AbortSignal): Receipt => {
    const error = CollectorError.from(thrown)
    const gaveUp = signal.aborted || core.hard.aborted
    if (gaveUp || wasHandedBack(thrown) || error.retryable) {
      if (!gaveUp && !wasHandedBack(thrown)) {
        counts.errors++
        instance.trouble('refuses batches for now', error)
      }
      giveBack(n)
      tidy()
      throw gaveUp && !(thrown instanceof CollectorError) ? cancelled(signal.aborted ? signal : core.hard) : error
    }
    const wanted = error instanceof PartialError ? error.indexes.length : n
    const lost = Math.min(wanted, Math.max(0, inside))
    inside -= lost
    counts.errors++
    ledger.drop(lost, `${key}: ${error.code}`)
    instance.trouble('failed on a batch', error)
    call.refused += lost
    call.reason ??= error.message
    tidy()
    return receiptOf(call)
  }

  return {
    instance,
    async send(batch, signal) {
      if (batch.count === 0) return nothing
      const turn = gate.enter(signal)
      if (turn) await turn
      const call = createCall(instance, ledger)
      const start = clock.monotonic()
      inside += batch.count
      counts.recordsIn += batch.count
      ledger.enter()
      try {
        await core.guard.run(key, () => inCall(call, () => instance.component?.consume?.(batch, signal)))
        instance.recovered()
        tidy()
        return receiptOf(call)
      } catch (thrown) {
        return failed(thrown, call, batch.count, signal)
      } finally {
        counts.ms += clock.monotonic() - start - call.below
        ledger.leave()
        gate.leave()
      }
    },
    close: () => gate.close(new CollectorError('stopping', `${key} is being stopped`, { retryable: true })),
    idle: () => gate.idle(),
    flow: {
      acks,
      next: (batch, signal) => forward(next, batch, signal ?? core.hard),
      to: (pipeline) => {
        throw noOutput(key, pipeline)
      },
      outputs: [],
      async emit(batch) {
        const n = batch.count
        inside += n
        ledger.receive(n)
        try {
          return await forward(next, batch, core.hard)
        } catch (error) {
          inside -= n
          ledger.receive(-n)
          throw error
        }
      },
      filtered(n, rule) {
        inside -= n
        ledger.filter(n, rule)
      },
      dropped(n, reason) {
        inside -= n
        ledger.drop(n, `${key}: ${reason}`)
      },
      refused(batch, error) {
        inside -= batch.count
        counts.errors++
        ledger.drop(batch.count, `${key}: ${error.code}`)
        instance.trouble('refuses records', error)
        noteReceipt(callOf(instance), { refused: batch.count, reason: error.message })
      },
      held(n, bytes = 0) {
        inside -= n
        ledger.hold(n)
        core.accounts.hold(bytes)
      },
      created(n) {
        inside += n
        ledger.receive(n)
      },
    },
  }
}
