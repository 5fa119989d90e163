/**
 * A processor in its pipeline. Calls come in order, up to its concurrency.
 *
 * A call that rejects gives its batch back when what follows rejected it, when the error is retryable, or when the sender
 * gave up; any other error refuses the records for good (delivery rule 5) and the rest of the stream goes on.
 */
import type { Receipt } from '../kit/context.ts'
import { CollectorError, PartialError } from '../kit/errors.ts'
import { callOf, createCall, inCall, markHandedBack, noteReceipt, receiptOf, wasHandedBack, type Call } from './call.ts'
import { nothing, type Core, type Send } from './core.ts'
import { noOutput, type Acks, type Flow } from './flow.ts'
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
  (core: Core, instance: Instance, pipeline: string, books: StepBooks, next: Send): Send =>
  async (batch, signal) => {
    if (batch.count === 0) return nothing
    const call = callOf(instance)
    const start = core.env.clock.monotonic()
    books.move(-batch.count)
    try {
      const receipt = await next(batch, signal)
      countsOf(instance, pipeline).recordsOut += batch.count
      noteReceipt(call, receipt)
      return receipt
    } catch (error) {
      books.move(batch.count)
      if (!call || call.over) books.returned()
      markHandedBack(error)
      throw error
    } finally {
      if (call) call.below += core.env.clock.monotonic() - start
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

export const createStep = (core: Core, instance: Instance, ledger: Ledger, next: Send, acks: Acks): Step => {
  const { key } = instance
  const gate = createGate(concurrencyOf(instance.config), key)
  const counts = countsOf(instance, ledger.pipeline)
  const books = createStepBooks(instance, ledger)
  const { clock } = core.env

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
      throw gaveUp && !(thrown instanceof CollectorError) ? cancelled(signal.aborted ? signal : core.hard) : error
    }
    counts.errors++
    const lost = books.lose(error instanceof PartialError ? error.indexes.length : n, error.code)
    instance.trouble('failed on a batch', error)
    noteReceipt(call, { refused: lost, reason: error.message })
    return receiptOf(call)
  }

  return {
    instance,
    flow: createStepFlow(core, instance, books, createForward(core, instance, ledger.pipeline, books, next), acks),
    close: () => gate.close(new CollectorError('stopping', `${key} is being stopped`, { retryable: true })),
    idle: () => gate.idle(),
    async send(batch, signal) {
      if (batch.count === 0) return nothing
      const turn = gate.enter(signal)
      if (turn) await turn
      const call = createCall(instance, ledger)
      const start = clock.monotonic()
      books.move(batch.count)
      counts.recordsIn += batch.count
      ledger.enter()
      try {
        await core.guard.run(key, () => inCall(call, () => instance.component?.consume?.(batch, signal)))
        instance.recovered()
        return receiptOf(call)
      } catch (thrown) {
        return failed(thrown, call, batch.count, signal)
      } finally {
        call.over = true
        books.tidy(gate.open)
        counts.ms += clock.monotonic() - start - call.below
        ledger.leave()
        gate.leave()
      }
    },
  }
}
