/** What makes two points of one series: who speaks, the metric, and the point's attributes in any order. */
import { valueToJson } from 'seneca-collector'
import type { Attributes, DataPoint, MetricRecord } from 'seneca-collector'

const textOf = (attributes: Attributes): string =>
  Array.from(attributes, ([key, value]) => `${JSON.stringify(key)}:${valueToJson(value)}`)
    .toSorted()
    .join(',')

/** The part that all points of a metric share. */
export const metricKey = ({ resource, scope, name, unit, type }: MetricRecord): string =>
  JSON.stringify([textOf(resource.attributes), scope.name, scope.version, textOf(scope.attributes), name, unit, type])

/** An int64 and a double are series of their own, as in the OpenTelemetry Collector. */
export const pointKey = (metric: string, { attributes, value }: DataPoint): string => {
  const isDouble = value !== undefined && typeof value !== 'bigint' && !Number.isInteger(value)
  return `${metric}${isDouble ? 'd' : ''}${textOf(attributes)}`
}
