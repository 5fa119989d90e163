/** What all parts of one running engine share. */
import type { Batch } from '../model/types.ts'
import type { Receipt } from '../kit/context.ts'
import type { Guard } from './guard.ts'
import type { Accounts } from './memory.ts'
import type { EngineEnvironment, TapPoint } from './types.ts'

/** Hands a batch on; `signal` is for whoever waits: work that has begun goes on. */
export type Send = (batch: Batch, signal: AbortSignal) => Promise<Receipt>

export interface Core {
  readonly env: EngineEnvironment
  readonly guard: Guard
  readonly accounts: Accounts
  /** Aborts when the shutdown deadline has passed. */
  readonly hard: AbortSignal
  readonly taps: Set<(point: TapPoint) => void>
}

export const nothing: Receipt = { refused: 0 }

/** Shows a batch to whoever listens; what a listener throws is its own affair. */
export const show = (core: Core, at: string, batch: Batch): void => {
  for (const listener of core.taps) {
    try {
      listener({ at, batch })
    } catch {
      core.taps.delete(listener)
    }
  }
}
