/** One way out of a pipeline. */
import type { Receipt } from '../kit/context.ts'
import type { Batch } from '../model/types.ts'
import type { BreakerState } from './breaker.ts'
import type { Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import type { SendingQueueOptions } from '../config/types.ts'
import type { Sender } from './sender.ts'

/** How the component behind a branch is replaced while batches keep coming: they wait in front, in order. */
interface Replaceable {
  /** Nothing more is handed to the component; what waits for another attempt comes back. */
  hold(): void
  /** After `hold`, resolves when nothing is inside the component any more. */
  quiet(): Promise<void>
}

/** Answers when the destination has it, or rejects and has not. */
export interface DirectBranch extends Replaceable {
  readonly kind: 'direct'
  readonly instance: Instance
  readonly breaker?: BreakerState | undefined
  send(batch: Batch, ledger: Ledger, signal: AbortSignal): Promise<Receipt>
  /** Goes on, by another sender when one is given. */
  release(sender?: Sender): void
  /** Who is inside will not be heard of again. */
  desert(): void
  idle(): Promise<void>
  close(): void
}

/** Room is reserved first, in all queues of a fan-out or in none; then the batch is put in. */
export interface QueueBranch extends Replaceable {
  readonly kind: 'queue'
  readonly instance: Instance
  readonly size: number
  readonly capacity: number
  /** Records that a restart finds again. */
  readonly stored: number
  readonly breaker: BreakerState | undefined
  /** In memory first, then on disk. */
  readonly spills: boolean
  /** Where it stands on disk, once it is open. */
  readonly folder: string | undefined
  /** Opens what is on disk, before anything comes. */
  open(): Promise<void>
  /** The exporter is up: what waits may be sent. */
  begin(): void
  /** Goes on with another sender; what waits stays. A queue with other options takes them from now on. */
  release(sender: Sender, options?: SendingQueueOptions): void
  /** On disk: what comes from now on waits behind what stands in other queues; resolves when what came before is in. */
  fence(): Promise<void>
  /** The fence that was set last never was. */
  unfence(): void
  /** Resolves when what stands before the first fence is gone. */
  toFence(): Promise<void>
  /** The first fence falls. */
  lift(): void
  /** Who waits for room looks again. */
  nudge(): void
  /** Nothing more is sent. */
  halt(): void
  /** After `halt`: what can be kept is kept. */
  close(): Promise<void>
  /** False: no room now, wait for it. Throws a retryable `queue_full` where the queue rejects. */
  reserve(batch: Batch): boolean
  unreserve(batch: Batch): void
  /** Resolves when room may have come. */
  room(signal: AbortSignal): Promise<void>
  /** Undefined when it is in and that is enough; else resolves when it is safe, or with the destination's answer. */
  append(batch: Batch, ledger: Ledger): Promise<Receipt> | undefined
  /** The same, and never answered while it is in memory only. */
  entrust(batch: Batch, ledger: Ledger): Promise<Receipt>
  /** Resolves when nothing waits and nothing is being sent; what is safe on disk is not waited for in vain. */
  idle(): Promise<void>
  /** Resolves when nothing waits and nothing is being sent, here or on disk. */
  empty(): Promise<void>
  /** Records that wait or are being sent. */
  left(): number
}

/** Never awaited. */
export interface LiveBranch extends Replaceable {
  readonly kind: 'live'
  readonly instance: Instance
  readonly size: number
  readonly capacity: number
  offer(batch: Batch, ledger: Ledger): void
  release(): void
  idle(): Promise<void>
  left(): number
}

export type Branch = DirectBranch | QueueBranch | LiveBranch
