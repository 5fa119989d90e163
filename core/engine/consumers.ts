/** Takes what a backlog holds and sends it, up to `num_consumers` loads at once. */
import type { SendingQueueOptions } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Backlog, Item } from './backlog.ts'
import type { Core } from './core.ts'
import { createDispatch } from './dispatch.ts'
import { createGathering, neighbours, oneByOne, type Gathering, type Load } from './gathering.ts'
import { concurrencyOf, type Instance } from './instance.ts'
import type { Sender } from './sender.ts'
import { createWaiters } from './waiters.ts'

export interface Consumers {
  pump(): void
  /** As many loads are on their way as may be. */
  readonly busy: boolean
  /** All that is on its way waits for another attempt. */
  readonly waiting: boolean
  /** Waits for no company any more. */
  hurry(): void
  /** Takes nothing more, and no longer waits for another attempt. */
  halt(): void
  /** Takes nothing more, as another is to come: what waits for another attempt comes back. */
  retire(): void
  /** Resolves when nothing is on its way. */
  quiet(): Promise<void>
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

/** What the consumers of one queue share with those that follow them when the exporter is replaced. */
export interface Stock {
  readonly backlog: Backlog
  /** What was taken from the backlog and not settled. */
  readonly unsettled: Set<Item>
  /** What came back and is to be sent first, in the order it was taken. */
  readonly returned: Turn[]
  /** Loads taken so far. */
  turns: number
  /** There may be something to send. */
  ready(): void
  /** Room may have come. */
  freed(): void
}

interface Turn {
  readonly turn: number
  readonly load: Load
}

const putBack = (stock: Stock, entry: Turn): void => {
  stock.returned.push(entry)
  stock.returned.sort((a, b) => a.turn - b.turn)
}

export const createConsumers = (
  core: Core,
  instance: Instance,
  sender: Sender,
  options: SendingQueueOptions,
  stock: Stock,
): Consumers => {
  const { backlog, unsettled } = stock
  const most = Math.min(options.numConsumers, concurrencyOf(instance.config))
  const halted = new AbortController()
  const still = createWaiters()
  let sending = 0
  let hurried = false
  let retired = false

  const take = (): Item | undefined => {
    const item = backlog.take()
    if (item) unsettled.add(item)
    return item
  }
  const send = createDispatch(sender, { backlog, unsettled }, halted.signal)
  const run = async ({ turn, load }: Turn): Promise<void> => {
    await send(load, (rest) => putBack(stock, { turn, load: rest }))
    sending--
    if (sending === 0) still.wake()
    stock.ready()
    stock.freed()
  }
  const next = (): Turn | undefined => {
    const again = stock.returned.shift()
    if (again) return again
    const load = gathering.next()
    return load && { turn: stock.turns++, load }
  }
  const pump = (): void => {
    while (!retired && sending < most && !core.hard.aborted && !halted.signal.aborted && instance.component) {
      const one = next()
      if (!one) return
      sending++
      void run(one)
    }
  }
  const gathering = gatheringFor(core, options, take, () => pump())
  sender.whenWaiting(() => stock.freed())
  return {
    pump,
    get busy() {
      return sending >= most
    },
    get waiting() {
      return sending > 0 && sender.waiting >= sending
    },
    hurry() {
      if (hurried) return
      hurried = true
      gathering.hurry()
    },
    halt: () => halted.abort(new CollectorError('stopping', `${instance.key} is being stopped`, { retryable: true })),
    retire() {
      retired = true
      for (const load of gathering.rest()) putBack(stock, { turn: stock.turns++, load })
      sender.retire()
    },
    quiet: () => (sending === 0 ? Promise.resolve() : still.wait(core.hard)),
  }
}
