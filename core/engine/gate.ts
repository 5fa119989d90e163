/**
 * Lets calls in, in the order they came, up to `concurrency` at once. A caller that gives up leaves its place. Whoever
 * waits is bounded: past `WAITING_MAX` a caller is refused for now instead. While it is held, all wait: what is behind it
 * is being replaced.
 */
import { CollectorError } from '../kit/errors.ts'

const WAITING_MAX = 10_000

export interface Gate {
  readonly open: number
  /** Undefined when the caller may go on at once, which is the usual case and costs no promise. */
  enter(signal: AbortSignal): Promise<void> | undefined
  leave(): void
  /** Lets nobody in until `release`, which may change how many come in at once. */
  hold(): void
  release(concurrency: number): void
  /** Refuses those who wait, and everybody from now on. */
  close(reason: CollectorError): void
  /** Resolves when nobody is inside. */
  quiet(): Promise<void>
  /** Resolves when nobody is inside and nobody waits. */
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

const tooMany = (name: string): CollectorError =>
  new CollectorError('queue_full', `${WAITING_MAX} batches wait for ${name}`, { retryable: true })

export const createGate = (atFirst: number, name: string): Gate => {
  const waiting = new Set<Waiting>()
  const quiets: (() => void)[] = []
  const idlers: (() => void)[] = []
  let concurrency = atFirst
  let held = false
  let open = 0
  let closed: CollectorError | undefined

  const tell = (): void => {
    if (open > 0) return
    for (const resolve of quiets.splice(0)) resolve()
    if (waiting.size === 0) for (const resolve of idlers.splice(0)) resolve()
  }
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        waiting.delete(entry)
        signal.removeEventListener('abort', gaveUp)
        then()
        if (idlers.length > 0) tell()
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
      if (open < concurrency && !held) {
        open++
        return undefined
      }
      if (waiting.size >= WAITING_MAX) return Promise.reject(tooMany(name))
      return wait(signal)
    },
    leave() {
      const [next] = waiting
      if (next && !held && open <= concurrency) {
        next.admit()
        return
      }
      open--
      tell()
    },
    hold() {
      held = true
    },
    release(wanted) {
      held = false
      concurrency = wanted
      for (const entry of waiting) {
        if (open >= concurrency) return
        open++
        entry.admit()
      }
    },
    close(reason) {
      closed = reason
      for (const entry of waiting) entry.refuse(reason)
    },
    quiet: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => quiets.push(resolve))),
    idle: () => (open === 0 && waiting.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve))),
  }
}
