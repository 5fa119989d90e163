/**
 * Lets calls in, in the order they came, up to `concurrency` at once. A caller that gives up leaves its place. Whoever
 * waits is bounded: past `WAITING_MAX` a caller is refused for now instead. While it is held, all wait: what is behind it
 * is being replaced.
 */
import { CollectorError } from '../kit/errors.ts'
import { createOccasion } from './occasion.ts'

const WAITING_MAX = 10_000

export interface Gate {
  readonly open: number
  /** It is not held, and nobody waits or is being let in. */
  readonly clear: boolean
  /** Undefined when the caller may go on at once, which is the usual case and costs no promise. */
  enter(signal: AbortSignal): Promise<void> | undefined
  /** `came`: the generation when it was let in. */
  leave(came?: number): void
  /** Lets nobody in until `release`, which may change how many come in at once. */
  hold(): void
  release(concurrency: number): void
  /** Counts senders that came in between two calls of `desert`. */
  readonly generation: number
  /** Who is inside will not be heard of again, and takes nobody's place. */
  desert(): void
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

/** Who waits, in order. A sender that gives up leaves. */
const createLine = (changed: () => void) => {
  const waiting = new Set<Waiting>()
  const wait = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (then: () => void): void => {
        waiting.delete(entry)
        signal.removeEventListener('abort', gaveUp)
        then()
        changed()
      }
      const entry: Waiting = { admit: () => settle(resolve), refuse: (reason) => settle(() => reject(reason)) }
      const gaveUp = (): void => entry.refuse(cancelled(signal))
      signal.addEventListener('abort', gaveUp)
      waiting.add(entry)
    })
  return { waiting, wait }
}

export const createGate = (atFirst: number, name: string): Gate => {
  const { waiting, wait } = createLine(() => idle.look())
  let concurrency = atFirst
  let held = false
  let closed: CollectorError | undefined
  /** Waking: let in, and not yet awake: nobody may be faster than they. */
  let [open, waking, generation] = [0, 0, 0]
  const quiet = createOccasion(() => open === 0)
  const idle = createOccasion(() => open === 0 && waiting.size === 0)

  const admit = (entry: Waiting): void => {
    waking++
    entry.admit()
    // Behind the sender's own awakening.
    queueMicrotask(() => --waking === 0 && fill())
  }
  const fill = (): void => {
    for (const entry of waiting) {
      if (held || open >= concurrency) return
      open++
      admit(entry)
    }
  }
  const stay = (n: number): void => {
    open = n
    quiet.look()
    idle.look()
  }

  return {
    get open() {
      return open
    },
    get clear() {
      return !held && waiting.size === 0 && waking === 0
    },
    get generation() {
      return generation
    },
    enter(signal) {
      if (closed) return Promise.reject(closed)
      if (signal.aborted) return Promise.reject(cancelled(signal))
      if (open < concurrency && !held && waking === 0) {
        open++
        return undefined
      }
      if (waiting.size >= WAITING_MAX) return Promise.reject(tooMany(name))
      return wait(signal)
    },
    leave(came = generation) {
      if (came !== generation) return
      const [next] = waiting
      if (next && !held && open <= concurrency) admit(next)
      else stay(open - 1)
    },
    hold: () => void (held = true),
    release(wanted) {
      ;[held, concurrency] = [false, wanted]
      fill()
    },
    desert() {
      generation++
      stay(0)
    },
    close(reason) {
      closed = reason
      for (const entry of waiting) entry.refuse(reason)
    },
    quiet: quiet.wait,
    idle: idle.wait,
  }
}
