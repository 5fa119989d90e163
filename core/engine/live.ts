/**
 * A best-effort exporter (a live view): handed each batch and never awaited, so it holds nothing up. What it does not keep
 * up with is dropped, oldest first, and counted; what it fails on is dropped too.
 */
import type { Batch } from '../model/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { LiveBranch } from './branch.ts'
import { createCall } from './call.ts'
import { consume as callConsume } from './consume.ts'
import { show, type Core } from './core.ts'
import { countFailed, countIn, countOut } from './counts.ts'
import { createFifo } from './fifo.ts'
import { concurrencyOf, countsOf, type Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { createWaiters } from './waiters.ts'

/** Batches that may wait for a live exporter. */
const WAITING_MAX = 1_000
/** Their bytes. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024

interface Item {
  readonly batch: Batch
  readonly ledger: Ledger
  readonly bytes: number
}

/** Answers when the component has, whatever it answered. */
const consume = async (core: Core, instance: Instance, { batch, ledger }: Item, last: () => boolean): Promise<void> => {
  const call = createCall(instance, ledger)
  const counts = countsOf(instance, ledger.pipeline)
  const start = performance.now()
  countIn(counts, batch)
  ledger.queue(-batch.count)
  ledger.enter()
  try {
    await callConsume(core, instance, call, batch, core.hard)
    ledger.deliver(batch.count - call.accounted)
    countOut(counts, batch, call.accounted)
    if (last()) instance.recovered()
  } catch (thrown) {
    const error = CollectorError.from(thrown)
    counts.errors++
    countFailed(counts, batch)
    ledger.receive(call.accounted)
    ledger.drop(batch.count, `${instance.key}: ${error.code}`)
    instance.trouble('failed on a batch, which is dropped', error)
  } finally {
    call.outcome ??= 'acked'
    counts.ms += performance.now() - start
    ledger.leave()
  }
}

export const createLive = (core: Core, instance: Instance): LiveBranch => {
  const { key } = instance
  const waiting = createFifo<Item>()
  const idlers: (() => void)[] = []
  let bytes = 0
  let open = 0
  let records = 0
  let held = false
  const quiet = createWaiters()

  const forget = (item: Item): void => {
    bytes -= item.bytes
    records -= item.batch.count
    core.accounts.give(item.bytes)
  }
  const dropOldest = (): void => {
    const oldest = waiting.shift()
    if (!oldest) return
    forget(oldest)
    oldest.ledger.queue(-oldest.batch.count)
    oldest.ledger.drop(oldest.batch.count, `${key}: too slow`)
    instance.trouble('is too slow', new CollectorError('queue_full', 'the oldest batches are dropped for it'))
  }
  const pump = (): void => {
    while (!held && open < concurrencyOf(instance.config) && waiting.length > 0) {
      const item = waiting.shift()
      if (!item) return
      open++
      void consume(core, instance, item, () => waiting.length === 0).then(() => {
        forget(item)
        open--
        if (open === 0) quiet.wake()
        pump()
        if (open === 0 && waiting.length === 0) for (const resolve of idlers.splice(0)) resolve()
      })
    }
  }
  return {
    kind: 'live',
    instance,
    capacity: WAITING_MAX,
    get size() {
      return waiting.length
    },
    offer(batch, ledger) {
      if (core.taps.size > 0) show(core, key, batch)
      if (!instance.component && !held) {
        ledger.drop(batch.count, `${key}: not started`)
        return
      }
      const item: Item = { batch, ledger, bytes: core.accounts.take(batch) }
      bytes += item.bytes
      records += batch.count
      ledger.queue(batch.count)
      waiting.push(item)
      while (waiting.length > 1 && (waiting.length > WAITING_MAX || bytes > WAITING_BYTES_MAX)) dropOldest()
      pump()
    },
    hold() {
      held = true
    },
    quiet: () => (open === 0 ? Promise.resolve() : quiet.wait(core.hard)),
    release() {
      held = false
      pump()
    },
    idle: () =>
      open === 0 && waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve)),
    left: () => records,
  }
}
