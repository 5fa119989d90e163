/** Takes what a backlog holds and sends it, up to `num_consumers` loads at once. */
import type { SendingQueueOptions } from '../config/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Backlog, Item } from './backlog.ts'
import type { Core } from './core.ts'
import { createDispatch } from './dispatch.ts'
import { createGathering, neighbours, oneByOne, type Gathering, type Load } from './gathering.ts'
import { concurrencyOf, type Instance } from './instance.ts'
import { AHEAD_PER_LANE, createLanes, type Lanes, type Turn } from './lanes.ts'
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
  /** What waits in lanes is not sent any more: those who wait for a result are told so. */
  abandon(reason: CollectorError): void
  /** Takes nothing more, and no longer waits for another attempt. */
  halt(): void
  /** Takes nothing more, as another is to come: what waits for another attempt comes back. */
  retire(): void
  /** Resolves when nothing is on its way. */
  quiet(): Promise<void>
}

const gatheringFor = (
  core: Core,
  { batch, storage, orderBy }: SendingQueueOptions,
  take: () => Item | undefined,
  due: () => void,
): Gathering => {
  if (batch) return createGathering(core, batch, take, due)
  // What was joined is taken apart by item when it is refused, which lanes cannot do.
  return storage && orderBy === undefined ? neighbours(take) : oneByOne(take)
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

const putBack = (stock: Stock, entry: Turn): void => {
  stock.returned.push(entry)
  stock.returned.sort((a, b) => a.turn - b.turn)
}

/** Where loads come from: what came back first, then the backlog; in lanes where an order is asked for. */
const createSupply = (core: Core, options: SendingQueueOptions, most: number, stock: Stock, due: () => void) => {
  const { backlog, unsettled, returned } = stock
  const take = (): Item | undefined => {
    const item = backlog.take()
    if (item) unsettled.add(item)
    return item
  }
  const gathering = gatheringFor(core, options, take, due)
  const lanes = options.orderBy === undefined ? undefined : createLanes(options.orderBy, most)
  const turnOf = (load: Load): Turn => ({ turn: stock.turns++, load })
  const taken = (): Turn | undefined => {
    const again = returned.shift()
    if (again) return again
    const load = gathering.next()
    return load && turnOf(load)
  }
  const fromLane = (from: Lanes): Turn | undefined => {
    for (;;) {
      const one = from.take()
      if (one) return one
      const more = unsettled.size < most * AHEAD_PER_LANE || returned.length > 0 ? taken() : undefined
      if (!more) return undefined
      from.put(more)
    }
  }
  return {
    next: () => (lanes ? fromLane(lanes) : taken()),
    done: (one: Turn) => lanes?.free(one),
    hurry: () => gathering.hurry(),
    /** What waits in lanes and was never sent. */
    waiting: () => lanes?.rest() ?? [],
    /** What was taken and not sent, in order. */
    rest: () => [...(lanes?.rest() ?? []), ...gathering.rest().map(turnOf)],
  }
}

export const createConsumers = (
  core: Core,
  instance: Instance,
  sender: Sender,
  options: SendingQueueOptions,
  stock: Stock,
): Consumers => {
  const most = Math.min(options.numConsumers, concurrencyOf(instance.config))
  const halted = new AbortController()
  const still = createWaiters()
  let sending = 0
  let hurried = false
  let retired = false

  const dispatch = createDispatch(sender, stock, halted.signal)
  const supply = createSupply(core, options, most, stock, () => pump())
  const run = async (one: Turn): Promise<void> => {
    await dispatch.send(one.load, (rest) => putBack(stock, { turn: one.turn, load: rest }))
    supply.done(one)
    sending--
    if (sending === 0) still.wake()
    stock.ready()
    stock.freed()
  }
  const pump = (): void => {
    while (!retired && sending < most && !core.hard.aborted && !halted.signal.aborted && instance.component) {
      const one = supply.next()
      if (!one) return
      sending++
      void run(one)
    }
  }
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
      supply.hurry()
    },
    abandon(reason) {
      for (const { load } of supply.waiting()) dispatch.abandon(load, reason)
    },
    halt: () => halted.abort(new CollectorError('stopping', `${instance.key} is being stopped`, { retryable: true })),
    retire() {
      retired = true
      for (const one of supply.rest()) putBack(stock, one)
      sender.retire()
    },
    quiet: () => (sending === 0 ? Promise.resolve() : still.wait(core.hard)),
  }
}
