/**
 * A clock that starts at any instant and runs `speed` times as fast as the machine's. A collector on such a clock sees
 * a recorded day in minutes, and all its thresholds (silence, settling, polls) hold in the day's own time.
 */
import type { Clock } from '../kit/clock.ts'

/** setTimeout takes no more; longer waits are cut into pieces. */
const TIMEOUT_MOST_MS = 2_147_483_647

export interface ScaledClockOptions {
  /** What the clock shows at first, in milliseconds since the epoch. */
  readonly start: number
  readonly speed: number
}

export const scaledClock = ({ start, speed }: ScaledClockOptions): Clock => {
  if (!(speed > 0) || !Number.isFinite(speed)) throw new RangeError(`speed must be a number above 0, not ${speed}`)
  const origin = performance.now()
  const elapsed = (): number => (performance.now() - origin) * speed

  const after = (ms: number, fn: () => void): (() => void) => {
    const due = elapsed() + Math.max(0, ms)
    let timer: NodeJS.Timeout
    const arm = (): void => {
      const left = Math.max(0, due - elapsed()) / speed
      timer = setTimeout(() => (left > TIMEOUT_MOST_MS ? arm() : fn()), Math.min(left, TIMEOUT_MOST_MS))
    }
    arm()
    return () => clearTimeout(timer)
  }

  return {
    now: () => Math.floor(start + elapsed()),
    nanos: () => BigInt(Math.floor((start + elapsed()) * 1_000)) * 1_000n,
    monotonic: elapsed,
    after,
    every: (ms, fn) => {
      const timer = setInterval(fn, Math.max(1, ms / speed))
      return () => clearInterval(timer)
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason as Error)
          return
        }
        const cancel = after(ms, () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        })
        const abort = (): void => {
          cancel()
          reject(signal?.reason as Error)
        }
        signal?.addEventListener('abort', abort, { once: true })
      }),
  }
}
