/**
 * Metrics that components make themselves: counters, gauges and histograms with labels, summed in place. The engine's own
 * numbers are not kept here; they are read from its books when somebody asks (see names.ts).
 */
import type { InstrumentOptions, Labels, Meter } from '../kit/context.ts'

export interface MetricPoint {
  readonly labels: Labels
  readonly value: number
  /** Histograms: upper bounds and how many values were at or below each (the last: all). */
  readonly buckets?: readonly (readonly [bound: number, count: number])[]
  readonly count?: number
}

export interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly description: string
  readonly unit: string
  readonly points: readonly MetricPoint[]
}

export interface Registry {
  meter(common: Labels): Meter
  snapshot(): readonly Metric[]
  /** Points that found no room. */
  readonly refused: number
}

/** Points of one metric; more are counted as refused, so that a careless label cannot eat the memory. */
const POINTS_MAX = 2_000
const METRICS_MAX = 2_000
/** Seconds. */
const DEFAULT_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10]

interface Point {
  readonly labels: Labels
  value: number
  count: number
  readonly buckets: number[]
}
interface Entry {
  readonly type: Metric['type']
  readonly options: InstrumentOptions
  readonly bounds: readonly number[]
  readonly points: Map<string, Point>
}

const keyOf = (labels: Labels): string =>
  Object.keys(labels)
    .toSorted()
    .map((key) => `${key}\u0000${labels[key]}`)
    .join('\u0001')

const observe = (of: Entry | undefined, at: Point | undefined, value: number): void => {
  if (!of || !at) return
  at.value += value
  at.count++
  of.bounds.forEach((bound, i) => {
    if (value <= bound) at.buckets[i] = (at.buckets[i] ?? 0) + 1
  })
}

export const createRegistry = (): Registry => {
  const metrics = new Map<string, Entry>()
  let refused = 0

  const entry = (name: string, type: Metric['type'], options: InstrumentOptions): Entry | undefined => {
    const known = metrics.get(name)
    if (known) return known.type === type ? known : undefined
    if (metrics.size >= METRICS_MAX) return undefined
    const made: Entry = { type, options, bounds: options.buckets ?? DEFAULT_BUCKETS, points: new Map() }
    metrics.set(name, made)
    return made
  }
  const point = (of: Entry | undefined, labels: Labels): Point | undefined => {
    const key = keyOf(labels)
    const known = of?.points.get(key)
    if (known) return known
    if (!of || of.points.size >= POINTS_MAX) {
      refused++
      return undefined
    }
    const made: Point = { labels, value: 0, count: 0, buckets: of.type === 'histogram' ? of.bounds.map(() => 0) : [] }
    of.points.set(key, made)
    return made
  }
  return {
    meter: (common) => ({
      counter(name, options) {
        const of = entry(name, 'counter', options)
        return {
          add(value, labels) {
            const at = point(of, { ...common, ...labels })
            if (at) at.value += value
          },
        }
      },
      gauge(name, options) {
        const of = entry(name, 'gauge', options)
        return {
          set(value, labels) {
            const at = point(of, { ...common, ...labels })
            if (at) at.value = value
          },
        }
      },
      histogram(name, options) {
        const of = entry(name, 'histogram', options)
        return { record: (value, labels) => observe(of, point(of, { ...common, ...labels }), value) }
      },
    }),
    snapshot: () =>
      [...metrics].map(([name, { type, options, bounds, points }]) => ({
        name,
        type,
        description: options.description,
        unit: options.unit ?? '',
        points: [...points.values()].map(({ labels, value, count, buckets }) => ({
          labels,
          value,
          ...(type === 'histogram' && { count, buckets: bounds.map((bound, i) => [bound, buckets[i] ?? 0] as const) }),
        })),
      })),
    get refused() {
      return refused
    },
  }
}
