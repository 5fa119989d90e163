/** Takes what a backlog holds and sends it, up to `num_consumers` loads at once. */
import type { SendingQueueOptions } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Backlog, Item } from './backlog.ts'
import type { Core } from './core.ts'
import { createGathering, note, oneByOne, type Load, type Share } from './gathering.ts'
import { concurrencyOf, type Instance } from './instance.ts'
import type { Sender } from './sender.ts'

export interface Consumers {
  pump(): void
  /** As many loads are on their way as may be. */
  readonly busy: boolean
  /** All that is on its way waits for another attempt. */
  readonly waiting: boolean
  /** What was taken from the backlog and not settled. */
  readonly unsettled: Iterable<Item>
  /** Waits for no company any more. */
  hurry(): void
  /** Takes nothing more, and no longer waits for another attempt. */
  halt(): void
}

/** What was taken and not settled yet. */
interface Taken {
  readonly backlog: Backlog
  readonly unsettled: Set<Item>
}

const settle = ({ backlog, unsettled }: Taken, share: Share): void => {
  if (--share.open > 0 || share.unsettled) return
  const { item, refused, reason } = share
  unsettled.delete(item)
  backlog.forget(item)
  item.result?.resolve({ refused, ...(reason !== undefined && { reason }) })
}

/** Only the end of the collector ended it: who waits for the result has the batch again, the rest is left over. */
const giveUp = ({ backlog, unsettled }: Taken, { batch, ledger, shares }: Load, error: unknown): void => {
  const waitedFor = shares.every(({ item }) => item.result !== undefined)
  if (!waitedFor) ledger.queue(batch.count)
  for (const share of shares) {
    share.open--
    if (!waitedFor) share.unsettled = true
    else if (share.open === 0) {
      unsettled.delete(share.item)
      backlog.forget(share.item)
      share.item.result?.reject(error as Error)
    }
  }
}

export const createConsumers = (
  core: Core,
  instance: Instance,
  sender: Sender,
  options: SendingQueueOptions,
  backlog: Backlog,
  freed: () => void,
): Consumers => {
  const most = Math.min(options.numConsumers, concurrencyOf(instance.config))
  const unsettled = new Set<Item>()
  const taken: Taken = { backlog, unsettled }
  const halted = new AbortController()
  let sending = 0
  let hurried = false

  const take = (): Item | undefined => {
    const item = backlog.take()
    if (item) unsettled.add(item)
    return item
  }
  const send = async (load: Load): Promise<void> => {
    const { batch, ledger, shares } = load
    ledger.queue(-batch.count)
    ledger.enter()
    let receipt: Receipt
    try {
      receipt = await sender.send(batch, ledger, halted.signal)
    } catch (error) {
      giveUp(taken, load, error)
      return
    } finally {
      ledger.leave()
    }
    for (const share of shares) {
      note(share, receipt)
      settle(taken, share)
    }
  }
  const run = async (load: Load): Promise<void> => {
    await send(load)
    sending--
    pump()
    freed()
  }
  const pump = (): void => {
    while (sending < most && !core.hard.aborted && !halted.signal.aborted && instance.component) {
      const load = gathering.next()
      if (!load) return
      sending++
      void run(load)
    }
  }
  const gathering = options.batch ? createGathering(core, options.batch, take, () => pump()) : oneByOne(take)
  sender.whenWaiting(freed)
  return {
    pump,
    get busy() {
      return sending >= most
    },
    get waiting() {
      return sending > 0 && sender.waiting >= sending
    },
    unsettled,
    hurry() {
      if (hurried) return
      hurried = true
      gathering.hurry()
    },
    halt: () => halted.abort(new CollectorError('stopping', `${instance.key} is being stopped`, { retryable: true })),
  }
}
