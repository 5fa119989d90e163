/**
 * The queue before an exporter. Its size counts what waits and what is being sent, by requests, records or bytes, so it is
 * the most the exporter can hold. A batch larger than the whole queue is taken when the queue is empty (in memory, by
 * `drop_oldest`: cut to its newest records). Where what waits is kept is the backlog's affair: in memory, or on disk.
 *
 * Full: `block` makes the sender wait, `reject` answers a retryable `queue_full`, `drop_oldest` drops the oldest records
 * that are not yet being sent, and counts them; `spill` goes on on disk. Batches leave in order; several are sent at once
 * when the exporter allows, and then may arrive in another.
 */
import type { SendingQueueOptions } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Backlog, BacklogEvents } from './backlog.ts'
import type { QueueBranch } from './branch.ts'
import { compact } from './compact.ts'
import { createConsumers } from './consumers.ts'
import type { Core } from './core.ts'
import { cancelled } from './gate.ts'
import type { Instance } from './instance.ts'
import type { Sender } from './sender.ts'
import { createWaiters } from './waiters.ts'

/** False where the sender waits. */
const isFull = ({ key }: Instance, onFull: SendingQueueOptions['onFull'], why: string): false => {
  if (onFull === 'block') return false
  throw new CollectorError('queue_full', `the queue of ${key} is full (${why})`, { retryable: true })
}

export const createQueue = (
  core: Core,
  instance: Instance,
  sender: Sender,
  options: SendingQueueOptions,
  createBacklog: (events: BacklogEvents) => Backlog,
): QueueBranch => {
  const { queueSize: capacity, onFull } = options
  const room = createWaiters()
  const idlers: (() => void)[] = []
  let reserved = 0

  /** What is safe on disk need not be waited for while the destination does not take it. */
  const isIdle = (): boolean => backlog.used === 0 || (consumers.waiting && backlog.stored >= backlog.records)
  const freed = (): void => {
    room.wake()
    if (isIdle()) for (const resolve of idlers.splice(0)) resolve()
  }
  const backlog = createBacklog({ ready: () => consumers.pump(), freed })
  const consumers = createConsumers(core, instance, sender, options, backlog, freed)
  core.hard.addEventListener('abort', () => {
    backlog.abandon(cancelled(core.hard))
    freed()
  })

  return {
    kind: 'queue',
    instance,
    capacity,
    get size() {
      return backlog.used
    },
    get stored() {
      return backlog.stored
    },
    get breaker() {
      return sender.breaker
    },
    open: () => backlog.open(),
    begin: () => consumers.pump(),
    halt: () => consumers.halt(),
    close: () => backlog.close(consumers.unsettled),
    reserve(batch) {
      const size = backlog.sizeOf(batch)
      if (onFull === 'drop_oldest') backlog.makeRoom(Math.min(size, capacity), reserved)
      const full = backlog.refusal(size, reserved)
      if (full !== undefined) return isFull(instance, onFull, full)
      reserved += size
      return true
    },
    unreserve(batch) {
      reserved -= backlog.sizeOf(batch)
      freed()
    },
    room: (signal) => room.wait(signal),
    append(batch, ledger) {
      reserved -= backlog.sizeOf(batch)
      // What is being sent cannot be dropped, so the newcomer's own oldest records are.
      const taken = onFull === 'drop_oldest' ? backlog.cutToFit(batch, ledger) : batch
      if (taken.count === 0) return undefined
      const result = options.waitForResult ? Promise.withResolvers<Receipt>() : undefined
      const kept = backlog.put(consumers.busy ? compact(taken) : taken, ledger, result)
      consumers.pump()
      if (!kept) return result?.promise
      return kept.then(() => result?.promise ?? { refused: 0 })
    },
    idle() {
      consumers.hurry()
      return isIdle() ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))
    },
    left: () => backlog.records,
  }
}
