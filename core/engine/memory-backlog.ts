/**
 * What a memory queue holds: batches that wait, in order, and the room that they and those being sent take. Knows how to
 * make room by dropping the oldest records that are not yet being sent; when to do so is the queue's decision.
 */
import type { SendingQueueOptions } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch } from '../model/types.ts'
import type { Backlog, Item } from './backlog.ts'
import type { Core } from './core.ts'
import { createFifo, type Fifo } from './fifo.ts'
import type { Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'

const sizing: Readonly<Record<SendingQueueOptions['sizer'], (batch: Batch) => number>> = {
  requests: () => 1,
  items: (batch) => batch.count,
  bytes: (batch) => batch.bytes,
}

export const loseOldest = (instance: Instance, batch: Batch, ledger: Ledger): void => {
  ledger.drop(batch.count, `${instance.key}: queue_full`)
  const message = `${batch.count} of the oldest records were dropped for newer ones`
  instance.trouble('its queue is full', new CollectorError('queue_full', message))
}

const abandon = (fifo: Fifo<Item>, forget: (item: Item) => void, reason: CollectorError): void => {
  for (let n = fifo.length; n > 0; n--) {
    const item = fifo.shift()
    if (!item?.result) {
      if (item) fifo.push(item)
      continue
    }
    forget(item)
    item.ledger.queue(-item.batch.count)
    item.result.reject(reason)
  }
}

/** Only a queue that counts records can take a part of a batch; an empty one takes it whole. */
const newest = (batch: Batch, free: number, capacity: number, sizer: SendingQueueOptions['sizer']): number =>
  sizer === 'items' ? Math.min(batch.count, Math.max(0, free)) : free === capacity ? batch.count : 0

/** Sizes anew what waits and what is being sent; the answer is the room it takes. */
const measure = (fifo: Fifo<Item>, unsettled: Iterable<Item>, sizeOf: (batch: Batch) => number): number => {
  let used = 0
  const add = (item: Item): void => {
    item.size = sizeOf(item.batch)
    used += item.size
  }
  fifo.each(add)
  for (const item of unsettled) add(item)
  return used
}

const notOnDisk = { stored: 0, folder: undefined, open: async () => {}, close: async () => {} }

export const createMemoryBacklog = (
  core: Core,
  instance: Instance,
  { queueSize, sizer: firstSizer }: SendingQueueOptions,
): Backlog => {
  const fifo = createFifo<Item>()
  let [capacity, sizer] = [queueSize, firstSizer]
  const sizeOf = (batch: Batch): number => sizing[sizer](batch)
  let used = 0
  let records = 0

  const account = (batch: Batch, ledger: Ledger, result: Item['result']): Item => {
    const item: Item = { batch, ledger, size: sizeOf(batch), bytes: core.accounts.take(batch), result }
    used += item.size
    records += batch.count
    ledger.queue(batch.count)
    return item
  }
  const forget = (item: Item): void => {
    used -= item.size
    records -= item.batch.count
    core.accounts.give(item.bytes)
  }
  /** Drops the first n records of the oldest batch, or all of it. */
  const dropOldest = (oldest: Item, n: number): void => {
    const { batch, ledger, result } = oldest
    forget(oldest)
    ledger.queue(-batch.count)
    loseOldest(instance, batch.slice(0, n), ledger)
    if (n < batch.count) return fifo.replaceFirst(account(batch.slice(n), ledger, result))
    fifo.shift()
    result?.resolve({ refused: batch.count, reason: 'the queue was full' })
  }
  return {
    get used() {
      return used
    },
    get records() {
      return records
    },
    sizeOf,
    refusal(size, reserved) {
      const taken = used + reserved
      return taken + size <= capacity || taken === 0 ? undefined : `${capacity} ${sizer}`
    },
    put(batch, ledger, result) {
      fifo.push(account(batch, ledger, result))
      return undefined
    },
    take: () => fifo.shift(),
    forget,
    makeRoom(size, reserved) {
      for (let oldest = fifo.peek(); oldest; oldest = fifo.peek()) {
        const over = used + reserved + size - capacity
        if (over <= 0) return
        dropOldest(oldest, sizer === 'items' ? Math.min(over, oldest.batch.count) : oldest.batch.count)
      }
    },
    cutToFit(batch, ledger) {
      const keep = used + sizeOf(batch) <= capacity ? batch.count : newest(batch, capacity - used, capacity, sizer)
      if (keep === batch.count) return batch
      loseOldest(instance, batch.slice(0, batch.count - keep), ledger)
      return batch.slice(batch.count - keep)
    },
    retune(options, unsettled) {
      ;({ queueSize: capacity, sizer } = options)
      used = measure(fifo, unsettled, sizeOf)
    },
    abandon: (reason) => abandon(fifo, forget, reason),
    ...notOnDisk,
  }
}
