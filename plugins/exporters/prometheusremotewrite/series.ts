/**
 * A batch as the series of a remote-write request: what text shows as several lines (buckets, `_sum`, `_count`) are
 * several series here. All points of one series stand together and in the order of their time, which Prometheus demands.
 */
import { numberText, samplesOf, targetInfoOf } from 'seneca-collector/prometheus'
import type { Accumulator, ExemplarOf, Family, Labels, Outcome, Refusals } from 'seneca-collector/prometheus'
import type { Batch, Resource } from 'seneca-collector'

/** Prometheus's mark for "this series has ended": a NaN of its own. */
export const STALE = 'stale'

export interface WriteSample {
  readonly value: number | typeof STALE
  /** Nanoseconds since the epoch. */
  readonly time: bigint
}

export interface WriteSeries {
  /** With `__name__`, sorted by name. */
  readonly labels: Labels
  readonly samples: WriteSample[]
  readonly exemplars: ExemplarOf[]
}

export interface Written {
  readonly series: readonly WriteSeries[]
  readonly families: ReadonlyMap<string, Family>
}

export interface Conversion {
  readonly accumulator: Accumulator
  readonly refusals: Refusals
  readonly externalLabels: Readonly<Record<string, string>>
  /** What `target_info` is called; undefined: nothing is said of resources. */
  readonly targetInfo: string | undefined
}

const sorted = (labels: readonly (readonly [string, string])[]): Labels =>
  labels.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))

const named = (name: string, labels: Labels, extra: readonly (readonly [string, string])[] = []): Labels =>
  sorted([['__name__', name], ...labels, ...extra])

/** Series by their labels, as they come. */
const createTable = () => {
  const table = new Map<string, WriteSeries>()
  return {
    table,
    of(labels: Labels): WriteSeries {
      const key = labels.flat().join('\u0000')
      const known = table.get(key)
      if (known !== undefined) return known
      const made: WriteSeries = { labels, samples: [], exemplars: [] }
      table.set(key, made)
      return made
    },
  }
}

type Table = ReturnType<typeof createTable>

const addPoint = (table: Table, name: string, taken: Extract<Outcome, { is: 'taken' }>): void => {
  const { family, series } = taken
  let above = Number.NEGATIVE_INFINITY
  for (const { suffix, label, value } of samplesOf(series.point)) {
    const extra = label === undefined ? [] : [[label[0], numberText(label[1])] as const]
    const target = table.of(named(`${name}${suffix}`, series.labels, extra))
    target.samples.push({ value, time: series.time })
    if (suffix === '_bucket' && label !== undefined) {
      for (const one of series.exemplars) if (one.value > above && one.value <= label[1]) target.exemplars.push(one)
      above = label[1]
    } else if (family.type === 'counter') target.exemplars.push(...series.exemplars)
  }
}

/**
 * The end of a number is one mark. Of a histogram or summary whose buckets are not told any more, count and sum end;
 * buckets end by Prometheus's own five minutes.
 */
const addEnd = (table: Table, { family, labels, time }: Extract<Outcome, { is: 'ended' }>): void => {
  const isNumber = family.type === 'counter' || family.type === 'gauge'
  for (const suffix of isNumber ? [''] : ['_sum', '_count'])
    table.of(named(`${family.name}${suffix}`, labels)).samples.push({ value: STALE, time })
}

const addTarget = (
  table: Table,
  name: string,
  resource: Resource,
  time: bigint,
  external: Readonly<Record<string, string>>,
): void => {
  const labels = targetInfoOf(resource, external)
  if (labels === undefined || time === 0n) return
  const { samples } = table.of(named(name, labels))
  const last = samples.at(-1)
  if (last === undefined || last.time < time) samples.splice(0, 1, { value: 1, time })
}

const byTime = (a: { readonly time: bigint }, b: { readonly time: bigint }): number =>
  a.time < b.time ? -1 : Number(a.time > b.time)

/** `now` in milliseconds: when the points came, not when they were taken. */
export const seriesOf = (batch: Batch<'metrics'>, conversion: Conversion, now: number): Written => {
  const table = createTable()
  const families = new Map<string, Family>()
  for (const record of batch) {
    const outcomes = [...conversion.accumulator.add(record, now)]
    let newest = 0n
    for (const outcome of outcomes) {
      if (outcome.is === 'ended') addEnd(table, outcome)
      if (outcome.is !== 'taken') continue
      families.set(outcome.family.name, outcome.family)
      addPoint(table, outcome.family.name, outcome)
      if (outcome.series.time > newest) newest = outcome.series.time
    }
    conversion.refusals.note(record.name, outcomes)
    if (conversion.targetInfo !== undefined)
      addTarget(table, conversion.targetInfo, record.resource, newest, conversion.externalLabels)
  }
  const series = [...table.table.values()]
  for (const { samples, exemplars } of series) {
    samples.sort(byTime)
    exemplars.sort(byTime)
  }
  return { series, families }
}
