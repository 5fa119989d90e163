/**
 * Order per key where several consumers send (`sending_queue.order_by`): what is taken from the queue is split by key into
 * as many lanes as there are consumers, and a lane sends one load at a time. So the records of one key leave in the order
 * they came, over any number of attempts, while the others do not wait for them. How far lanes run ahead of the slowest is
 * bounded by AHEAD_PER_LANE items of the queue for each of them.
 */
import { shardOf } from '../kit/shard.ts'
import { valueToJson } from '../model/index.ts'
import type { Batch, RecordOf, Signal, Value } from '../model/types.ts'
import type { Load } from './gathering.ts'
import { createFifo, type Fifo } from './fifo.ts'

export const AHEAD_PER_LANE = 4

/** A load and its place among all that were taken. */
export interface Turn {
  readonly turn: number
  readonly load: Load
  readonly lane?: number
}

export interface Lanes {
  /** Splits it into lanes, behind what is there. */
  put(turn: Turn): void
  /** The oldest of a lane that is free, which it takes. */
  take(): Turn | undefined
  free(turn: Turn): void
  /** What waits, oldest first; nothing waits afterwards. */
  rest(): Turn[]
}

const textOf = (value: Value | undefined): string => {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : valueToJson(value)
}

/** Records without the attribute are of one key, the empty one. */
const keyOf = (record: RecordOf[Signal], attribute: string): string =>
  textOf(record.get(['attributes', attribute]) ?? record.resource.attributes.get(attribute))

const split = (batch: Batch, attribute: string, lanes: number): Map<string, Batch> =>
  batch.groupBy((record: RecordOf[Signal]) => String(shardOf(keyOf(record, attribute), lanes)))

export const createLanes = (attribute: string, count: number): Lanes => {
  const lanes = new Map<number, Fifo<Turn>>()
  const busy = new Set<number>()
  return {
    put({ turn, load }) {
      const parts = split(load.batch, attribute, count)
      // An item may have no record in a part; that it waits for all of them costs nothing but its place.
      for (const share of load.shares) share.open += parts.size - 1
      for (const [name, batch] of parts) {
        const lane = Number(name)
        const waiting = lanes.get(lane) ?? createFifo<Turn>()
        lanes.set(lane, waiting)
        waiting.push({ turn, load: { ...load, batch, joined: false }, lane })
      }
    },
    take() {
      let oldest: Turn | undefined
      for (const [lane, waiting] of lanes) {
        const first = busy.has(lane) ? undefined : waiting.peek()
        if (first && (oldest === undefined || first.turn < oldest.turn)) oldest = first
      }
      if (oldest?.lane === undefined) return undefined
      lanes.get(oldest.lane)?.shift()
      busy.add(oldest.lane)
      return oldest
    },
    free: ({ lane }) => void (lane !== undefined && busy.delete(lane)),
    rest() {
      const all: Turn[] = []
      for (const waiting of lanes.values()) waiting.each((turn) => all.push(turn))
      lanes.clear()
      return all.sort((a, b) => a.turn - b.turn)
    },
  }
}
