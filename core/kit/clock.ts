/** Time, injected: components never touch `Date` or `setTimeout`, so tests and backfill run them on a clock of their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Nanoseconds since the epoch. */
  nanos(): bigint
  /** Milliseconds that never go back, for durations. */
  monotonic(): number
  /** Calls `fn` once when `monotonic` has gone on by `ms`, never before; the answer cancels it. */
  after(ms: number, fn: () => void): () => void
  /** Calls `fn` every `ms` until cancelled. */
  every(ms: number, fn: () => void): () => void
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
