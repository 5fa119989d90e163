/** Where a client stands in the ring, how far it may lag, and the gap it has still to be told. */
import type { GapReason } from './protocol.ts'
import type { Ring } from './ring.ts'
import type { Subscription } from './subscription.ts'

export interface Limits {
  readonly queueCount: number
  readonly queueBytes: number
  readonly onSlow: 'drop_oldest' | 'disconnect'
}

export interface Tally {
  sent(messages: number, bytes: number): void
  missed(events: number, reason: GapReason): void
}

interface Gap {
  from: number
  to: number
  missed: number | undefined
  reason: GapReason
}

export interface Position {
  cursor: number
  live: boolean
  subscription: Subscription | undefined
  gap: Gap | undefined
  /** A slice of catching up is on its way. */
  scheduled: boolean
}

export const newPosition = (ring: Ring): Position => ({
  cursor: ring.newest + 1,
  live: true,
  subscription: undefined,
  gap: undefined,
  scheduled: false,
})

const addGap = (position: Position, gap: Gap): void => {
  const before = position.gap
  if (before === undefined) position.gap = gap
  else {
    before.to = gap.to
    before.missed = before.missed === undefined || gap.missed === undefined ? undefined : before.missed + gap.missed
  }
}

/** How many of the entries from `from` to `to` the client wanted; those the ring has lost cannot be told. */
const wantedIn = (ring: Ring, subscription: Subscription, from: number, to: number): number => {
  let count = 0
  for (let seq = from; seq <= to; seq++) {
    const entry = ring.get(seq)
    if (entry !== undefined && subscription.wants(entry)) count++
  }
  return count
}

/** Moves a slow live client on; false when it must go. */
export const keepUp = (ring: Ring, position: Position, limits: Limits, tally: Tally): boolean => {
  const { subscription } = position
  if (subscription === undefined || !position.live) return true
  const first = position.cursor
  if (ring.newest - first + 1 <= limits.queueCount && ring.bytesFrom(first) <= limits.queueBytes) return true
  if (limits.onSlow === 'disconnect') return false
  let next = Math.max(first, ring.newest - limits.queueCount + 1)
  while (next < ring.newest && ring.bytesFrom(next) > limits.queueBytes) next++
  const missed = wantedIn(ring, subscription, Math.max(first, ring.oldest), next - 1)
  const unknown = first < ring.oldest
  position.cursor = next
  if (missed === 0 && !unknown) return true
  addGap(position, { from: first, to: next - 1, missed: unknown ? undefined : missed, reason: 'slow' })
  tally.missed(missed, 'slow')
  return true
}

/** Puts a client at `from`; undefined = at what comes next. */
export const startAt = (ring: Ring, position: Position, from: number | undefined): void => {
  const next = ring.newest + 1
  position.gap = undefined
  if (from === undefined || from === next) {
    Object.assign(position, { cursor: next, live: true })
    return
  }
  // A number that was never given out: the client heard another feed, so what it has is no part of this one.
  if (from > next) addGap(position, { from: ring.oldest, to: from - 1, missed: undefined, reason: 'restarted' })
  const first = from === 0 || from > next ? ring.oldest : from
  if (first < ring.oldest) addGap(position, { from: first, to: ring.oldest - 1, missed: undefined, reason: 'evicted' })
  Object.assign(position, { cursor: Math.max(first, ring.oldest), live: false })
}

/** What the ring lost under a client that was still behind. */
export const evicted = (ring: Ring, position: Position, tally: Tally): void => {
  const to = ring.oldest - 1
  addGap(position, { from: position.cursor, to, missed: undefined, reason: 'evicted' })
  tally.missed(to - position.cursor + 1, 'evicted')
  position.cursor = ring.oldest
}
