/**
 * What exporters and extensions say themselves (an alert was delivered, an API call failed). No pipeline follows them, and
 * nothing of what they do may wait for what becomes of it, so they only say it; receivers that listen have queues of their
 * own. Nobody listening: it is said to nobody.
 */
import type { Batch } from '../model/types.ts'

export interface OwnEvents {
  say(batch: Batch): void
  /** The answer ends it. */
  listen(listener: (batch: Batch) => void): () => void
}

export const createOwnEvents = (): OwnEvents => {
  const listeners = new Set<(batch: Batch) => void>()
  return {
    say: (batch) => {
      for (const listener of listeners) listener(batch)
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
