/**
 * The end of a pipeline: every batch to every branch. Room is reserved in all required queues first, then the batch goes
 * to all (delivery rule 3); while one batch waits for room, later ones wait behind it, so order is kept. Answers once:
 * resolved when every required branch took responsibility, rejected when one did not.
 */
import type { Receipt } from '../kit/context.ts'
import type { Batch } from '../model/types.ts'
import type { Branch, QueueBranch } from './branch.ts'
import { nothing, show, type Core, type Send } from './core.ts'
import { createGate } from './gate.ts'
import type { Ledger } from './ledger.ts'

const merged = (receipts: readonly Receipt[]): Receipt => {
  const refusing = receipts.filter((receipt) => receipt.refused > 0)
  if (refusing.length === 0) return nothing
  const [first] = refusing
  return {
    refused: Math.max(...refusing.map((receipt) => receipt.refused)),
    ...(first?.reason !== undefined && { reason: first.reason }),
  }
}

/** All or none; the queue that has no room, or undefined when all have. */
const reserveAll = (queues: readonly QueueBranch[], batch: Batch): QueueBranch | undefined => {
  const reserved: QueueBranch[] = []
  const undo = (): void => {
    for (const queue of reserved) queue.unreserve(batch)
  }
  for (const queue of queues) {
    try {
      if (!queue.reserve(batch)) {
        undo()
        return queue
      }
    } catch (error) {
      undo()
      throw error
    }
    reserved.push(queue)
  }
  return undefined
}

export interface FanOut {
  readonly send: Send
  /** Where it leads from now on; a batch that waits for room waits for that of the new ones. */
  link(branches: readonly Branch[]): void
}

const byKind = (branches: readonly Branch[]) => ({
  count: branches.length,
  queues: branches.filter((branch) => branch.kind === 'queue'),
  directs: branches.filter((branch) => branch.kind === 'direct'),
  lives: branches.filter((branch) => branch.kind === 'live'),
})

export const createFanOut = (core: Core, ledger: Ledger): FanOut => {
  let to = byKind([])
  const at = `pipeline/${ledger.pipeline}`
  const admission = createGate(1, at)

  const hand = async (batch: Batch, signal: AbortSignal): Promise<Receipt> => {
    const n = batch.count
    if (core.taps.size > 0) show(core, at, batch)
    ledger.receive(n * (to.count - 1))
    for (const live of to.lives) live.offer(batch, ledger)
    const answers: Promise<Receipt>[] = []
    for (const queue of to.queues) {
      const answer = queue.append(batch, ledger)
      if (answer) answers.push(answer)
    }
    for (const direct of to.directs) answers.push(direct.send(batch, ledger, signal))
    if (answers.length === 0) return nothing
    if (answers.length === 1) return answers[0] ?? nothing
    const outcomes = await Promise.allSettled(answers)
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
    const [first] = failures
    if (!first) return merged(outcomes.flatMap((o) => (o.status === 'fulfilled' ? [o.value] : [])))
    // One copy goes back to the sender; the copies of the other branches that failed never were.
    ledger.receive(-(failures.length - 1) * n)
    throw first.reason
  }
  /** The batch is put in before the next one may look for room. */
  const wait = async (batch: Batch, signal: AbortSignal): Promise<{ readonly answer: Promise<Receipt> }> => {
    const turn = admission.enter(signal)
    if (turn) await turn
    try {
      for (let full = reserveAll(to.queues, batch); full; full = reserveAll(to.queues, batch)) await full.room(signal)
      return { answer: hand(batch, signal) }
    } finally {
      admission.leave()
    }
  }
  return {
    async send(batch, signal) {
      if (batch.count === 0) return nothing
      // Behind those who wait, also when there is no queue any more.
      const mustWait = admission.open > 0 || reserveAll(to.queues, batch) !== undefined
      return mustWait ? (await wait(batch, signal)).answer : hand(batch, signal)
    },
    link(branches) {
      const before = to
      to = byKind(branches)
      for (const queue of before.queues) queue.nudge()
    },
  }
}
