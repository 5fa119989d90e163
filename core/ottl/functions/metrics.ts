/**
 * Functions of metrics and data points, as the transform and filter processors of the OpenTelemetry Collector have them. A
 * metric that is made stands beside its source, with the same resource and scope.
 */
import type { DataPoint, MetricDraft, MetricInit, NumberPointInit, PointValue, ValueMap } from '../../model/index.ts'
import type { Get, MetricAtHand, Run } from '../expression.ts'
import { double, isInt, toNumber, truncateToInt } from '../numbers.ts'
import { Failure } from '../values.ts'
import { define, only } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

const temporalities = ['unspecified', 'delta', 'cumulative']

const temporality = (name: string): number => {
  const number = temporalities.indexOf(name)
  if (number > 0) return number
  throw new Failure(`the aggregation temporality ${JSON.stringify(name)} is neither delta nor cumulative`)
}

export const metricOf = (run: Run): MetricAtHand => {
  const metric = run.metric ?? run.outer?.metric
  if (metric === undefined) throw new Failure('there is no metric here')
  return metric
}

export const draftOf = (run: Run): MetricDraft => {
  const { draft } = metricOf(run)
  if (draft === undefined) throw new Failure('a condition cannot change the metric')
  return draft
}

const make = (run: Run, init: MetricInit): null => {
  metricOf(run).make?.(init)
  return null
}

const attributesOf = (point: DataPoint): ValueMap => (point.get(['attributes']) ?? {}) as ValueMap

/** A number point with the attributes and times of another point. */
const like = (point: DataPoint, value: PointValue, more: ValueMap = {}): NumberPointInit => ({
  attributes: { ...attributesOf(point), ...more },
  startTime: point.startTime,
  time: point.time,
  value,
})

const sources = ['histogram', 'exponential_histogram', 'summary']

/** Histograms say their temporality; summaries count as cumulative. */
const sourceOf = (run: Run, name: string): { readonly points: readonly DataPoint[]; readonly temporality: number } => {
  const { record } = metricOf(run)
  const { type } = record
  const at = type === 'summary' ? 2 : record.aggregationTemporality
  if (!sources.includes(type) || (at === 0 && name !== 'extract_avg_metric'))
    throw new Failure(
      `${name} needs a histogram, an exponential histogram or a summary, not a ${type || 'metric without data'}`,
    )
  return { points: record.dataPoints, temporality: at }
}

const hasSum = (point: DataPoint, run: Run): boolean =>
  point.sum !== undefined || metricOf(run).record.type === 'summary'

type Extract = (point: DataPoint, run: Run) => PointValue | undefined

const extracts: Readonly<Record<'sum' | 'count', Extract>> = {
  sum: (point, run) => (hasSum(point, run) ? double(point.sum ?? 0) : undefined),
  count: (point) => point.count ?? 0,
}

const extract = (what: 'sum' | 'count'): FunctionSpec => {
  const name = `extract_${what}_metric`
  return only(
    ['metric'],
    define(
      name,
      { Monotonic: 'literalBool', Suffix: 'literalString?' },
      ({ Monotonic, Suffix = `_${what}` }) =>
        (run) => {
          const { record } = metricOf(run)
          const { points, temporality: at } = sourceOf(run, name)
          const dataPoints = points.flatMap((point) => {
            const value = extracts[what](point, run)
            return value === undefined ? [] : [like(point, value)]
          })
          if (dataPoints.length === 0) return null
          return make(run, {
            type: 'sum',
            name: record.name + Suffix,
            description: record.description,
            unit: what === 'count' ? '1' : record.unit,
            aggregationTemporality: at,
            isMonotonic: Monotonic,
            dataPoints,
          })
        },
    ),
  )
}

const extractAverage = define('extract_avg_metric', { Suffix: 'literalString?' }, ({ Suffix = '_avg' }) => (run) => {
  const { record } = metricOf(run)
  const dataPoints = sourceOf(run, 'extract_avg_metric').points.flatMap((point) => {
    const count = Number(point.count ?? 0)
    return count > 0 && hasSum(point, run) ? [like(point, double((point.sum ?? 0) / count))] : []
  })
  if (dataPoints.length === 0) return null
  const { description, unit } = record
  return make(run, { type: 'gauge', name: record.name + Suffix, description, unit, dataPoints })
})

const summaryToSum = (what: 'sum' | 'count'): FunctionSpec =>
  only(
    ['datapoint'],
    define(
      `convert_summary_${what}_val_to_sum`,
      { StringAggTemp: 'literalString', Monotonic: 'literalBool', Suffix: 'literalString?' },
      ({ StringAggTemp, Monotonic, Suffix = `_${what}` }) => {
        const aggregationTemporality = temporality(StringAggTemp)
        return (run) => {
          const { record } = metricOf(run)
          if (record.type !== 'summary') return null
          return make(run, {
            type: 'sum',
            name: record.name + Suffix,
            description: record.description,
            unit: record.unit,
            aggregationTemporality,
            isMonotonic: Monotonic,
            dataPoints: record.dataPoints.map((point) => like(point, extracts[what](point, run)!)),
          })
        }
      },
    ),
  )

const quantilesToGauge = define(
  'convert_summary_quantile_val_to_gauge',
  { AttributeKey: 'literalString?', Suffix: 'literalString?' },
  ({ AttributeKey = 'quantile', Suffix = '.quantiles' }) =>
    (run) => {
      const { record } = metricOf(run)
      if (record.type !== 'summary') return null
      const { description, unit } = record
      const dataPoints = record.dataPoints.flatMap((point) =>
        point.quantileValues.map(({ quantile, value }) =>
          like(point, double(value), { [AttributeKey]: double(quantile) }),
        ),
      )
      return make(run, { type: 'gauge', name: record.name + Suffix, description, unit, dataPoints })
    },
)

