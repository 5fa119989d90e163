/**
 * The books of one pipeline. Every movement goes from one column to another, so that at every moment
 *
 *     received = delivered + filtered + dead-lettered + dropped + held + queued + in flight
 *
 * holds by construction; what can go wrong is a column below zero, or records "in flight" while nobody works: `balanced`
 * says so, and a step that loses records without a word is found by its own count (see step.ts) and named.
 *
 * `received` counts a record once for each branch it must reach, and not at all when the attempt was rejected as a whole.
 */
import type { PipelineBalance } from './types.ts'

/** Rules and reasons beyond this many are counted together. */
const NAMES_MAX = 500
const OTHERS = '(others)'

export interface Ledger {
  readonly pipeline: string
  /** Records came in, or into being (a copy for a further branch, an event made here). Negative takes them out again. */
  receive(n: number): void
  deliver(n: number): void
  filter(n: number, rule: string): void
  drop(n: number, reason: string): void
  /** Kept as dead letters. */
  deadLetter(n: number): void
  hold(n: number): void
  /** Into a queue; negative: out of it again, under way. */
  queue(n: number): void
  /** Batches that are under way; at zero nothing may be in flight. */
  enter(): void
  leave(): void
  balance(): PipelineBalance
}

const tally = (counts: Map<string, number>, name: string, n: number): void => {
  const key = counts.has(name) || counts.size < NAMES_MAX ? name : OTHERS
  counts.set(key, (counts.get(key) ?? 0) + n)
}

const sum = (counts: Map<string, number>): number => {
  let total = 0
  for (const n of counts.values()) total += n
  return total
}

export const createLedger = (pipeline: string): Ledger => {
  const filtered = new Map<string, number>()
  const dropped = new Map<string, number>()
  let received = 0
  let delivered = 0
  let deadLettered = 0
  let held = 0
  let queued = 0
  let inFlight = 0
  let open = 0
  return {
    pipeline,
    receive(n) {
      received += n
      inFlight += n
    },
    deliver(n) {
      delivered += n
      inFlight -= n
    },
    filter(n, rule) {
      tally(filtered, rule, n)
      inFlight -= n
    },
    drop(n, reason) {
      tally(dropped, reason, n)
      inFlight -= n
    },
    deadLetter(n) {
      deadLettered += n
      inFlight -= n
    },
    hold(n) {
      held += n
      inFlight -= n
    },
    queue(n) {
      queued += n
      inFlight -= n
    },
    enter() {
      open++
    },
    leave() {
      open--
    },
    balance() {
      const accounted = delivered + sum(filtered) + deadLettered + sum(dropped) + held + queued + inFlight
      const sound = held >= 0 && queued >= 0 && inFlight >= 0 && (open > 0 || inFlight === 0)
      return {
        pipeline,
        received,
        delivered,
        filtered: Object.fromEntries(filtered),
        deadLettered,
        dropped: Object.fromEntries(dropped),
        held,
        queued,
        inFlight,
        balanced: sound && received === accounted,
      }
    },
  }
}
