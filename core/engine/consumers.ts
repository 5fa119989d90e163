/** Takes what a backlog holds and sends it, up to `num_consumers` loads at once. */
import type { SendingQueueOptions } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Backlog, Item } from './backlog.ts'
import type { Core } from './core.ts'
import { createDispatch, type Taken } from './dispatch.ts'
import { createGathering, neighbours, oneByOne, type Gathering, type Load } from './gathering.ts'
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

const gatheringFor = (
  core: Core,
  { batch, storage }: SendingQueueOptions,
  take: () => Item | undefined,
  due: () => void,
): Gathering => {
  if (batch) return createGathering(core, batch, take, due)
  return storage ? neighbours(take) : oneByOne(take)
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
  const send = createDispatch(sender, taken, halted.signal)
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
  const gathering = gatheringFor(core, options, take, () => pump())
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
