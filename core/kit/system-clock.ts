/** The machine's own time. Timers of any length; nanoseconds with the resolution of the monotonic clock. */
import type { Clock } from './clock.ts'

/** Node's timers wrap around beyond this; longer waits are begun again. */
const TIMER_MAX_MS = 0x7fff_ffff
/** The monotonic clock is anchored to the wall clock anew when the two are further apart than this. */
const DRIFT_MAX_MS = 2

/** Node's timers count whole milliseconds and often fire a fraction of one early; who asks the clock then must not be told so. */
const after = (ms: number, fn: () => void): (() => void) => {
  const due = performance.now() + Math.max(0, ms)
  let timer: NodeJS.Timeout
  const fire = (): void => {
    const left = due - performance.now()
    if (left > 0) arm(left)
    else fn()
  }
  const arm = (left: number): void => {
    timer = setTimeout(fire, Math.min(left, TIMER_MAX_MS))
  }
  arm(Math.max(0, ms))
  return () => clearTimeout(timer)
}

const every = (ms: number, fn: () => void): (() => void) => {
  if (ms <= TIMER_MAX_MS) {
    const timer = setInterval(fn, Math.max(1, ms))
    return () => clearInterval(timer)
  }
  let cancel = after(ms, function again() {
    cancel = after(ms, again)
    fn()
  })
  return () => cancel()
}

/** Waits on any clock, and gives up with the signal's reason. */
export const sleepOn = (clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error)
      return
    }
    const aborted = (): void => {
      cancel()
      reject(signal?.reason as Error)
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', aborted)
      resolve()
    })
    signal?.addEventListener('abort', aborted, { once: true })
  })

const createNanos = (): (() => bigint) => {
  let anchor = Date.now() - performance.now()
  return () => {
    const wall = Date.now()
    if (Math.abs(wall - anchor - performance.now()) > DRIFT_MAX_MS) anchor = wall - performance.now()
    return BigInt(Math.round((anchor + performance.now()) * 1e3)) * 1000n
  }
}

export const systemClock: Clock = {
  now: () => Date.now(),
  nanos: createNanos(),
  monotonic: () => performance.now(),
  after,
  every,
  sleep: (ms, signal) => sleepOn({ after }, ms, signal),
}
