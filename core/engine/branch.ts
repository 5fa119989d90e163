/** One way out of a pipeline. */
import type { Receipt } from '../kit/context.ts'
import type { Batch } from '../model/types.ts'
import type { BreakerState } from './breaker.ts'
import type { Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'

/** Answers when the destination has it, or rejects and has not. */
export interface DirectBranch {
  readonly kind: 'direct'
  readonly instance: Instance
  readonly breaker?: BreakerState | undefined
  send(batch: Batch, ledger: Ledger, signal: AbortSignal): Promise<Receipt>
  idle(): Promise<void>
  close(): void
}

/** Room is reserved first, in all queues of a fan-out or in none; then the batch is put in. */
export interface QueueBranch {
  readonly kind: 'queue'
  readonly instance: Instance
  readonly size: number
  readonly capacity: number
  /** Records that a restart finds again. */
  readonly stored: number
  readonly breaker: BreakerState | undefined
  /** Opens what is on disk, before anything comes. */
  open(): Promise<void>
  /** The exporter is up: what waits may be sent. */
  begin(): void
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
  /** Resolves when nothing waits and nothing is being sent; what is safe on disk is not waited for in vain. */
  idle(): Promise<void>
  /** Records that wait or are being sent. */
  left(): number
}

/** Never awaited. */
export interface LiveBranch {
  readonly kind: 'live'
  readonly instance: Instance
  readonly size: number
  readonly capacity: number
  offer(batch: Batch, ledger: Ledger): void
  idle(): Promise<void>
  left(): number
}

export type Branch = DirectBranch | QueueBranch | LiveBranch
