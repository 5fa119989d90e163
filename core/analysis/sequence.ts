/**
 * Order inside one task's life: an event that needs another before it (progress or completion before any assignment).
 *
 * Events must come in time order (see reorder.ts). Only tasks whose creation was seen are judged: of others nobody knows
 * what came before. A violation is named when the missing event comes after all (both ids), or when `waitMs` has passed
 * without it (then with the id of the creation). One violation a task and offending type, so that ten progress reports
 * do not make ten findings.
 */
export interface LifeCycle {
  /** Types that open a life. */
  readonly opens: readonly string[]
  /** Types that must have been seen before any of `needs`. */
  readonly grants: readonly string[]
  /** Types that are out of sequence before a grant. */
  readonly needs: readonly string[]
}

export interface SequenceEvent {
  readonly type: string
  readonly key: string
  readonly id: string
  readonly time: number
}

export interface Violation {
  readonly key: string
  /** The event that came too early. */
  readonly event: SequenceEvent
  /** What should have come before it, when it came after all. */
  readonly missing: SequenceEvent | undefined
  /** What opened the life. */
  readonly opened: string
}

export interface Sequence {
  observe(event: SequenceEvent): readonly Violation[]
  advance(time: number): readonly Violation[]
  flush(): readonly Violation[]
  snapshot(): SequenceState
}

interface Life {
  readonly opened: string
  granted: boolean
  early: SequenceEvent | undefined
}

export interface SequenceState {
  readonly lives: readonly (readonly [string, Life])[]
}

const LIVES_MOST = 10_000

export const createSequence = (cycle: LifeCycle, waitMs: number, restored?: SequenceState): Sequence => {
  const opens = new Set(cycle.opens)
  const grants = new Set(cycle.grants)
  const needs = new Set(cycle.needs)
  const lives = new Map<string, Life>(restored?.lives.map(([key, life]) => [key, { ...life }]))
  const early = new Set([...lives].filter(([, life]) => life.early).map(([key]) => key))

  const touch = (key: string, life: Life): void => {
    lives.delete(key)
    lives.set(key, life)
    if (lives.size > LIVES_MOST) {
      const oldest = lives.keys().next().value!
      lives.delete(oldest)
      early.delete(oldest)
    }
  }

  const name = (key: string, life: Life, missing: SequenceEvent | undefined): Violation => {
    const event = life.early!
    life.early = undefined
    life.granted = true
    early.delete(key)
    return { key, event, missing, opened: life.opened }
  }

  const expire = (before: number): Violation[] => {
    const out: Violation[] = []
    for (const key of early) {
      const life = lives.get(key)
      if (life?.early && life.early.time < before) out.push(name(key, life, undefined))
    }
    return out
  }

  return {
    observe(event) {
      const expired = expire(event.time - waitMs)
      const life = lives.get(event.key)
      if (opens.has(event.type) && !life) touch(event.key, { opened: event.id, granted: false, early: undefined })
      if (!life) return expired
      touch(event.key, life)
      if (grants.has(event.type)) {
        if (life.early) return [...expired, name(event.key, life, event)]
        life.granted = true
      } else if (needs.has(event.type) && !life.granted && !life.early) {
        life.early = event
        early.add(event.key)
      }
      return expired
    },
    advance: (time) => expire(time - waitMs),
    flush: () => expire(Number.POSITIVE_INFINITY),
    snapshot: () => ({ lives: [...lives].map(([key, life]) => [key, { ...life }] as const) }),
  }
}
