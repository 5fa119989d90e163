/**
 * What a consumer sends at once: one item, or with `batch` several joined and cut to size. An item is settled when all of
 * it is; what joins items of one send is that they belong to the same pipeline's books.
 *
 * Items that were taken wait at most `flush_timeout` for company, and not at all while the queue is being emptied or when
 * whoever sent them waits for the answer and nothing else is there.
 */
import type { QueueBatchOptions } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import { concat } from '../model/index.ts'
import type { Batch } from '../model/types.ts'
import type { Item } from './backlog.ts'
import type { Core } from './core.ts'
import type { Ledger } from './ledger.ts'

/** An item and how much of it is still on its way. */
export interface Share {
  readonly item: Item
  open: number
  refused: number
  reason: string | undefined
  /** A part of it was neither taken nor given up: it is not settled. */
  unsettled: boolean
  /** Why a part of it did not arrive; whoever waits for the result has all of it again. */
  failure: Error | undefined
}
export interface Load {
  readonly batch: Batch
  readonly ledger: Ledger
  readonly shares: readonly Share[]
  /** Neighbours that were joined because they were there: when the whole is refused for good, each is sent alone. */
  readonly joined: boolean
}

export interface Gathering {
  next(): Load | undefined
  /** Send what there is without waiting, from now on. */
  hurry(): void
  /** What was taken and not sent, as loads: another is to send it. */
  rest(): readonly Load[]
}

const shareOf = (item: Item): Share => ({
  item,
  open: 0,
  refused: 0,
  reason: undefined,
  unsettled: false,
  failure: undefined,
})

export const note = (share: Share, receipt: Receipt): void => {
  share.refused += receipt.refused
  share.reason ??= receipt.reason
}

export const single = (item: Item): Load => {
  const share = shareOf(item)
  share.open = 1
  return { batch: item.batch, ledger: item.ledger, shares: [share], joined: false }
}

export const oneByOne = (take: () => Item | undefined): Gathering => ({
  next() {
    const item = take()
    return item && single(item)
  },
  hurry() {},
  rest: () => [],
})

/** How much of a backlog is sent at once. */
const JOINED_BYTES = 512 * 1024
const JOINED_RECORDS = 8_192

/**
 * Without `batch`, what is at hand of a backlog on disk is joined all the same: a destination that was away for long gets a
 * few large batches instead of many small ones. While the exporter keeps up each batch stays what it was.
 */
export const neighbours = (take: () => Item | undefined): Gathering => {
  let held: Item | undefined
  const fits = (first: Item, next: Item, records: number, bytes: number): boolean =>
    next.ledger === first.ledger &&
    next.result === undefined &&
    records + next.batch.count <= JOINED_RECORDS &&
    bytes + next.bytes <= JOINED_BYTES
  return {
    next() {
      const first = held ?? take()
      held = undefined
      if (!first || first.result) return first && single(first)
      const items = [first]
      let [records, bytes] = [first.batch.count, first.bytes]
      for (let next = take(); next; next = take()) {
        if (!fits(first, next, records, bytes)) {
          held = next
          break
        }
        items.push(next)
        records += next.batch.count
        bytes += next.bytes
      }
      if (items.length === 1) return single(first)
      const shares = items.map((item) => ({ ...shareOf(item), open: 1 }))
      return { batch: concat(items.map(({ batch }) => batch)), ledger: first.ledger, shares, joined: true }
    },
    hurry() {},
    rest() {
      const loads = held ? [single(held)] : []
      held = undefined
      return loads
    },
  }
}

/** Records that fit into one send. */
const recordsAtOnce = ({ sizer, maxSize }: QueueBatchOptions, batch: Batch): number => {
  if (maxSize === 0) return batch.count
  if (sizer === 'items') return maxSize
  return Math.max(1, Math.floor((batch.count * maxSize) / Math.max(1, batch.bytes)))
}

/** Joins items and cuts the whole to size; which loads an item has a part in follows from the counts. */
const loadsOf = (items: readonly Item[], options: QueueBatchOptions): readonly Load[] => {
  const [first] = items
  if (!first) return []
  const shares = items.map(shareOf)
  const batch = items.length === 1 ? first.batch : concat(items.map((item) => item.batch))
  const step = recordsAtOnce(options, batch)
  const loads: Load[] = []
  for (let from = 0; from < batch.count; from += step) {
    const to = Math.min(batch.count, from + step)
    let at = 0
    const within = shares.filter(({ item }) => {
      const begins = at
      at += item.batch.count
      return begins < to && at > from
    })
    for (const share of within) share.open++
    loads.push({ batch: batch.slice(from, to), ledger: first.ledger, shares: within, joined: false })
  }
  return loads
}

interface Group {
  readonly ledger: Ledger
  readonly items: Item[]
  size: number
  due: boolean
  cancel: () => void
}

export const createGathering = (
  core: Core,
  options: QueueBatchOptions,
  take: () => Item | undefined,
  due: () => void,
): Gathering => {
  const groups = new Map<string, Group>()
  const loads: Load[] = []
  let hurried = false

  const sizeOf = (batch: Batch): number => (options.sizer === 'items' ? batch.count : batch.bytes)
  /** Who waits for an answer is not joined with those who do not. */
  const keyOf = ({ ledger, result }: Item): string => `${result ? 'waits' : 'rests'} ${ledger.pipeline}`
  const groupOf = (item: Item): Group => {
    const known = groups.get(keyOf(item))
    if (known) return known
    const cancel = core.env.clock.after(options.flushTimeoutMs, () => {
      group.due = true
      due()
    })
    const group: Group = { ledger: item.ledger, items: [], size: 0, due: false, cancel }
    groups.set(keyOf(item), group)
    return group
  }
  const release = (key: string, group: Group): Load | undefined => {
    group.cancel()
    groups.delete(key)
    loads.push(...loadsOf(group.items, options))
    return loads.shift()
  }
  return {
    next() {
      const ready = loads.shift()
      if (ready) return ready
      for (let item = take(); item; item = take()) {
        const group = groupOf(item)
        group.items.push(item)
        group.size += sizeOf(item.batch)
        if (group.size >= options.minSize) return release(keyOf(item), group)
      }
      for (const [key, group] of groups)
        if (hurried || group.due || group.items[0]?.result !== undefined) return release(key, group)
      return undefined
    },
    hurry() {
      hurried = true
      due()
    },
    rest() {
      for (const group of groups.values()) {
        group.cancel()
        loads.push(...loadsOf(group.items, options))
      }
      groups.clear()
      return loads.splice(0)
    },
  }
}
