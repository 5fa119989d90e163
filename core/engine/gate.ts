/**
 * Lets calls in, in the order they came, up to `concurrency` at once. A caller that gives up leaves its place. Whoever
 * waits is bounded: past `WAITING_MAX` a caller is refused for now instead.
 */
import { CollectorError } from '../kit/errors.ts'

const WAITING_MAX = 10_000

export interface Gate {
  readonly open: number
  /** Undefined when the caller may go on at once, which is the usual case and costs no promise. */
  enter(signal: AbortSignal): Promise<void> | undefined
  leave(): void
  /** Refuses those who wait, and everybody from now on. */
  close(reason: CollectorError): void
  /** Resolves when nobody is inside. */
  idle(): Promise<void>
}

interface Waiting {
  readonly admit: () => void
  readonly refuse: (reason: Error) => void
}

export const cancelled = (signal: AbortSignal): CollectorError =>
  signal.reason instanceof CollectorError
    ? signal.reason
    : new CollectorError('cancelled', 'the sender gave up waiting', { retryable: true, cause: signal.reason })

export const createGate = (concurrency: number, name: string): Gate => {
  const waiting = new Set<Waiting>()
  const idlers: (() => void)[] = []
  let open = 0
  let closed: CollectorError | undefined

  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        waiting.delete(entry)
        signal.removeEventListener('abort', gaveUp)
        then()
      }
      const entry: Waiting = { admit: () => settle(resolve), refuse: (reason) => settle(() => reject(reason)) }
      const gaveUp = (): void => entry.refuse(cancelled(signal))
      signal.addEventListener('abort', gaveUp)
      waiting.add(entry)
    })

  return {
    get open() {
      return open
    },
    enter(signal) {
      if (closed) return Promise.reject(closed)
      if (signal.aborted) return Promise.reject(cancelled(signal))
      if (open < concurrency) {
        open++
        return undefined
      }
      if (waiting.size >= WAITING_MAX)
        return Promise.reject(
          new CollectorError('queue_full', `${WAITING_MAX} batches wait for ${name}`, { retryable: true }),
        )
      return wait(signal)
    },
    leave() {
      const [next] = waiting
      if (next) {
        next.admit()
        return
      }
      open--
      if (open === 0) for (const resolve of idlers.splice(0)) resolve()
    },
    close(reason) {
      closed = reason
      for (const entry of waiting) entry.refuse(reason)
    },
    idle: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  }
}
