/** Waits between attempts: how many there are now, and their end when nobody wants them any more. */
import type { Core } from './core.ts'
import { cancelled } from './gate.ts'

export interface Pauses {
  readonly count: number
  /** Calls `fn` each time a wait begins. */
  whenBegun(fn: () => void): void
  /** Rejects when `giveUp` or the shutdown deadline ends the wait. */
  pause(giveUp: AbortSignal, wait: (signal: AbortSignal) => Promise<void>): Promise<void>
}

/** Whichever comes first. */
export const either = (core: Core, giveUp: AbortSignal): AbortSignal =>
  giveUp === core.hard ? giveUp : AbortSignal.any([giveUp, core.hard])

export const createPauses = (core: Core): Pauses => {
  let count = 0
  let begun = (): void => {}
  return {
    get count() {
      return count
    },
    whenBegun(fn) {
      begun = fn
    },
    async pause(giveUp, wait) {
      const signal = either(core, giveUp)
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
