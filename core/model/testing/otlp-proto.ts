/** The OTLP messages as protobufjs wants them, shaped as the official .proto files: the oracle of the protobuf layout. */
import protobuf from 'protobufjs'

type Rule = 'repeated' | 'optional' | 'packed' | 'unpacked'

const field = (type: string, id: number, rule?: Rule): protobuf.IField => {
  if (rule === undefined) return { type, id }
  if (rule === 'optional') return { type, id, options: { proto3_optional: true } }
  if (rule === 'repeated') return { type, id, rule }
  return { type, id, rule: 'repeated', options: { packed: rule === 'packed' } }
}

const common: Record<string, protobuf.IType> = {
  Resource: { fields: { attributes: field('KeyValue', 1, 'repeated'), droppedAttributesCount: field('uint32', 2) } },
  Scope: {
    fields: {
      name: field('string', 1),
      version: field('string', 2),
      attributes: field('KeyValue', 3, 'repeated'),
      droppedAttributesCount: field('uint32', 4),
    },
  },
  AnyValue: {
    oneofs: {
      value: {
        oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'],
      },
    },
    fields: {
      stringValue: field('string', 1),
      boolValue: field('bool', 2),
      intValue: field('int64', 3),
      doubleValue: field('double', 4),
      arrayValue: field('ArrayValue', 5),
      kvlistValue: field('KeyValueList', 6),
      bytesValue: field('bytes', 7),
    },
  },
  ArrayValue: { fields: { values: field('AnyValue', 1, 'repeated') } },
  KeyValueList: { fields: { values: field('KeyValue', 1, 'repeated') } },
  KeyValue: { fields: { key: field('string', 1), value: field('AnyValue', 2) } },
}

/** ExportXServiceRequest { 1: ResourceX* }, and what stands around the records. */
const around = (x: string, record: string, records: string): Record<string, protobuf.IType> => ({
  Request: { fields: { [`resource${x}`]: field(`Resource${x}`, 1, 'repeated') } },
  [`Resource${x}`]: {
    fields: {
      resource: field('Resource', 1),
      [`scope${x}`]: field(`Scope${x}`, 2, 'repeated'),
      schemaUrl: field('string', 3),
    },
  },
  [`Scope${x}`]: {
    fields: { scope: field('Scope', 1), [records]: field(record, 2, 'repeated'), schemaUrl: field('string', 3) },
  },
})

const log: protobuf.IType = {
  fields: {
    timeUnixNano: field('fixed64', 1),
    severityNumber: field('int32', 2),
    severityText: field('string', 3),
    body: field('AnyValue', 5),
    attributes: field('KeyValue', 6, 'repeated'),
    droppedAttributesCount: field('uint32', 7),
    flags: field('fixed32', 8),
    traceId: field('bytes', 9),
    spanId: field('bytes', 10),
    observedTimeUnixNano: field('fixed64', 11),
    eventName: field('string', 12),
  },
}

const traces: Record<string, protobuf.IType> = {
  Span: {
    fields: {
      traceId: field('bytes', 1),
      spanId: field('bytes', 2),
      traceState: field('string', 3),
      parentSpanId: field('bytes', 4),
      name: field('string', 5),
      kind: field('int32', 6),
      startTimeUnixNano: field('fixed64', 7),
      endTimeUnixNano: field('fixed64', 8),
      attributes: field('KeyValue', 9, 'repeated'),
      droppedAttributesCount: field('uint32', 10),
      events: field('Event', 11, 'repeated'),
      droppedEventsCount: field('uint32', 12),
      links: field('Link', 13, 'repeated'),
      droppedLinksCount: field('uint32', 14),
      status: field('Status', 15),
      flags: field('fixed32', 16),
    },
  },
  Event: {
    fields: {
      timeUnixNano: field('fixed64', 1),
      name: field('string', 2),
      attributes: field('KeyValue', 3, 'repeated'),
      droppedAttributesCount: field('uint32', 4),
    },
  },
  Link: {
    fields: {
      traceId: field('bytes', 1),
      spanId: field('bytes', 2),
      traceState: field('string', 3),
      attributes: field('KeyValue', 4, 'repeated'),
      droppedAttributesCount: field('uint32', 5),
      flags: field('fixed32', 6),
    },
  },
  Status: { fields: { message: field('string', 2), code: field('int32', 3) } },
}

const times = { startTimeUnixNano: field('fixed64', 2), timeUnixNano: field('fixed64', 3) }
const numbers = { value: { oneof: ['asDouble', 'asInt'] } }

