/** All that is counted and measured, fed with the records of a batch; what comes of it stands in readings.ts and notices.ts. */
import { attributeForDataKey, path } from 'seneca-collector'
import type { LogRecord, PathHandle, Value } from 'seneca-collector'
import { createVolumeBands, type LevelChange as VolumeChange, type VolumeBandsState } from 'seneca-collector/analysis'
import { countsAsActivity } from 'seneca-collector/events'
import { knownDurations, ownDuration } from './known-durations.ts'
import { createMeasured, type Measured, type MeasuredEvent, type MeasuredState } from './measured.ts'
import { createObjective, type Objective, type ObjectiveOptions } from './objectives.ts'
import { createSeries, type Series, type SeriesState } from './series.ts'
import { createSlidingCounts, type SlidingCounts } from './sliding-counts.ts'
import type { SloState } from './slo.ts'

export interface MetersOptions {
  readonly dimensions: readonly string[]
  readonly max_series: number
  readonly windows: readonly number[]
  readonly latency_window: number
  readonly durations: readonly Parameters<typeof ownDuration>[0][]
  readonly slos: readonly ObjectiveOptions[]
}

export interface Meters {
  readonly startedAt: bigint
  readonly counts: Series
  readonly recent: SlidingCounts
  readonly measured: readonly Measured[]
  readonly objectives: readonly Objective[]
  readonly volume: { readonly level: string; readonly perHour: number }
  take(record: LogRecord, nowMs: number): void
  /** Volume bands that were entered since the last call, up to now. */
  volumeChanges(nowMs: number): readonly VolumeChange[]
  snapshot(): MetersState
}

export interface MetersState {
  readonly startedAt: bigint
  readonly counts: SeriesState
  readonly bands: VolumeBandsState
  readonly measured: Readonly<Record<string, MeasuredState>>
  readonly slos: Readonly<Record<string, SloState>>
}

const NANOS_PER_MS = 1_000_000n
const VOLUME_CHANGES_MAX = 1_000
const agent = path(['attributes', 'marcus.agent.id'])
const textOf = (value: Value | undefined): string =>
  value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)

/** One view that is moved from record to record. */
const createView = () => {
  const handles = new Map<string, PathHandle>()
  const handleOf = (key: string): PathHandle => {
    let handle = handles.get(key)
    if (handle === undefined) handles.set(key, (handle = path(['attributes', attributeForDataKey(key)])))
    return handle
  }
  const view = {
    record: undefined as unknown as LogRecord,
    type: '',
    atMs: 0,
    text: (key: string) => textOf(view.record.get(handleOf(key))),
    number(key: string) {
      const value = view.record.get(handleOf(key))
      return value === undefined || value === null || typeof value === 'string' ? undefined : Number(value)
    },
  }
  return view satisfies MeasuredEvent & { record: LogRecord }
}

export const createMeters = (options: MetersOptions, startedAt: bigint, restored?: MetersState): Meters => {
  const specs = [...knownDurations, ...options.durations.map(ownDuration)]
  const counts = createSeries(options.max_series, restored?.counts)
  const recent = createSlidingCounts(options.windows)
  const bands = createVolumeBands(restored?.bands)
  const measured = specs.map((spec) => createMeasured(spec, options.latency_window, restored?.measured[spec.name]))
  const objectives = options.slos.map((slo) => createObjective(slo, restored?.slos[slo.name]))
  const view = createView()
  let changes: VolumeChange[] = []
  let newest = 0

  const noteVolume = (found: readonly VolumeChange[]): void => {
    changes.push(...found)
    if (changes.length > VOLUME_CHANGES_MAX) changes = changes.slice(-VOLUME_CHANGES_MAX)
  }
  return {
    startedAt: restored?.startedAt ?? startedAt,
    counts,
    recent,
    measured,
    objectives,
    get volume() {
      const { level, counts: minutes } = bands.snapshot()
      return { level, perHour: minutes.reduce((a, b) => a + b, 0) }
    },
    take(record, nowMs) {
      const type = record.eventName
      if (type === '') return
      view.record = record
      view.type = type
      view.atMs = record.time === 0n ? nowMs : Number(record.time / NANOS_PER_MS)
      counts.add([type, ...options.dimensions.map((key) => view.text(key))])
      recent.add(type, Math.min(view.atMs, nowMs))
      const agentId = textOf(record.get(agent))
      if (agentId !== '') bands.agent(agentId, type !== 'agent.deregistered')
      newest = Math.max(newest, view.atMs)
      // Bands move forward only; what comes late counts for the hour that is.
      if (countsAsActivity(type)) noteVolume(bands.observe(newest))
      for (const each of measured) {
        const seconds = each.take(view, nowMs)
        if (seconds !== undefined)
          for (const objective of objectives) objective.duration(each.spec.name, seconds, nowMs)
      }
      for (const objective of objectives) objective.event(record, nowMs)
    },
    volumeChanges(nowMs) {
      if (newest > 0) noteVolume(bands.advance(Math.max(newest, nowMs)))
      const found = changes
      changes = []
      return found
    },
    snapshot: () => ({
      startedAt: restored?.startedAt ?? startedAt,
      counts: counts.snapshot(),
      bands: bands.snapshot(),
      measured: Object.fromEntries(measured.map((each) => [each.spec.name, each.snapshot()])),
      slos: Object.fromEntries(objectives.map(({ options: { name }, slo }) => [name, slo.snapshot()])),
    }),
  }
}