const sumToGauge = define('convert_sum_to_gauge', {}, () => (run) => {
  const draft = draftOf(run)
  if (draft.record.type === 'sum') draft.set(['type'], 'gauge')
  return null
})

const gaugeToSum = define(
  'convert_gauge_to_sum',
  { StringAggTemp: 'literalString', Monotonic: 'literalBool' },
  ({ StringAggTemp, Monotonic }) => {
    const at = temporality(StringAggTemp)
    return (run) => {
      const draft = draftOf(run)
      if (draft.record.type !== 'gauge') return null
      draft.set(['type'], 'sum')
      draft.set(['aggregation_temporality'], at)
      draft.set(['is_monotonic'], Monotonic)
      return null
    }
  },
)

/** A metric as plain values, read field by field: what `copy_metric` copies. */
const copied = ({ record }: MetricAtHand): MetricInit => {
  const { name, description, unit, type, aggregationTemporality, isMonotonic, dataPoints } = record
  const points = dataPoints.map((point) => ({
    attributes: attributesOf(point),
    startTime: point.startTime,
    time: point.time,
    flags: point.flags,
    ...defined({
      value: point.value,
      count: point.count,
      sum: point.sum,
      min: point.min,
      max: point.max,
      scale: point.scale,
      zeroCount: point.zeroCount,
      zeroThreshold: point.zeroThreshold,
      positive: point.positive,
      negative: point.negative,
    }),
    ...(type === 'summary' ? { quantileValues: point.quantileValues } : {}),
    ...(type === 'histogram' ? { bucketCounts: point.bucketCounts, explicitBounds: point.explicitBounds } : {}),
    ...(type === 'summary'
      ? {}
      : {
          exemplars: point.exemplars.map((exemplar) => ({
            time: exemplar.time,
            spanId: exemplar.spanId,
            traceId: exemplar.traceId,
            filteredAttributes: (exemplar.get(['filtered_attributes']) ?? {}) as ValueMap,
            ...defined({ value: exemplar.value }),
          })),
        }),
  }))
  const own = {
    ...(type === 'gauge' || type === 'summary' ? {} : { aggregationTemporality }),
    ...(type === 'sum' ? { isMonotonic } : {}),
  }
  const metadata = (record.get(['metadata']) ?? {}) as ValueMap
  return { name, description, unit, metadata, type: type || 'gauge', ...own, dataPoints: points } as MetricInit
}

/** Without the members that are undefined. */
export const defined = <T extends object>(members: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: Exclude<T[K], undefined>
  }

const copyMetric = define(
  'copy_metric',
  { Name: 'string?', Description: 'string?', Unit: 'string?' },
  ({ Name, Description, Unit }) =>
    (run) =>
      make(run, {
        ...copied(metricOf(run)),
        ...defined({ name: Name?.get(run), description: Description?.get(run), unit: Unit?.get(run) }),
      } as MetricInit),
)

const scaled = (value: PointValue, factor: number): PointValue =>
  isInt(value) ? truncateToInt(Number(value) * factor) : double(toNumber(value) * factor)

const scalePoint = (run: Run, factor: number): void => {
  for (const point of draftOf(run).dataPoints) {
    const { item } = point
    if (item.value !== undefined) point.set(['value'], scaled(item.value, factor))
    for (const name of ['sum', 'min', 'max'] as const) {
      const value = item[name]
      if (value !== undefined) point.set([name], double(value * factor))
    }
    if (item.explicitBounds.length > 0)
      point.set(
        ['explicit_bounds'],
        item.explicitBounds.map((bound) => double(bound * factor)),
      )
    item.quantileValues.forEach(({ value }, i) => point.set(['quantile_values', i, 'value'], double(value * factor)))
    if (metricOf(run).record.type !== 'histogram') continue
    item.exemplars.forEach(({ value }, i) => {
      if (value !== undefined) point.set(['exemplars', i, 'value'], scaled(value, factor))
    })
  }
}

const scaleMetric = define(
  'scale_metric',
  { Multiplier: 'literalFloat', Unit: 'string?' },
  ({ Multiplier, Unit }) =>
    (run) => {
      const { type } = metricOf(run).record
      if (type === 'exponential_histogram' || type === '')
        throw new Failure(
          `scale_metric cannot scale ${type === '' ? 'a metric without data' : 'an exponential histogram'}`,
        )
      const unit = Unit?.get(run)
      scalePoint(run, Multiplier)
      if (unit !== undefined) draftOf(run).set(['unit'], unit)
      return null
    },
)

/** The first data point that has the attribute decides. */
const onPoint = (run: Run, key: string, expected: string | undefined): boolean => {
  for (const point of metricOf(run).record.dataPoints) {
    const value = point.attributes.get(key)
    if (value !== undefined) return expected === undefined || (typeof value === 'string' ? value : '') === expected
  }
  return false
}

const hasKey = define(
  'HasAttrKeyOnDatapoint',
  { Key: 'literalString' },
  ({ Key }): Get =>
    (run) =>
      onPoint(run, Key, undefined),
)
const hasAttribute = define(
  'HasAttrOnDatapoint',
  { Key: 'literalString', ExpectedVal: 'literalString' },
  ({ Key, ExpectedVal }): Get =>
    (run) =>
      onPoint(run, Key, ExpectedVal),
)

export const metricFunctions: readonly FunctionSpec[] = [
  extract('sum'),
  extract('count'),
  summaryToSum('sum'),
  summaryToSum('count'),
  ...[extractAverage, quantilesToGauge, sumToGauge, gaugeToSum, copyMetric, scaleMetric, hasKey, hasAttribute].map(
    (spec) => only(['metric'], spec),
  ),
]
