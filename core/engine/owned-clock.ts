/** The clock a component is given: its timers run as its own code, and none of them outlives it. */
import type { Clock } from '../kit/clock.ts'
import { sleepOn } from '../kit/system-clock.ts'
import type { Guard } from './guard.ts'

export interface OwnedClock extends Clock {
  cancelAll(): void
}

export const ownedClock = (clock: Clock, key: string, guard: Guard): OwnedClock => {
  const armed = new Set<() => void>()
  let over = false
  const after = (ms: number, fn: () => void): (() => void) => {
    if (over) return () => {}
    const cancel = clock.after(ms, () => {
      armed.delete(cancel)
      guard.callback(key, fn)
    })
    armed.add(cancel)
    return () => {
      armed.delete(cancel)
      cancel()
    }
  }
  return {
    now: () => clock.now(),
    nanos: () => clock.nanos(),
    monotonic: () => clock.monotonic(),
    after,
    every(ms, fn) {
      if (over) return () => {}
      const cancel = clock.every(ms, () => guard.callback(key, fn))
      armed.add(cancel)
      return () => {
        armed.delete(cancel)
        cancel()
      }
    },
    sleep: (ms, signal) => sleepOn({ after }, ms, signal),
    cancelAll() {
      over = true
      for (const cancel of armed) cancel()
      armed.clear()
    },
  }
}
