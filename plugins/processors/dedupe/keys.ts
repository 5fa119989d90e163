/**
 * The keys that have been seen, oldest first, for so long and so many. A key is *pending* while the batch that brought it is on
 * its way: what comes meanwhile with the same key waits for what becomes of it.
 */
export interface Keys {
  readonly size: number
  /** Forgotten because there were too many. */
  readonly evicted: number
  has(key: string, nowMs: number): boolean
  pendingOf(key: string): Promise<void> | undefined
  /** `settled` resolves when it is known whether these keys stand. */
  begin(keys: readonly string[], settled: Promise<void>): void
  /** The batch was taken: the keys stand. */
  commit(keys: readonly string[], nowMs: number): readonly Change[]
  /** It came back: they are as if never seen. */
  forget(keys: readonly string[]): void
  /** Takes out what is too old. */
  expire(nowMs: number): readonly Change[]
}

/** For the storage: when a key was seen, undefined = gone. */
export type Change = readonly [key: string, seenMs: number | undefined]

export const createKeys = (windowMs: number, most: number, restored: Iterable<readonly [string, number]>): Keys => {
  const seen = new Map([...restored].toSorted(([, a], [, b]) => a - b))
  const pending = new Map<string, Promise<void>>()
  let evicted = 0
  const isOld = (seenMs: number, nowMs: number): boolean => windowMs > 0 && nowMs - seenMs >= windowMs
  const expire = (nowMs: number): Change[] => {
    const gone: Change[] = []
    for (const [key, seenMs] of seen) {
      if (!isOld(seenMs, nowMs)) break
      seen.delete(key)
      gone.push([key, undefined])
    }
    return gone
  }
  return {
    get size() {
      return seen.size
    },
    get evicted() {
      return evicted
    },
    has(key, nowMs) {
      const seenMs = seen.get(key)
      return seenMs !== undefined && !isOld(seenMs, nowMs)
    },
    pendingOf: (key) => pending.get(key),
    begin(keys, settled) {
      for (const key of keys) pending.set(key, settled)
    },
    commit(keys, nowMs) {
      const changes = expire(nowMs)
      for (const key of keys) {
        pending.delete(key)
        seen.delete(key)
        seen.set(key, nowMs)
        changes.push([key, nowMs])
      }
      for (const key of seen.keys()) {
        if (seen.size <= most) break
        seen.delete(key)
        evicted++
        changes.push([key, undefined])
      }
      return changes
    },
    forget(keys) {
      for (const key of keys) pending.delete(key)
    },
    expire,
  }
}
