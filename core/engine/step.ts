/**
 * A processor in its pipeline. Calls come in order, up to its concurrency.
 *
 * A call that rejects gives its batch back when what follows rejected it, when the error is retryable, or when the sender
 * gave up; any other error refuses the records for good (delivery rule 5) and the rest of the stream goes on.
 */
import type { Receipt } from '../kit/context.ts'
import { CollectorError, PartialError } from '../kit/errors.ts'
import type { Signal } from '../model/types.ts'
import { callOf, createCall, inCall, markHandedBack, noteReceipt, receiptOf, wasHandedBack, type Call } from './call.ts'
import { nothing, type Core, type Send } from './core.ts'
import { countIn, countOut } from './counts.ts'
import { noOutput, noWay, type Acks, type Flow } from './flow.ts'
import { cancelled, createGate } from './gate.ts'
import { concurrencyOf, countsOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { createStepBooks, type StepBooks } from './step-books.ts'

export interface Step {
  readonly instance: Instance
  readonly flow: Flow
  readonly send: Send
  /** No call of `consume` begins after this. */
  close(): void
  idle(): Promise<void>
}

const createForward =
  (instance: Instance, { ledger, signal: carried }: Pipeline, books: StepBooks, next: Send): Send =>
  async (batch, signal) => {
    if (batch.count === 0) return nothing
    if (batch.signal !== carried) throw noWay(instance.key, batch.signal)
    const call = callOf(instance)
    const start = performance.now()
    books.move(-batch.count)
    // What a timer sends is under way too.
    ledger.enter()
    try {
      const receipt = await next(batch, signal)
      countOut(countsOf(instance, ledger.pipeline), batch)
      noteReceipt(call, receipt)
      return receipt
    } catch (error) {
      markHandedBack(error)
      // After its call went back as a whole, a part that comes back later is already in the sender's hands.
      if (call?.outcome === 'handed_back') ledger.receive(-batch.count)
      else books.move(batch.count)
      if (call?.outcome === 'refused') books.lose(batch.count, 'plugin_failed')
      else if (call?.outcome !== undefined || !call) books.returned()
      throw error
    } finally {
      ledger.leave()
      if (call) call.below += performance.now() - start
    }
  }

const createStepFlow = (core: Core, instance: Instance, books: StepBooks, forward: Send, acks: Acks): Flow => ({
  acks,
  next: (batch, signal) => forward(batch, signal ?? core.hard),
  to: (pipeline) => {
    throw noOutput(instance.key, pipeline)
  },
  outputs: [],
  async emit(batch) {
    books.receive(batch.count)
    try {
      return await forward(batch, core.hard)
    } catch (error) {
      books.receive(-batch.count)
      throw error
    }
  },
  filtered: (n, rule) => books.filter(n, rule),
  dropped: (n, reason) => books.drop(n, reason),
  refused(batch, error) {
    books.drop(batch.count, error.code)
    instance.trouble('refuses records', error)
    noteReceipt(callOf(instance), { refused: batch.count, reason: error.message })
  },
  held(n, bytes = 0) {
    books.hold(n)
    core.accounts.hold(bytes)
  },
  created: (n) => books.receive(n),
})

/** The pipeline a step stands in. */
export interface Pipeline {
  readonly ledger: Ledger
  readonly signal: Signal
}

export const createStep = (core: Core, instance: Instance, pipeline: Pipeline, next: Send, acks: Acks): Step => {
  const { key } = instance
  const { ledger } = pipeline
  const gate = createGate(concurrencyOf(instance.config), key)
  const counts = countsOf(instance, ledger.pipeline)
  const books = createStepBooks(instance, ledger)

  /** What becomes of a call that rejected; throws when its sender has the batch again. */
  const failed = (thrown: unknown, call: Call, n: number, signal: AbortSignal): Receipt => {
    const error = CollectorError.from(thrown)
    const gaveUp = signal.aborted || core.hard.aborted
    const handedBack = wasHandedBack(thrown)
    if (gaveUp || handedBack || error.retryable) {
      if (!gaveUp && !handedBack) {
        counts.errors++
        instance.trouble('refuses batches for now', error)
      }
      books.giveBack(n)
      call.outcome = 'handed_back'
      throw gaveUp && !(thrown instanceof CollectorError) ? cancelled(signal.aborted ? signal : core.hard) : error
    }
    counts.errors++
    call.outcome = 'refused'
    const lost = books.lose(error instanceof PartialError ? error.indexes.length : n, error.code)
    instance.trouble('failed on a batch', error)
    noteReceipt(call, { refused: lost, reason: error.message })
    return receiptOf(call)
  }

  return {
    instance,
    flow: createStepFlow(core, instance, books, createForward(instance, pipeline, books, next), acks),
    close: () => gate.close(new CollectorError('stopping', `${key} is being stopped`, { retryable: true })),
    idle: () => gate.idle(),
    async send(batch, signal) {
      if (batch.count === 0) return nothing
      const turn = gate.enter(signal)
      if (turn) await turn
      const call = createCall(instance, ledger)
      const start = performance.now()
      books.move(batch.count)
      countIn(counts, batch)
      ledger.enter()
      try {
        await core.guard.run(key, () => inCall(call, () => instance.component?.consume?.(batch, signal)))
        instance.recovered()
        return receiptOf(call)
      } catch (thrown) {
        return failed(thrown, call, batch.count, signal)
      } finally {
        call.outcome ??= 'acked'
        books.tidy(gate.open)
        counts.ms += performance.now() - start - call.below
        ledger.leave()
        gate.leave()
      }
    },
  }
}
