/** One duration: its histogram since the beginning, its p95 of the last minutes, and the band that is in. */
import { createDurations, type DurationsState } from './durations.ts'
import { createHistogram, type HistogramState } from './histogram.ts'
import type { DurationSpec } from './known-durations.ts'
import { latencyLevelOf, LEVEL_EDGES_S, type LatencyLevel } from './latency-level.ts'
import { createSlidingQuantile } from './sliding-quantile.ts'

export interface MeasuredEvent {
  readonly type: string
  readonly atMs: number
  /** Of `data`; '' when absent. */
  text(key: string): string
  number(key: string): number | undefined
}

export interface LevelChange {
  readonly path: string
  readonly level: LatencyLevel
  readonly old: LatencyLevel | undefined
  readonly p95Ms: number
}

export interface Measured {
  readonly spec: DurationSpec
  readonly histogram: HistogramState
  /** Seconds, when the event tells of one. */
  take(event: MeasuredEvent, nowMs: number): number | undefined
  p95(nowMs: number): number | undefined
  readonly level: LatencyLevel | undefined
  judge(nowMs: number): LevelChange | undefined
  snapshot(): MeasuredState
}

export interface MeasuredState {
  readonly histogram: HistogramState
  readonly open: DurationsState
  readonly level: LatencyLevel | undefined
}

/** Older events were not seen as they happened (a backfill, a replay): they say nothing about the delay. */
const LIVE_MS = 600_000
const P95 = 0.95
const MS = 1_000

/** How much the source's clock is ahead: nothing comes before it happened. */
const createSkew = (): ((delayMs: number, nowMs: number) => number) => {
  let ahead = 0
  let since = 0
  return (delayMs, nowMs) => {
    if (nowMs - since > LIVE_MS) {
      ahead = 0
      since = nowMs
    }
    ahead = Math.max(ahead, -delayMs)
    return delayMs + ahead
  }
}

export const createMeasured = (spec: DurationSpec, windowMs: number, restored?: MeasuredState): Measured => {
  const { pairing, path } = spec
  const histogram = createHistogram(spec.bounds, restored?.histogram)
  const recent = createSlidingQuantile(windowMs, LEVEL_EDGES_S)
  const pairs = typeof pairing === 'string' ? undefined : createDurations(pairing, restored?.open)
  const corrected = createSkew()
  let level = restored?.level

  const secondsOf = (event: MeasuredEvent, nowMs: number): number | undefined => {
    if (pairs) return pairs.take(event.type, (by) => event.text(by), event.atMs)
    if (pairing === 'tool') {
      const ms = event.type === 'mcp.tool.called' ? event.number('duration_ms') : undefined
      return ms === undefined ? undefined : ms / MS
    }
    const delay = nowMs - event.atMs
    return event.atMs > 0 && delay < LIVE_MS ? corrected(delay, nowMs) / MS : undefined
  }
  return {
    spec,
    histogram: histogram.state,
    take(event, nowMs) {
      const seconds = secondsOf(event, nowMs)
      if (seconds === undefined) return undefined
      histogram.record(seconds)
      recent.record(seconds, nowMs)
      return seconds
    },
    p95: (nowMs) => recent.quantile(P95, nowMs),
    get level() {
      return level
    },
    judge(nowMs) {
      const seconds = path === undefined ? undefined : recent.quantile(P95, nowMs)
      if (path === undefined || seconds === undefined) return undefined
      const next = latencyLevelOf(seconds)
      if (next === level) return undefined
      const change = { path, level: next, old: level, p95Ms: seconds * MS }
      level = next
      return change
    },
    snapshot: () => ({ histogram: histogram.state, open: pairs?.snapshot() ?? { open: [] }, level }),
  }
}
