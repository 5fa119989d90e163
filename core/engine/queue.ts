/**
 * The memory queue before an exporter. Its size counts what waits and what is being sent, by requests, records or bytes,
 * so it is the most the exporter can hold. A batch larger than the whole queue is taken when the queue is empty (by
 * `drop_oldest`: cut to its newest records).
 *
 * Full: `block` makes the sender wait, `reject` answers a retryable `queue_full`, `drop_oldest` drops the oldest records
 * that are not yet being sent, and counts them. Batches leave in order; several are sent at once when the exporter allows.
 */
import type { SendingQueueOptions } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import type { Batch } from '../model/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { QueueBranch } from './branch.ts'
import type { Core } from './core.ts'
import { createFifo } from './fifo.ts'
import { cancelled } from './gate.ts'
import { concurrencyOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import type { Sender } from './sender.ts'

interface Item {
  readonly batch: Batch
  readonly ledger: Ledger
  readonly size: number
  readonly bytes: number
  readonly result: PromiseWithResolvers<Receipt> | undefined
}

export const createQueue = (
  core: Core,
  instance: Instance,
  sender: Sender,
  options: SendingQueueOptions,
): QueueBranch => {
  const { queueSize: capacity, sizer, onFull, waitForResult } = options
  const consumers = Math.min(options.numConsumers, concurrencyOf(instance.config))
  const { key } = instance
  const waiting = createFifo<Item>()
  const roomWaiters = new Set<() => void>()
  const idlers: (() => void)[] = []
  let used = 0
  let reserved = 0
  let sending = 0
  let records = 0

  const sizeOf = (batch: Batch): number => (sizer === 'requests' ? 1 : sizer === 'items' ? batch.count : batch.bytes)
  const freed = (): void => {
    for (const wake of roomWaiters) wake()
    roomWaiters.clear()
    if (used === 0) for (const resolve of idlers.splice(0)) resolve()
  }
  const forget = (item: Item): void => {
    used -= item.size
    records -= item.batch.count
    core.accounts.give(item.bytes)
  }
  const lose = (batch: Batch, ledger: Ledger): void => {
    ledger.drop(batch.count, `${key}: queue_full`)
    const error = new CollectorError('queue_full', `${batch.count} of the oldest records were dropped for newer ones`)
    instance.trouble('its queue is full', error)
  }
  const enqueue = (batch: Batch, ledger: Ledger, result: Item['result']): Item => {
    const item: Item = { batch, ledger, size: sizeOf(batch), bytes: core.accounts.take(batch), result }
    used += item.size
    records += batch.count
    ledger.queue(batch.count)
    return item
  }
  /** Drops the oldest waiting records until `size` fits, or nothing waits. */
  const makeRoom = (size: number): void => {
    for (let over = used + reserved + size - capacity; over > 0; over = used + reserved + size - capacity) {
      const oldest = waiting.peek()
      if (!oldest) return
      forget(oldest)
      oldest.ledger.queue(-oldest.batch.count)
      const cut = sizer === 'items' && over < oldest.batch.count ? over : oldest.batch.count
      lose(oldest.batch.slice(0, cut), oldest.ledger)
      if (cut < oldest.batch.count) waiting.replaceFirst(enqueue(oldest.batch.slice(cut), oldest.ledger, oldest.result))
      else {
        waiting.shift()
        oldest.result?.resolve({ refused: oldest.batch.count, reason: 'the queue was full' })
      }
    }
  }
  const run = async (item: Item): Promise<void> => {
    const { batch, ledger, result } = item
    ledger.queue(-batch.count)
    ledger.enter()
    try {
      const receipt = await sender.send(batch, ledger, core.hard)
      result?.resolve(receipt)
    } catch (error) {
      // Only the shutdown deadline comes here: who waits for the result takes the batch back, else it is left over.
      if (result) {
        result.reject(error as Error)
      } else {
        ledger.queue(batch.count)
        ledger.leave()
        return
      }
    }
    ledger.leave()
    forget(item)
    sending--
    pump()
    freed()
  }
  const pump = (): void => {
    while (sending < consumers && waiting.length > 0 && !core.hard.aborted) {
      const item = waiting.shift()
      if (!item) return
      sending++
      void run(item)
    }
  }
  /** Past the deadline nothing more is sent: who waits for a result takes its batch back, the rest is left over. */
  const abandon = (): void => {
    for (let n = waiting.length; n > 0; n--) {
      const item = waiting.shift()
      if (!item) return
      if (!item.result) {
        waiting.push(item)
        continue
      }
      forget(item)
      item.ledger.queue(-item.batch.count)
      item.result.reject(cancelled(core.hard))
    }
    freed()
  }
  core.hard.addEventListener('abort', abandon)

  return {
    kind: 'queue',
    instance,
    capacity,
    get size() {
      return used
    },
    reserve(batch) {
      const size = sizeOf(batch)
      if (onFull === 'drop_oldest') makeRoom(Math.min(size, capacity))
      const fits = used + reserved + size <= capacity || used + reserved === 0
      if (fits || onFull === 'drop_oldest') {
        reserved += size
        return true
      }
      if (onFull === 'reject')
        throw new CollectorError('queue_full', `the queue of ${key} is full (${capacity} ${sizer})`, {
          retryable: true,
        })
      return false
    },
    unreserve(batch) {
      reserved -= sizeOf(batch)
      freed()
    },
    room: (signal) =>
      new Promise((resolve, reject) => {
        const gaveUp = (): void => {
          roomWaiters.delete(wake)
          reject(cancelled(signal))
        }
        const wake = (): void => {
          signal.removeEventListener('abort', gaveUp)
          resolve()
        }
        if (signal.aborted) {
          reject(cancelled(signal))
          return
        }
        signal.addEventListener('abort', gaveUp)
        roomWaiters.add(wake)
      }),
    append(batch, ledger) {
      reserved -= sizeOf(batch)
      let taken = batch
      if (onFull === 'drop_oldest' && used + sizeOf(batch) > capacity) {
        // What is being sent cannot be dropped, so the newcomer's own oldest records are.
        const free = Math.max(0, capacity - used)
        const keep = sizer === 'items' ? Math.min(batch.count, free) : used === 0 ? batch.count : 0
        lose(batch.slice(0, batch.count - keep), ledger)
        taken = batch.slice(batch.count - keep)
        if (taken.count === 0) return undefined
      }
      const result = waitForResult ? Promise.withResolvers<Receipt>() : undefined
      waiting.push(enqueue(taken, ledger, result))
      pump()
      return result?.promise
    },
    idle: () => (used === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
    left: () => records,
  }
}
