/**
 * A breaker before one destination.
 *
 *   closed ── `failures` failed attempts in a row ──▶ open ── after `open_for` ──▶ half-open
 *   half-open: one attempt is let through, the others wait. It succeeds: closed. It fails: open again.
 *
 * Whoever comes while it is open waits, which is no attempt. An answer that refuses a batch for good shows that the
 * destination is there: it closes like a success. An attempt that began before the breaker opened and ends afterwards
 * counts for nothing but, if it succeeded, closes it too.
 */
import type { BreakerOptions } from '../config/types.ts'
import type { Clock } from '../kit/clock.ts'
import { createWaiters } from './waiters.ts'

export type BreakerState = 'closed' | 'open' | 'half_open'

export interface Breaker {
  readonly state: BreakerState
  /** How long until the next attempt may come; 0 when it may now. */
  readonly waitMs: number
  /** An attempt may be made now; half-open, this is the one. */
  mayGo(): boolean
  /** Resolves when the caller may make an attempt, as by `mayGo`. */
  wait(signal: AbortSignal): Promise<void>
  /** The attempt got an answer. */
  succeeded(): void
  failed(): void
  /** The attempt ended without telling anything about the destination. */
  cancelled(): void
}

export const createBreaker = (
  { failures: most, openForMs }: BreakerOptions,
  clock: Clock,
  changed: (state: BreakerState) => void,
): Breaker => {
  const waiters = createWaiters()
  let state: BreakerState = 'closed'
  let failures = 0
  let openUntil = 0
  let probing = false
  let cancel = (): void => {}

  const become = (next: BreakerState): void => {
    if (state === next) return
    state = next
    changed(next)
  }
  const open = (): void => {
    openUntil = clock.monotonic() + openForMs
    probing = false
    become('open')
    // One that was closed meanwhile, by the late success of an earlier attempt, has this one time of its own.
    cancel()
    cancel = clock.after(openForMs, () => {
      become('half_open')
      waiters.wake()
    })
  }
  /** Takes the place of the one attempt that is let through. */
  const mayGo = (): boolean => {
    if (state === 'closed') return true
    if (state === 'open' || probing) return false
    probing = true
    return true
  }
  const wait = async (signal: AbortSignal): Promise<void> => {
    do await waiters.wait(signal)
    while (!mayGo())
  }
  return {
    get state() {
      return state
    },
    get waitMs() {
      return state === 'open' ? Math.max(0, openUntil - clock.monotonic()) : 0
    },
    mayGo,
    wait,
    succeeded() {
      failures = 0
      probing = false
      if (state === 'closed') return
      cancel()
      become('closed')
      waiters.wake()
    },
    failed() {
      failures++
      if (state === 'half_open' || (state === 'closed' && failures >= most)) open()
    },
    cancelled() {
      if (!probing) return
      probing = false
      waiters.wake()
    },
  }
}
