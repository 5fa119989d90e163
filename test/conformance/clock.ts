/** The machine's clock, for tests that speak to real servers. */
import type { Clock } from 'seneca-collector'

export const wallClock = (): Clock => ({
  now: () => Date.now(),
  nanos: () => BigInt(Date.now()) * 1_000_000n,
  monotonic: () => performance.now(),
  after: (ms, fn) => {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  every: (ms, fn) => {
    const timer = setInterval(fn, ms)
    return () => clearInterval(timer)
  },
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms)
      signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      })
    }),
})
