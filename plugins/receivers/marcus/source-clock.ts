/**
 * Source time where nothing is said. It stands at the newest instant read and moves on with the machine's time since
 * then; a past that is being read, or a day replayed, is thus judged by its own time. When Marcus's lines arrive as they
 * are written, its clock and ours are one host's, and ours is taken.
 */
import type { Clock } from 'seneca-collector'
import type { Micros } from './micros.ts'

/** Lines that arrive no later than this are live. */
const LIVE_LAG: Micros = 5_000_000

export interface SourceClock {
  now(): Micros
  /** A line of this instant has just been read. */
  saw(at: Micros): void
  readonly live: boolean
}

export const sourceClock = (clock: Clock, live: boolean): SourceClock => {
  let isLive = live
  let newest = 0
  let since = clock.monotonic()
  const wall = (): Micros => clock.now() * 1_000

  return {
    get live() {
      return isLive
    },
    now: () => {
      if (isLive) return Math.max(wall(), newest)
      return newest === 0 ? wall() : newest + (clock.monotonic() - since) * 1_000
    },
    saw: (at) => {
      isLive = Math.abs(wall() - at) <= LIVE_LAG
      if (at <= newest) return
      newest = at
      since = clock.monotonic()
    },
  }
}
