/**
 * How long it takes from one event to another about the same agent or task: the newest start counts, and an end without a
 * start is nothing. Open starts are bounded; the oldest is forgotten first, and counted.
 */
export interface Pairing {
  readonly from: string
  readonly to: string
  /** The member of `data` that says which start an end belongs to. */
  readonly by: 'agent_id' | 'task_id'
}

export interface Durations {
  /** Seconds, when the event ends what another began. */
  take(type: string, keyOf: (by: Pairing['by']) => string, atMs: number): number | undefined
  readonly forgotten: number
  snapshot(): DurationsState
}

export interface DurationsState {
  readonly open: readonly (readonly [key: string, atMs: number])[]
}

const OPEN_MAX = 10_000

export const createDurations = ({ from, to, by }: Pairing, restored?: DurationsState): Durations => {
  const open = new Map(restored?.open)
  let forgotten = 0
  const begin = (key: string, atMs: number): void => {
    open.delete(key)
    open.set(key, atMs)
    if (open.size <= OPEN_MAX) return
    for (const oldest of open.keys()) {
      open.delete(oldest)
      forgotten++
      break
    }
  }
  return {
    take(type, keyOf, atMs) {
      if (type !== from && type !== to) return undefined
      const key = keyOf(by)
      if (key === '') return undefined
      if (type === from) {
        begin(key, atMs)
        return undefined
      }
      const start = open.get(key)
      if (start === undefined) return undefined
      open.delete(key)
      return Math.max(0, (atMs - start) / 1_000)
    },
    get forgotten() {
      return forgotten
    },
    snapshot: () => ({ open: [...open] }),
  }
}
