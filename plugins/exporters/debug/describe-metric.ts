/** A metric in words: one line, or all there is. */
import type { DataPoint, MetricRecord } from 'seneca-collector'
import { field, map, oneLine, shown, time } from './describe.ts'

const temporalities = ['', 'delta', 'cumulative']
/** A line shows so many of the points. */
const POINTS_SHOWN = 5

const numberOf = (name: string, value: number | bigint | undefined): string[] =>
  value === undefined ? [] : [`${name}=${value}`]

const valueOf = (point: DataPoint): string =>
  point.value === undefined
    ? [
        ...numberOf('count', point.count),
        ...numberOf('sum', point.sum),
        ...numberOf('min', point.min),
        ...numberOf('max', point.max),
      ].join(' ') || 'no value'
    : String(point.value)

const labelsOf = (point: DataPoint): string => {
  const labels = [...point.attributes].map(([key, value]) => `${key}=${oneLine(shown(value))}`)
  return labels.length === 0 ? '' : `{${labels.join(',')}}`
}

const kindOf = (metric: MetricRecord): string =>
  [temporalities[metric.aggregationTemporality], metric.isMonotonic ? 'monotonic' : '', metric.type || 'empty']
    .filter(Boolean)
    .join(' ')

/** `http.requests delta monotonic sum {method=GET} 12`. */
export const metricInOneLine = (metric: MetricRecord): string => {
  const points = metric.dataPoints
  const shownPoints = points.slice(0, POINTS_SHOWN).map((point) => `${labelsOf(point)} ${valueOf(point)}`.trim())
  const more = points.length > POINTS_SHOWN ? [`and ${points.length - POINTS_SHOWN} more`] : []
  return oneLine([metric.name || '-', kindOf(metric), [...shownPoints, ...more].join(', ')].filter(Boolean).join(' '))
}

const pointInFull = (point: DataPoint): string[] => [
  `  point at ${time(point.time)}: ${valueOf(point)}`,
  ...(point.bucketCounts.length > 0
    ? [`    buckets: ${point.bucketCounts.join(' ')} (bounds ${point.explicitBounds.join(' ')})`]
    : []),
  ...(point.scale === undefined
    ? []
    : [
        `    scale ${point.scale}, zero ${point.zeroCount ?? 0}, positive ${point.positive?.bucketCounts.join(' ') ?? '-'}, negative ${point.negative?.bucketCounts.join(' ') ?? '-'}`,
      ]),
  ...point.quantileValues.map(({ quantile, value }) => `    quantile ${quantile}: ${value}`),
  ...map('attributes', point.attributes).map((line) => `  ${line}`),
]

export const metricInFull = (metric: MetricRecord, index: number): string =>
  [
    `metric #${index}`,
    ...field('name', metric.name),
    ...field('description', metric.description),
    ...field('unit', metric.unit),
    ...field('type', kindOf(metric)),
    ...metric.dataPoints.flatMap(pointInFull),
    ...map('resource', metric.resource.attributes),
    ...field('scope', [metric.scope.name, metric.scope.version].filter(Boolean).join(' ')),
  ].join('\n')
