/**
 * A processor in its pipeline. Calls come in order, up to its concurrency.
 *
 * A call that rejects gives its batch back when what follows rejected it, when the error is retryable, or when the sender
 * gave up; any other error refuses the records for good (delivery rule 5) and the rest of the stream goes on. Refused
 * records are kept as dead letters where `service.dead_letter` says so, and the batch is acked when they are.
 */
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch, Signal } from '../model/types.ts'
import { callOf, createCall, markHandedBack, noteReceipt, receiptOf, wasHandedBack, type Call } from './call.ts'
import { consume } from './consume.ts'
import { nothing, type Core, type Send } from './core.ts'
import { countIn, countOut, type Counts } from './counts.ts'
import { refusedOf } from './dead-letters.ts'
import { noOutput, noWay, type Flow } from './flow.ts'
import { cancelled, createGate } from './gate.ts'
import { concurrencyOf, countsOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { createStepBooks, type Progress, type StepBooks } from './step-books.ts'

export interface Step {
  readonly instance: Instance
  readonly flow: Flow
  readonly send: Send
  /** What follows it from now on. */
  link(next: Send): void
  /** No configuration names it any more: who waits in front of it, and whoever still comes, goes on to what follows. */
  retire(): void
  hold(): void
  release(): void
  /** Who is inside will not be heard of again. */
  desert(): void
  /** No call of `consume` begins after this. */
  close(): void
  /** Nobody is inside. */
  quiet(): Promise<void>
  /** Nobody is inside, and nobody waits. */
  idle(): Promise<void>
  /** Nobody is kept in front of it. */
  readonly clear: boolean
  /** What calls brought in is on its way further down, or settled; what the component holds is its own affair. */
  passed(): Promise<void>
  /** The same of what it holds. */
  empty(): Promise<void>
  readonly progress: Progress
}

const createForward =
  (instance: Instance, { ledger, signal: carried }: Pipeline, books: StepBooks, follow: () => Send): Send =>
  async (batch, signal) => {
    if (batch.count === 0) return nothing
    if (batch.signal !== carried) throw noWay(instance.key, batch.signal)
    const call = callOf(instance)
    const start = performance.now()
    books.move(-batch.count)
    // What a timer sends is under way too.
    ledger.enter()
    books.below(1)
    try {
      const receipt = await follow()(batch, signal)
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
      books.below(-1)
      if (call) call.below += performance.now() - start
    }
  }

/** Keeps refused records, or drops them by name; `n` of them are counted. */
type Refuse = (batch: Batch, n: number, error: CollectorError) => Promise<boolean>

const createRefuse =
  (core: Core, instance: Instance, ledger: Ledger, books: StepBooks): Refuse =>
  async (batch, n, error) => {
    const { letters } = instance
    if (!letters) {
      books.drop(n, error.code)
      return false
    }
    books.deadLetter(n)
    let kept = false
    try {
      kept = await letters.keep(batch, { error, attempts: 1, pipeline: ledger.pipeline }, core.hard)
    } finally {
      if (!kept) books.deadLetter(-n)
    }
    if (!kept) books.drop(n, 'dead_letters_full')
    return kept
  }

const createStepFlow = (core: Core, instance: Instance, books: StepBooks, forward: Send, refuse: Refuse): Flow => ({
  next: (batch, signal) => forward(batch, signal ?? core.hard),
  to: (pipeline) => {
    throw noOutput(instance.key, pipeline)
  },
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
    instance.trouble('refuses records', error)
    const call = callOf(instance)
    const kept = refuse(batch, batch.count, error).then((is) => {
      if (!is) noteReceipt(call, { refused: batch.count, reason: error.message })
    })
    if (call) (call.keeping ??= []).push(kept)
    // Given up at the deadline: who sent the batch has it again, or it is the component's own loss, counted by its books.
    kept.catch(() => {})
  },
  held(n, bytes = 0) {
    books.hold(n)
    core.accounts.hold(bytes)
  },
  created: (n) => books.receive(n),
})

/** The shutdown came before a dead letter was written: the sender has the batch again. */
const handBack =
  (books: StepBooks, call: Call, n: number) =>
  (late: unknown): never => {
    books.giveBack(n)
    call.outcome = 'handed_back'
    throw late
  }

/** The pipeline a step stands in. */
export interface Pipeline {
  readonly ledger: Ledger
  readonly signal: Signal
}

export interface StepParts extends Pipeline {
  readonly instance: Instance
}

/** Before it is linked. */
const unlinked: Send = () =>
  Promise.reject(new CollectorError('unavailable', 'nothing follows yet', { retryable: true }))

/** What becomes of a call that rejected; throws when its sender has the batch again. */
const createFailed =
  (core: Core, instance: Instance, counts: Counts, books: StepBooks, refuse: Refuse) =>
  async (thrown: unknown, call: Call, batch: Batch, signal: AbortSignal): Promise<Receipt> => {
    const n = batch.count
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
    const refused = refusedOf(batch, error)
    const lost = books.there(refused.count)
    instance.trouble('failed on a batch', error)
    if (lost === 0) return receiptOf(call)
    const kept = await refuse(refused, lost, error).catch(handBack(books, call, n))
    if (!kept) noteReceipt(call, { refused: lost, reason: error.message })
    return receiptOf(call)
  }

export const createStep = (core: Core, { instance, ledger, signal: carried }: StepParts): Step => {
  const { key } = instance
  let next = unlinked
  let retired = false
  const gate = createGate(concurrencyOf(instance.config), key)
  const counts = countsOf(instance, ledger.pipeline)
  const books = createStepBooks(instance, ledger)
  const refuse = createRefuse(core, instance, ledger, books)

  const failed = createFailed(core, instance, counts, books, refuse)

  return {
    instance,
    flow: createStepFlow(
      core,
      instance,
      books,
      createForward(instance, { ledger, signal: carried }, books, () => next),
      refuse,
    ),
    link(to) {
      next = to
    },
    retire: () => void (retired = true),
    hold: () => gate.hold(),
    release: () => gate.release(retired ? Number.MAX_SAFE_INTEGER : concurrencyOf(instance.config)),
    desert: () => gate.desert(),
    close: () => gate.close(new CollectorError('stopping', `${key} is being stopped`, { retryable: true })),
    quiet: () => gate.quiet(),
    idle: () => gate.idle(),
    get clear() {
      return gate.clear
    },
    passed: () => books.passed(),
    empty: () => books.empty(),
    get progress() {
      return books.progress
    },
    async send(batch, signal) {
      if (batch.count === 0) return nothing
      if (retired && gate.clear) return next(batch, signal)
      const turn = gate.enter(signal)
      if (turn) await turn
      if (retired) {
        gate.leave()
        return next(batch, signal)
      }
      const { generation } = gate
      const call = createCall(instance, ledger)
      const start = performance.now()
      books.move(batch.count)
      countIn(counts, batch)
      ledger.enter()
      try {
        await consume(core, instance, call, batch, signal)
        if (call.keeping) await Promise.all(call.keeping)
        instance.recovered()
        return receiptOf(call)
      } catch (thrown) {
        return await failed(thrown, call, batch, signal)
      } finally {
        call.outcome ??= 'acked'
        books.tidy(gate.open)
        counts.ms += performance.now() - start - call.below
        ledger.leave()
        gate.leave(generation)
      }
    },
  }
}
