/**
 * Connections to one server: so many at a time, kept when they are not used, the last used first. Who comes when all are in
 * use waits for his turn.
 */
import type { Outgoing } from './outgoing.ts'

/** A connection is given up this long before the server said it would be, so that no request crosses its end. */
const EARLY_MS = 1_000

export interface PoolOptions {
  /** `onClose` is called when it is gone. */
  readonly dial: (onClose: (connection: Outgoing) => void) => Outgoing
  readonly most: number
  readonly mostKept: number
  readonly idleMs: number
  readonly isKeepAlive: boolean
}

export interface Pool {
  /** `isFresh`: one that has served nobody before. Waits until one is free; rejects when `signal` aborts. */
  acquire(isFresh: boolean, signal: AbortSignal): Outgoing | Promise<Outgoing>
  /** `keptMs`: as long as the server said it keeps it; undefined when it said nothing. */
  release(connection: Outgoing, mayStay: boolean, keptMs: number | undefined): void
  close(): void
}

/** Those who wait, in the order they came. */
const createLine = () => {
  const waiting = new Set<{ readonly give: (one: Outgoing) => void; readonly refuse: (reason: Error) => void }>()
  return {
    wait: (signal: AbortSignal): Promise<Outgoing> =>
      new Promise((resolve, reject) => {
        const leave = (then: () => void): void => {
          waiting.delete(entry)
          signal.removeEventListener('abort', gaveUp)
          then()
        }
        const entry = {
          give: (one: Outgoing) => leave(() => resolve(one)),
          refuse: (reason: Error) => leave(() => reject(reason)),
        }
        const gaveUp = (): void => entry.refuse(new Error('cancelled'))
        waiting.add(entry)
        signal.addEventListener('abort', gaveUp)
      }),
    /** Gives a connection to the first; undefined when nobody waits. */
    next: (): ((one: Outgoing) => void) | undefined => waiting.values().next().value?.give,
    refuse(reason: Error): void {
      for (const { refuse } of waiting) refuse(reason)
    },
  }
}

export const createPool = ({ dial, most, mostKept, idleMs, isKeepAlive }: PoolOptions): Pool => {
  const all = new Set<Outgoing>()
  const kept: Outgoing[] = []
  const line = createLine()
  let sweeping: NodeJS.Timeout | undefined

  const open = (): Outgoing => {
    const connection = dial((closed) => {
      all.delete(closed)
      const at = kept.indexOf(closed)
      if (at >= 0) kept.splice(at, 1)
      const next = line.next()
      if (next !== undefined && all.size < most) next(open())
    })
    all.add(connection)
    return connection
  }
  const sweep = (): void => {
    sweeping = undefined
    const now = performance.now()
    for (const connection of kept) if (connection.expires <= now) connection.destroy()
    arm()
  }
  const arm = (): void => {
    if (kept.length > 0) sweeping ??= setTimeout(sweep, Math.max(1, idleMs)).unref()
  }
  const takeKept = (): Outgoing | undefined => {
    const now = performance.now()
    for (let one = kept.pop(); one !== undefined; one = kept.pop()) {
      if (!one.isClosed && one.expires > now) {
        one.wake()
        return one
      }
      one.destroy()
    }
    return undefined
  }
  return {
    acquire(isFresh, signal) {
      const one = isFresh ? undefined : takeKept()
      if (one !== undefined) return one
      // Those that are kept are in use by nobody, and make room.
      if (all.size >= most) kept.shift()?.destroy()
      return all.size < most ? open() : line.wait(signal)
    },
    release(connection, mayStay, keptMs = idleMs + EARLY_MS) {
      const staysMs = Math.min(idleMs, keptMs - EARLY_MS)
      if (!mayStay || !isKeepAlive || connection.isClosed || staysMs <= 0) return connection.destroy()
      connection.isKept = true
      const next = line.next()
      if (next !== undefined) return next(connection)
      if (kept.length >= mostKept) return connection.destroy()
      connection.expires = performance.now() + staysMs
      connection.rest()
      kept.push(connection)
      arm()
    },
    close() {
      clearTimeout(sweeping)
      line.refuse(new Error('the client was closed'))
      for (const connection of all) connection.destroy()
    },
  }
}
