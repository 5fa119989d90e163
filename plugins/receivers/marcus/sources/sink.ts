/** Where sources put what they read, and what they only count. */
import type { Observation, SourceName } from '../observation.ts'

export interface Counters {
  /** Lines, rows and files read. */
  read: number
  readonly housekeeping: Record<string, number>
  unmapped: number
  malformed: number
  /** Why a source could not be read last. */
  trouble?: string
}

export interface Sink {
  push(observation: Observation): void
  counters(source: SourceName): Counters
  /** Source time now, for what has no time of its own. */
  now(): number
  /** Everything there is was written in the past; times of reading mean nothing. */
  readonly history: () => boolean
}

export const newCounters = (): Counters => ({ read: 0, housekeeping: {}, unmapped: 0, malformed: 0 })

/** Kinds of housekeeping are few; a later Marcus may invent more, but not without end. */
const KINDS_MAX = 200

export const countKind = (counters: Counters, kind: string): void => {
  const known = counters.housekeeping[kind]
  if (known === undefined && Object.keys(counters.housekeeping).length >= KINDS_MAX) return
  counters.housekeeping[kind] = (known ?? 0) + 1
}
