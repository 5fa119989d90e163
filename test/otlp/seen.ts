/** What an SDK's test data looks like once it is here: the fields that tell one record from another. */
import type { LogRecord, MetricRecord, SpanRecord } from '../../core/kit/index.ts'

export const seenLog = ({ body, eventName, severity, attributes, resource, scope }: LogRecord): unknown[] => [
  body,
  eventName,
  severity,
  attributes.get('n'),
  resource.attributes.get('service.name'),
  scope.name,
]

export const seenSpan = ({ name, kind, status, events, links, attributes, traceId }: SpanRecord): unknown => ({
  name,
  kind,
  status: [status.code, status.message],
  events: events.map((event) => [event.name, event.attributes.get('name')]),
  links: links.map((link) => link.attributes.get('why')),
  n: attributes.get('n'),
  traceId: traceId.length,
})

/** What the span `second` and its parent in time, `first`, are seen as. */
export const seenSpans: readonly unknown[] = [
  { name: 'second', kind: 3, status: [2, 'broken'], events: [['tool', 'x']], links: ['retry'], n: 1, traceId: 32 },
  { name: 'first', kind: 1, status: [0, ''], events: [], links: [], n: undefined, traceId: 32 },
]

export const seenMetric = ({ name, type, unit, dataPoints: [point] }: MetricRecord): unknown[] => [
  name,
  type,
  unit,
  Number(point?.value ?? point?.sum),
]

export const seenMetrics: readonly unknown[] = [
  ['calls', 'sum', '{calls}', 3],
  ['duration', 'histogram', 's', 0.25],
  ['load', 'gauge', '', 1.5],
]
