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
import { CollectorError } from '../kit/errors.ts'
import type { QueueBranch } from './branch.ts'
import { compact } from './compact.ts'
import type { Core } from './core.ts'
import { cancelled } from './gate.ts'
import { concurrencyOf, type Instance } from './instance.ts'
import { createQueueStore, type Item, type QueueStore } from './queue-store.ts'
import type { Sender } from './sender.ts'
import { createWaiters } from './waiters.ts'

/** Sends one item; false when only the shutdown deadline ended it and nobody took it back: then it is left over. */
const sendItem = async (core: Core, sender: Sender, item: Item): Promise<boolean> => {
  const { batch, ledger, result } = item
  ledger.queue(-batch.count)
  ledger.enter()
  try {
    const receipt = await sender.send(batch, ledger, core.hard)
    result?.resolve(receipt)
  } catch (error) {
    if (!result) {
      ledger.queue(batch.count)
      return false
    }
    result.reject(error as Error)
  } finally {
    ledger.leave()
  }
  return true
}

/** Keeps up to `consumers` items on their way. */
const createConsumers = (
  core: Core,
  sender: Sender,
  store: QueueStore,
  consumers: number,
  freed: () => void,
): { readonly pump: () => void; readonly busy: () => boolean } => {
  let sending = 0
  const run = async (item: Item): Promise<void> => {
    if (!(await sendItem(core, sender, item))) return
    store.forget(item)
    sending--
    pump()
    freed()
  }
  const pump = (): void => {
    while (sending < consumers && !core.hard.aborted) {
      const item = store.take()
      if (!item) return
      sending++
      void run(item)
    }
  }
  return { pump, busy: () => sending >= consumers }
}

export const createQueue = (
  core: Core,
  instance: Instance,
  sender: Sender,
  options: SendingQueueOptions,
): QueueBranch => {
  const { queueSize: capacity, onFull } = options
  const store = createQueueStore(core, instance, options)
  const room = createWaiters()
  const idlers: (() => void)[] = []
  let reserved = 0

  const freed = (): void => {
    room.wake()
    if (store.used === 0) for (const resolve of idlers.splice(0)) resolve()
  }
  const consumers = Math.min(options.numConsumers, concurrencyOf(instance.config))
  const { pump, busy } = createConsumers(core, sender, store, consumers, freed)
  core.hard.addEventListener('abort', () => {
    store.abandon(cancelled(core.hard))
    freed()
  })

  return {
    kind: 'queue',
    instance,
    capacity,
    get size() {
      return store.used
    },
    reserve(batch) {
      const size = store.sizeOf(batch)
      if (onFull === 'drop_oldest') store.makeRoom(Math.min(size, capacity), reserved)
      const taken = store.used + reserved
      if (taken + size <= capacity || taken === 0 || onFull === 'drop_oldest') {
        reserved += size
        return true
      }
      if (onFull === 'block') return false
      const message = `the queue of ${instance.key} is full (${capacity} ${options.sizer})`
      throw new CollectorError('queue_full', message, { retryable: true })
    },
    unreserve(batch) {
      reserved -= store.sizeOf(batch)
      freed()
    },
    room: (signal) => room.wait(signal),
    append(batch, ledger) {
      reserved -= store.sizeOf(batch)
      // What is being sent cannot be dropped, so the newcomer's own oldest records are.
      const taken = onFull === 'drop_oldest' ? store.cutToFit(batch, ledger) : batch
      if (taken.count === 0) return undefined
      const result = options.waitForResult ? Promise.withResolvers<Receipt>() : undefined
      store.put(busy() ? compact(taken) : taken, ledger, result)
      pump()
      return result?.promise
    },
    idle: () => (store.used === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
    left: () => store.records,
  }
}
