/** What a queue holds, wherever that is: in memory, on disk, or in memory and beyond that on disk. */
import type { SendingQueueOptions } from '../config/types.ts'
import type { Receipt } from '../kit/context.ts'
import type { CollectorError } from '../kit/errors.ts'
import type { Batch } from '../model/types.ts'
import type { Fences } from './fences.ts'
import type { Ledger } from './ledger.ts'

export interface Item {
  readonly batch: Batch
  readonly ledger: Ledger
  /** Room it takes, in the queue's sizer. */
  size: number
  /** Its share of the memory account. */
  readonly bytes: number
  /** Whoever waits for the destination's answer. */
  readonly result: PromiseWithResolvers<Receipt> | undefined
  /** Its number in the log on disk. */
  readonly seq?: number
}

/** What the backlog tells its queue. */
export interface BacklogEvents {
  /** There may be something to take. */
  ready(): void
  /** Room may have come. */
  freed(): void
}

export interface Backlog {
  /** Room taken, in the queue's sizer. */
  readonly used: number
  readonly records: number
  /** Records that a restart finds again. */
  readonly stored: number
  /** On disk only: memory is begun anew instead of being come back to. */
  readonly fences?: Fences
  /** Where it stands on disk. */
  readonly folder: string | undefined
  sizeOf(batch: Batch): number
  /** Why it takes no more now, beside `reserved` that is promised to others; undefined when it fits. */
  refusal(size: number, reserved: number): string | undefined
  /** Undefined when it is in at once; else resolves when it is as safe as the storage promises, or rejects and it is not in. */
  put(batch: Batch, ledger: Ledger, result: Item['result']): Promise<void> | undefined
  /** The oldest that is at hand; it keeps its room until `forget`. */
  take(): Item | undefined
  /** It is settled. */
  forget(item: Item): void
  /** Drops the oldest waiting until `size` fits beside `reserved`, or nothing waits. */
  makeRoom(size: number, reserved: number): void
  /** The newest part of a batch that fits into what is left; the rest is dropped. */
  cutToFit(batch: Batch, ledger: Ledger): Batch
  /** Other options from now on, with what is in it; `unsettled` is what was taken. Where it is kept cannot change. */
  retune(options: SendingQueueOptions, unsettled: Iterable<Item>): void
  /** Gives those who wait for a result their batches back; the others stay. */
  abandon(reason: CollectorError): void
  /** Opens what is on disk; records found there are received anew. */
  open(): Promise<void>
  /** What can be kept is kept; `unsettled` was being sent. */
  close(unsettled: Iterable<Item>): Promise<void>
}
