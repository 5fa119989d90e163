/** What the meters say, as metrics. Counts and histograms are cumulative since `startedAt`. */
import { attributeForDataKey, Double } from 'seneca-collector'
import type { MetricInit, ValueMap } from 'seneca-collector'
import { latencyLevels } from './latency-level.ts'
import type { Measured } from './measured.ts'
import type { Meters, MetersOptions } from './meters.ts'
import { burnAlerts } from './slo.ts'

const CUMULATIVE = 2
const NANOS_PER_MS = 1_000_000n
const VOLUME_LEVELS = ['learning', 'idle', 'low', 'normal', 'high', 'critical'] as const

interface Instant {
  readonly nowMs: number
  readonly time: bigint
  readonly startTime: bigint
}

const eventCounts = ({ counts }: Meters, { dimensions }: MetersOptions, { time, startTime }: Instant): MetricInit => ({
  name: 'marcus.events',
  description: 'Events, by type.',
  unit: '{event}',
  type: 'sum',
  aggregationTemporality: CUMULATIVE,
  isMonotonic: true,
  dataPoints: Array.from(counts.entries(), ([labels, value]) => ({
    attributes: attributesOf(labels, dimensions),
    startTime,
    time,
    value,
  })),
})

const attributesOf = (labels: readonly string[] | undefined, dimensions: readonly string[]): ValueMap => {
  if (labels === undefined) return { 'otel.metric.overflow': true }
  const [type = '', ...values] = labels
  return {
    'event.name': type,
    ...Object.fromEntries(dimensions.flatMap((key, i) => (values[i] ? [[attributeForDataKey(key), values[i]]] : []))),
  }
}

const recentCounts = ({ recent }: Meters, { windows }: MetersOptions, { nowMs, time }: Instant): MetricInit => ({
  name: 'marcus.events.recent',
  description: 'Events of a sliding window, by type.',
  unit: '{event}',
  type: 'gauge',
  dataPoints: windows.flatMap((window) =>
    Array.from(recent.within(window, nowMs), ([type, value]) => ({
      attributes: { 'event.name': type, 'window.seconds': window / 1_000 },
      time,
      value,
    })),
  ),
})

const gauge = (
  name: string,
  description: string,
  unit: string,
  time: bigint,
  points: readonly (readonly [ValueMap, number])[],
): MetricInit => ({
  name,
  description,
  unit,
  type: 'gauge',
  dataPoints: points.map(([attributes, value]) => ({
    attributes,
    time,
    value: Number.isInteger(value) && unit !== '1' ? value : new Double(value),
  })),
})

const histogramOf = ({ spec, histogram }: Measured, { time, startTime }: Instant): readonly MetricInit[] => {
  if (histogram.count === 0) return []
  const { count, sum, min, max, buckets, bounds } = histogram
  return [
    {
      name: spec.name,
      description: spec.description,
      unit: 's',
      type: 'histogram',
      aggregationTemporality: CUMULATIVE,
      dataPoints: [{ startTime, time, count, sum, min, max, bucketCounts: [...buckets], explicitBounds: bounds }],
    },
  ]
}

const latencies = (meters: Meters, { nowMs, time }: Instant): readonly MetricInit[] => {
  const judged = meters.measured.flatMap((each) => {
    const { spec, level } = each
    const seconds = spec.path === undefined ? undefined : each.p95(nowMs)
    return seconds === undefined || spec.path === undefined ? [] : [{ path: spec.path, level, seconds }]
  })
  if (judged.length === 0) return []
  return [
    gauge(
      'marcus.latency.p95',
      'p95 of the latency window.',
      's',
      time,
      judged.map(({ path, seconds }) => [{ path }, seconds]),
    ),
    gauge(
      'marcus.latency.level',
      'The latency band: 0 excellent, 1 good, 2 acceptable, 3 poor, 4 critical.',
      '{level}',
      time,
      judged.flatMap(({ path, level }) => (level ? [[{ path }, latencyLevels.indexOf(level)] as const] : [])),
    ),
  ]
}

const volumes = ({ volume }: Meters, time: bigint): readonly MetricInit[] => [
  gauge('marcus.volume', 'Events of the last hour that count as activity.', '{event}', time, [[{}, volume.perHour]]),
  gauge(
    'marcus.volume.level',
    'The volume band: 0 learning, 1 idle, 2 low, 3 normal, 4 high, 5 critical.',
    '{level}',
    time,
    [[{}, VOLUME_LEVELS.indexOf(volume.level as (typeof VOLUME_LEVELS)[number])]],
  ),
]

const objectives = (meters: Meters, { nowMs, time }: Instant): readonly MetricInit[] => {
  if (meters.objectives.length === 0) return []
  const known = meters.objectives.flatMap(({ options: { name }, slo }) => {
    const ratio = slo.ratio(nowMs)
    const budget = slo.budget(nowMs)
    return ratio === undefined || budget === undefined ? [] : [{ slo: name, ratio, budget }]
  })
  const rates = meters.objectives.flatMap(({ options: { name }, slo }) =>
    burnAlerts.map(({ name: alert, longMs }) => [{ slo: name, alert }, slo.burnRate(longMs, nowMs)] as const),
  )
  return [
    gauge(
      'marcus.slo.ratio',
      'The share that was good, of the whole period.',
      '1',
      time,
      known.map(({ slo, ratio }) => [{ slo }, ratio]),
    ),
    gauge(
      'marcus.slo.budget',
      'What is left of the error budget.',
      '1',
      time,
      known.map(({ slo, budget }) => [{ slo }, budget]),
    ),
    gauge(
      'marcus.slo.burn_rate',
      "How fast the error budget is used up, in the alert's long window.",
      '1',
      time,
      rates,
    ),
  ]
}

/** Everything at one instant; metrics without a point are left out. */
export const readingsOf = (meters: Meters, options: MetersOptions, nowMs: number): readonly MetricInit[] => {
  const instant: Instant = { nowMs, time: BigInt(Math.round(nowMs)) * NANOS_PER_MS, startTime: meters.startedAt }
  return [
    eventCounts(meters, options, instant),
    recentCounts(meters, options, instant),
    ...volumes(meters, instant.time),
    ...meters.measured.flatMap((each) => histogramOf(each, instant)),
    ...latencies(meters, instant),
    ...objectives(meters, instant),
  ].filter(({ dataPoints }) => (dataPoints?.length ?? 0) > 0)
}
