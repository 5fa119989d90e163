/**
 * Spans and metrics as the lines `tap` shows: envelopes of the types `otel.span` and `otel.metric`, a line per span and per
 * metric. They are for looking at; nothing reads them back.
 */
import { newMap, timeToText, valueToJson } from '../model/index.ts'
import type { Attributes, DataPoint, MetricRecord, Resource, SpanRecord, Value, ValueMap } from '../model/types.ts'

export const SPAN_TYPE = 'otel.span'
export const METRIC_TYPE = 'otel.metric'

/** A metric's line shows so many points. */
const POINTS_SHOWN = 5
const NANOS_PER_MS = 1e6

const codes = ['unset', 'ok', 'error']
const temporalities = ['unspecified', 'delta', 'cumulative']

const mapOf = (attributes: Attributes): ValueMap => {
  const map = newMap()
  for (const [key, value] of attributes) if (!Object.hasOwn(map, key)) map[key] = value
  return map
}

const line = (type: string, resource: Resource, time: bigint, data: Record<string, Value | undefined>): string => {
  const given = Object.entries(data).filter(([, value]) => value !== undefined && value !== '')
  const envelope: ValueMap = {
    type,
    source: resource.attributes.get('service.name') ?? '',
    ...(time === 0n ? {} : { timestamp: timeToText(time) }),
    data: Object.fromEntries(given) as ValueMap,
  }
  return `${valueToJson(envelope)}\n`
}

export const spanLine = (span: SpanRecord): string => {
  const { status, startTime, endTime } = span
  return line(SPAN_TYPE, span.resource, startTime, {
    name: span.name,
    duration_ms: endTime > startTime ? Number(endTime - startTime) / NANOS_PER_MS : undefined,
    status: codes[status.code] ?? status.code,
    message: status.message,
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId,
    attributes: mapOf(span.attributes),
  })
}

const pointOf = (point: DataPoint): ValueMap => {
  const { value, count, sum } = point
  const given = Object.entries({ value, count, sum }).filter(([, one]) => one !== undefined)
  return { ...(Object.fromEntries(given) as ValueMap), attributes: mapOf(point.attributes) }
}

export const metricLine = (metric: MetricRecord): string => {
  const points = metric.dataPoints
  return line(METRIC_TYPE, metric.resource, points.at(-1)?.time ?? 0n, {
    name: metric.name,
    kind: metric.type,
    unit: metric.unit,
    temporality: metric.aggregationTemporality === 0 ? undefined : temporalities[metric.aggregationTemporality],
    point_count: points.length,
    points: points.slice(0, POINTS_SHOWN).map(pointOf),
  })
}
