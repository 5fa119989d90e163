/** What makes two points of one series: who speaks, the metric, since when, and the point's attributes in any order. */
import { kindOf, valueToJson } from 'seneca-collector'
import type { Attributes, DataPoint, MetricRecord } from 'seneca-collector'

const textOf = (attributes: Attributes): string =>
  Array.from(attributes, ([key, value]) => `${JSON.stringify(key)}:${valueToJson(value)}`)
    .toSorted()
    .join(',')

/** The part that all points of a metric share. */
export const metricKey = ({ resource, scope, name, unit, type }: MetricRecord): string =>
  JSON.stringify([textOf(resource.attributes), scope.name, scope.version, textOf(scope.attributes), name, unit, type])

/**
 * As in the OpenTelemetry Collector: an int64 and a double are series of their own, and what began anew with a start time of
 * its own is another series.
 */
export const pointKey = (metric: string, { attributes, startTime, value }: DataPoint): string =>
  `${metric}${startTime}${value === undefined ? '' : kindOf(value)}${textOf(attributes)}`
