/** Bytes of the batches the collector is responsible for: under way from a receiver, held, queued. By accounting. */
import type { Batch } from '../model/types.ts'
import type { Memory } from '../kit/context.ts'

export interface Accounts extends Memory {
  take(batch: Batch): number
  /** The same for a batch that is still bytes. */
  takeBytes(size: number): number
  give(bytes: number): void
  /** What a component says it holds beside the batches under way; negative when it lets go. */
  hold(bytes: number): void
}

/** What a record costs beside its bytes: views, queue places. */
const BATCH_OVERHEAD_BYTES = 256

export const createAccounts = (): Accounts => {
  let bytes = 0
  const takeBytes = (size: number): number => {
    const taken = size + BATCH_OVERHEAD_BYTES
    bytes += taken
    return taken
  }
  return {
    accounted: () => bytes,
    take: (batch) => takeBytes(batch.bytes),
    takeBytes,
    give(taken) {
      bytes -= taken
    },
    hold(more) {
      bytes += more
    },
  }
}
