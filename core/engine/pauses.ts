/** Waits between attempts: how many there are now, and their end when nobody wants them any more. */
import { CollectorError } from '../kit/errors.ts'
import type { Core } from './core.ts'
import { cancelled } from './gate.ts'

export interface Pauses {
  readonly count: number
  /** Calls `fn` each time a wait begins. */
  whenBegun(fn: () => void): void
  /** Ends all waits, and those that would come, with `replaced`. */
  end(): void
  /** Rejects when `giveUp` or the shutdown deadline ends the wait. */
  pause(giveUp: AbortSignal, wait: (signal: AbortSignal) => Promise<void>): Promise<void>
}

/** Why a wait ended whose exporter gets another configuration: whoever has the batch hands it to the next one. */
export const replaced = new CollectorError('unavailable', 'the exporter is being replaced', { retryable: true })

/** Whichever comes first. */
export const either = (core: Core, giveUp: AbortSignal): AbortSignal =>
  giveUp === core.hard ? giveUp : AbortSignal.any([giveUp, core.hard])

export const createPauses = (core: Core): Pauses => {
  let count = 0
  let begun = (): void => {}
  const over = new AbortController()
  return {
    get count() {
      return count
    },
    whenBegun(fn) {
      begun = fn
    },
    end: () => over.abort(replaced),
    async pause(giveUp, wait) {
      const signal = AbortSignal.any([giveUp, core.hard, over.signal])
      count++
      begun()
      try {
        await wait(signal)
      } catch {
        throw cancelled(signal)
      } finally {
        count--
      }
    },
  }
}
