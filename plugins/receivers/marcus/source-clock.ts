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
  /** Nothing new has been read, but the lines that are there were stamped by this machine's clock. */
  trust(): void
  readonly live: boolean
  /** How far apart in source time two sources may be read that were written together. */
  slack(): Micros
}

/** Files written together are read no further apart than this, in the machine's time. */
const READ_APART_MS = 500
const SLACK_MAX: Micros = 60_000_000
const SAMPLE_MS = 100
const SAMPLES = 20
/** Enough of the machine's time to tell how fast the clock runs. */
const CLOCK_MS = 20

/** How fast source time passes: a day may be replayed, and clocks injected. At least as fast as the machine's. */
const pace = (clock: Clock): { saw(at: Micros): void; speed(): number } => {
  const samples: { readonly real: number; readonly at: Micros }[] = []
  const began = { real: performance.now(), clock: clock.monotonic() }
  const clockSpeed = (): number => {
    const real = performance.now() - began.real
    return real < CLOCK_MS ? 1 : (clock.monotonic() - began.clock) / real
  }
  return {
    saw: (at) => {
      const real = performance.now()
      const last = samples.at(-1)
      if (last !== undefined && (real - last.real < SAMPLE_MS || at < last.at)) return
      samples.push({ real, at })
      if (samples.length > SAMPLES) samples.shift()
    },
    speed: () => {
      const [first] = samples
      const last = samples.at(-1)
      const known = first !== undefined && last !== undefined && last.real > first.real
      const lineSpeed = known ? (last.at - first.at) / 1_000 / (last.real - first.real) : 1
      return Math.max(1, lineSpeed, clockSpeed())
    },
  }
}

export const sourceClock = (clock: Clock, live: boolean): SourceClock => {
  let isLive = live
  let newest = 0
  let since = clock.monotonic()
  const paced = pace(clock)
  const slack = (): Micros => Math.min(SLACK_MAX, READ_APART_MS * 1_000 * paced.speed())
  const wall = (): Micros => clock.now() * 1_000

  return {
    get live() {
      return isLive
    },
    now: () => {
      if (isLive) return Math.max(wall(), newest)
      return newest === 0 ? wall() : newest + (clock.monotonic() - since) * 1_000
    },
    slack,
    trust: () => {
      isLive = true
    },
    saw: (at) => {
      paced.saw(at)
      isLive = Math.abs(wall() - at) <= Math.max(LIVE_LAG, slack())
      if (at <= newest) return
      newest = at
      since = clock.monotonic()
    },
  }
}
