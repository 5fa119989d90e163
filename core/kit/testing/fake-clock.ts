/**
 * A clock that stands still until it is told to go on. `advance` runs every timer that falls due, in order of time and
 * then of making, and lets all promise callbacks (and one turn of real I/O) run after each.
 */
import type { Clock } from '../clock.ts'
import { sleepOn } from '../system-clock.ts'

export interface FakeClock extends Clock {
  /** Goes on by `ms`, running what falls due. */
  advance(ms: number): Promise<void>
  /** Lets everything run that waits for no timer. */
  settle(): Promise<void>
  /** Timers that are armed. */
  readonly pending: number
}

interface Timer {
  readonly fn: () => void
  readonly order: number
  readonly period: number | undefined
  due: number
}

/** Turns of the event loop after each timer: enough for promise chains that cross a few real I/O callbacks. */
const TURNS = 3
/** 2026-01-01T00:00:00Z: a round date, so that tests print the same everywhere. */
const START_MS = 1_767_225_600_000

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export const fakeClock = (startMs: number = START_MS): FakeClock => {
  const timers = new Set<Timer>()
  let elapsed = 0
  let made = 0

  const arm = (ms: number, fn: () => void, period?: number): (() => void) => {
    const timer: Timer = { fn, period, due: elapsed + Math.max(0, ms), order: made++ }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  const nextDue = (limit: number): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers) {
      if (timer.due > limit) continue
      if (!first || timer.due < first.due || (timer.due === first.due && timer.order < first.order)) first = timer
    }
    return first
  }
  const settle = async (): Promise<void> => {
    for (let i = 0; i < TURNS; i++) await turn()
  }
  const after = (ms: number, fn: () => void): (() => void) => arm(ms, fn)

  return {
    now: () => startMs + elapsed,
    nanos: () => BigInt(Math.round((startMs + elapsed) * 1e3)) * 1000n,
    monotonic: () => elapsed,
    after,
    every: (ms, fn) => arm(ms, fn, Math.max(1, ms)),
    sleep: (ms, signal) => sleepOn({ after }, ms, signal),
    settle,
    async advance(ms) {
      const end = elapsed + ms
      await settle()
      for (let timer = nextDue(end); timer; timer = nextDue(end)) {
        elapsed = Math.max(elapsed, timer.due)
        if (timer.period === undefined) timers.delete(timer)
        else timer.due += timer.period
        timer.fn()
        await settle()
      }
      elapsed = end
    },
    get pending() {
      return timers.size
    },
  }
}
