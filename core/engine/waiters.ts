/** Those who wait for something to change, and leave when their signal aborts. Waking wakes all; each looks again. */
import { cancelled } from './gate.ts'

export interface Waiters {
  wait(signal: AbortSignal): Promise<void>
  wake(): void
}

export const createWaiters = (): Waiters => {
  const waiting = new Set<() => void>()
  return {
    wait: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(cancelled(signal))
          return
        }
        const gaveUp = (): void => {
          waiting.delete(go)
          reject(cancelled(signal))
        }
        const go = (): void => {
          signal.removeEventListener('abort', gaveUp)
          resolve()
        }
        signal.addEventListener('abort', gaveUp)
        waiting.add(go)
      }),
    wake() {
      for (const go of waiting) go()
      waiting.clear()
    },
  }
}
