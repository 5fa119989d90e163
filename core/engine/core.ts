/** What all parts of one running engine share. */
import type { CollectorConfig } from '../config/types.ts'
import type { Batch, Signal } from '../model/types.ts'
import type { Receipt } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Guard } from './guard.ts'
import type { Budget } from './budget.ts'
import type { Accounts } from './memory.ts'
import type { OwnEvents } from '../kit/own-events.ts'
import type { Storehouse } from './storehouse.ts'
import type { EngineEnvironment, TapPoint } from './types.ts'

/** Hands a batch on; `signal` is for whoever waits: work that has begun goes on. */
export type Send = (batch: Batch, signal: AbortSignal) => Promise<Receipt>

export interface Current {
  config: CollectorConfig
  /** Counts configurations; dead letters say in which they died. */
  generation: number
  /** When it took effect, in ms since the epoch. */
  since: number
}

export interface Core {
  readonly env: EngineEnvironment
  readonly guard: Guard
  readonly accounts: Accounts
  /** What each pipeline carries, by its id. */
  readonly signals: Map<string, Signal>
  readonly budget: Budget
  readonly storehouse: Storehouse
  /** Aborts when the shutdown deadline has passed. */
  readonly hard: AbortSignal
  readonly own: OwnEvents
  /** Which components have asked for an extension, by its id: they end with it. */
  readonly uses: Map<string, Set<string>>
  /** The configuration that is in effect. */
  readonly current: Current
  readonly taps: Set<(point: TapPoint) => void>
}

export const nothing: Receipt = { refused: 0 }

/** What a pipeline carries. */
export const signalOf = (core: Core, pipeline: string): Signal => {
  const signal = core.signals.get(pipeline)
  if (!signal) throw new CollectorError('config_invalid', `there is no pipeline '${pipeline}'`)
  return signal
}

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
