/**
 * The wall between the engine and a component's code: every call into it goes through `run`, which knows whose code it
 * is, how long it kept the event loop, and never lets a synchronous throw out as anything but a rejection.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

/** A component that keeps the event loop longer than this in one go is named. */
export const BLOCKED_MS = 200

export interface Guard {
  /** Runs `fn` as the component `key`; a throw becomes a rejection. */
  run<T>(key: string, fn: () => T | Promise<T>): Promise<T>
  /** Runs a callback; a throw is told to `failed` and goes no further. */
  callback(key: string, fn: () => void): void
}

export interface GuardEvents {
  blocked(key: string, ms: number): void
  failed(key: string, error: unknown): void
}

interface Owner {
  readonly key: string
  readonly events: GuardEvents
}

const owners = new AsyncLocalStorage<Owner>()

/** Tells the engine whose component runs now that it failed; false when no component's code runs. */
export const blame = (error: unknown): boolean => {
  const owner = owners.getStore()
  owner?.events.failed(owner.key, error)
  return owner !== undefined
}

export const createGuard = (events: GuardEvents): Guard => {
  const known = new Map<string, Owner>()
  const ownerOf = (key: string): Owner => {
    const owner = known.get(key) ?? { key, events }
    known.set(key, owner)
    return owner
  }
  const timed = <T>(key: string, fn: () => T): T => {
    const start = performance.now()
    try {
      return owners.run(ownerOf(key), fn)
    } finally {
      const ms = performance.now() - start
      if (ms > BLOCKED_MS) events.blocked(key, ms)
    }
  }
  return {
    async run(key, fn) {
      return timed(key, fn)
    },
    callback(key, fn) {
      try {
        timed(key, fn)
      } catch (error) {
        events.failed(key, error)
      }
    },
  }
}
