/**
 * What is at hand of a queue on disk: batches that were just appended, and frames read back, at most WINDOW_BYTES of them,
 * so that memory does not grow with the queue. Reads again as soon as half of that is taken.
 */
import { CollectorError } from '../kit/errors.ts'
import type { DiskLog, Frame } from '../storage/index.ts'
import type { Item } from './backlog.ts'
import type { Core } from './core.ts'
import { createFifo } from './fifo.ts'
import type { Instance } from './instance.ts'

const WINDOW_BYTES = 1024 * 1024
/** Wait before reading again after the disk failed. */
const READ_AGAIN_MS = 1_000

/** `bytes`: its share of the memory account. */
export type Ready =
  | { readonly item: Item; readonly frame?: undefined; readonly bytes: number }
  | { readonly frame: Frame; readonly item?: undefined; readonly bytes: number }

export interface ReadAhead {
  readonly length: number
  /** The number of the first. */
  readonly first: number | undefined
  readonly filling: boolean
  /** Whether something that was just appended may stay in memory. */
  readonly hasRoom: boolean
  push(item: Item): void
  take(): Ready | undefined
  /** Reads until the window is full. */
  fill(): void
  stop(): void
}

export const createReadAhead = (
  core: Core,
  instance: Instance,
  log: () => DiskLog | undefined,
  arrived: () => void,
): ReadAhead => {
  const ready = createFifo<Ready>()
  let bytes = 0
  let filling = false
  let stopped = false

  const put = (one: Ready): void => {
    bytes += one.bytes
    ready.push(one)
  }
  const run = async (from: DiskLog): Promise<void> => {
    filling = true
    try {
      while (!stopped && from.hasMore && bytes < WINDOW_BYTES) {
        for (const frame of await from.read()) put({ frame, bytes: core.accounts.takeBytes(frame.bytes) })
        arrived()
      }
    } catch (error) {
      instance.trouble('cannot read its queue', CollectorError.from(error, 'storage_failed'))
      core.env.clock.after(READ_AGAIN_MS, fill)
    } finally {
      filling = false
    }
  }
  const fill = (): void => {
    const from = log()
    if (from?.hasMore === true && !filling && !stopped && bytes < WINDOW_BYTES) void run(from)
  }
  return {
    get length() {
      return ready.length
    },
    get first() {
      const one = ready.peek()
      return one && (one.frame ?? one.item).seq
    },
    get filling() {
      return filling
    },
    get hasRoom() {
      return !stopped && (bytes < WINDOW_BYTES || ready.length === 0)
    },
    push: (item) => put({ item, bytes: item.bytes }),
    take() {
      const one = ready.shift()
      if (one) bytes -= one.bytes
      if (bytes < WINDOW_BYTES / 2) fill()
      return one
    },
    fill,
    stop() {
      stopped = true
    },
  }
}
