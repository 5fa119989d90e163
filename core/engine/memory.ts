/** Bytes of the batches the collector is responsible for: under way from a receiver, held, queued. By accounting. */
import type { Batch } from '../model/types.ts'
import type { Memory } from '../kit/context.ts'

export interface Accounts extends Memory {
  take(batch: Batch): number
  give(bytes: number): void
  /** What a component says it holds beside the batches under way; negative when it lets go. */
  hold(bytes: number): void
}

/** What a record costs beside its bytes: views, queue places. */
const BATCH_OVERHEAD_BYTES = 256

export const createAccounts = (): Accounts => {
  let bytes = 0
  return {
    accounted: () => bytes,
    take(batch) {
      const taken = batch.bytes + BATCH_OVERHEAD_BYTES
      bytes += taken
      return taken
    },
    give(taken) {
      bytes -= taken
    },
    hold(more) {
      bytes += more
    },
  }
}