/** `rule`: how repeated numbers stand on the wire. */
const metrics = (rule: 'packed' | 'unpacked'): Record<string, protobuf.IType> => ({
  Metric: {
    oneofs: { data: { oneof: ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] } },
    fields: {
      name: field('string', 1),
      description: field('string', 2),
      unit: field('string', 3),
      gauge: field('Gauge', 5),
      sum: field('Sum', 7),
      histogram: field('Histogram', 9),
      exponentialHistogram: field('ExponentialHistogram', 10),
      summary: field('Summary', 11),
      metadata: field('KeyValue', 12, 'repeated'),
    },
  },
  Gauge: { fields: { dataPoints: field('NumberDataPoint', 1, 'repeated') } },
  Sum: {
    fields: {
      dataPoints: field('NumberDataPoint', 1, 'repeated'),
      aggregationTemporality: field('int32', 2),
      isMonotonic: field('bool', 3),
    },
  },
  Histogram: {
    fields: { dataPoints: field('HistogramDataPoint', 1, 'repeated'), aggregationTemporality: field('int32', 2) },
  },
  ExponentialHistogram: {
    fields: {
      dataPoints: field('ExponentialHistogramDataPoint', 1, 'repeated'),
      aggregationTemporality: field('int32', 2),
    },
  },
  Summary: { fields: { dataPoints: field('SummaryDataPoint', 1, 'repeated') } },
  ...points(rule),
})

const points = (rule: 'packed' | 'unpacked'): Record<string, protobuf.IType> => ({
  NumberDataPoint: {
    oneofs: numbers,
    fields: {
      ...times,
      attributes: field('KeyValue', 7, 'repeated'),
      asDouble: field('double', 4),
      asInt: field('sfixed64', 6),
      exemplars: field('Exemplar', 5, 'repeated'),
      flags: field('uint32', 8),
    },
  },
  HistogramDataPoint: {
    oneofs: { _sum: { oneof: ['sum'] }, _min: { oneof: ['min'] }, _max: { oneof: ['max'] } },
    fields: {
      ...times,
      attributes: field('KeyValue', 9, 'repeated'),
      count: field('fixed64', 4),
      sum: field('double', 5, 'optional'),
      bucketCounts: field('fixed64', 6, rule),
      explicitBounds: field('double', 7, rule),
      exemplars: field('Exemplar', 8, 'repeated'),
      flags: field('uint32', 10),
      min: field('double', 11, 'optional'),
      max: field('double', 12, 'optional'),
    },
  },
  ExponentialHistogramDataPoint: {
    oneofs: { _sum: { oneof: ['sum'] }, _min: { oneof: ['min'] }, _max: { oneof: ['max'] } },
    fields: {
      ...times,
      attributes: field('KeyValue', 1, 'repeated'),
      count: field('fixed64', 4),
      sum: field('double', 5, 'optional'),
      scale: field('sint32', 6),
      zeroCount: field('fixed64', 7),
      positive: field('Buckets', 8),
      negative: field('Buckets', 9),
      flags: field('uint32', 10),
      exemplars: field('Exemplar', 11, 'repeated'),
      min: field('double', 12, 'optional'),
      max: field('double', 13, 'optional'),
      zeroThreshold: field('double', 14),
    },
  },
  Buckets: { fields: { offset: field('sint32', 1), bucketCounts: field('uint64', 2, rule) } },
  SummaryDataPoint: {
    fields: {
      ...times,
      attributes: field('KeyValue', 7, 'repeated'),
      count: field('fixed64', 4),
      sum: field('double', 5),
      quantileValues: field('ValueAtQuantile', 6, 'repeated'),
      flags: field('uint32', 8),
    },
  },
  ValueAtQuantile: { fields: { quantile: field('double', 1), value: field('double', 2) } },
  Exemplar: {
    oneofs: numbers,
    fields: {
      filteredAttributes: field('KeyValue', 7, 'repeated'),
      timeUnixNano: field('fixed64', 2),
      asDouble: field('double', 3),
      asInt: field('sfixed64', 6),
      spanId: field('bytes', 4),
      traceId: field('bytes', 5),
    },
  },
})

const requestOf = (messages: Record<string, protobuf.IType>): protobuf.Type =>
  protobuf.Root.fromJSON({ nested: { ...common, ...messages } }).lookupType('Request')

/** ExportLogsServiceRequest. */
export const requestType = requestOf({ ...around('Logs', 'LogRecord', 'logRecords'), LogRecord: log })
/** ExportTraceServiceRequest. */
export const tracesType = requestOf({ ...around('Spans', 'Span', 'spans'), ...traces })
/** ExportMetricsServiceRequest, its repeated numbers packed, as they should be, and not, as old writers have them. */
export const metricsTypes = {
  packed: requestOf({ ...around('Metrics', 'Metric', 'metrics'), ...metrics('packed') }),
  unpacked: requestOf({ ...around('Metrics', 'Metric', 'metrics'), ...metrics('unpacked') }),
}
