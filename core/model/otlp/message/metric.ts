/** Metrics: opentelemetry.proto.metrics.v1. A metric holds its points in one of five messages, its data. */
import { describe, field, Kind, numeric, packed } from './describe.ts'
import type { Message, MessageField } from './describe.ts'

const temporalities = ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'].map((name) => `AGGREGATION_TEMPORALITY_${name}`)

const exemplar = describe('an exemplar', [
  field(2, 'time_unix_nano', Kind.time),
  numeric(3, 6),
  field(4, 'span_id', Kind.spanId),
  field(5, 'trace_id', Kind.traceId),
  field(7, 'filtered_attributes', Kind.entries),
])

const buckets = describe('buckets', [field(1, 'offset', Kind.sint32), packed(2, 'bucket_counts', Kind.counts)])

const quantile = describe('a quantile value', [field(1, 'quantile', Kind.double), field(2, 'value', Kind.double)])

const times: readonly MessageField[] = [
  field(2, 'start_time_unix_nano', Kind.time),
  field(3, 'time_unix_nano', Kind.time),
]

const pointFields: Readonly<Record<'number' | 'histogram' | 'exponential' | 'summary', readonly MessageField[]>> = {
  number: [
    ...times,
    numeric(4, 6),
    field(5, 'exemplars', Kind.messages, { message: exemplar }),
    field(7, 'attributes', Kind.entries),
    field(8, 'flags', Kind.uint32),
  ],
  histogram: [
    ...times,
    field(4, 'count', Kind.count),
    field(5, 'sum', Kind.optionalDouble),
    packed(6, 'bucket_counts', Kind.fixedCounts),
    packed(7, 'explicit_bounds', Kind.doubles),
    field(8, 'exemplars', Kind.messages, { message: exemplar }),
    field(9, 'attributes', Kind.entries),
    field(10, 'flags', Kind.uint32),
    field(11, 'min', Kind.optionalDouble),
    field(12, 'max', Kind.optionalDouble),
  ],
  exponential: [
    field(1, 'attributes', Kind.entries),
    ...times,
    field(4, 'count', Kind.count),
    field(5, 'sum', Kind.optionalDouble),
    field(6, 'scale', Kind.sint32),
    field(7, 'zero_count', Kind.count),
    field(8, 'positive', Kind.message, { message: buckets }),
    field(9, 'negative', Kind.message, { message: buckets }),
    field(10, 'flags', Kind.uint32),
    field(11, 'exemplars', Kind.messages, { message: exemplar }),
    field(12, 'min', Kind.optionalDouble),
    field(13, 'max', Kind.optionalDouble),
    field(14, 'zero_threshold', Kind.double),
  ],
  summary: [
    ...times,
    field(4, 'count', Kind.count),
    field(5, 'sum', Kind.double),
    field(6, 'quantile_values', Kind.messages, { message: quantile }),
    field(7, 'attributes', Kind.entries),
    field(8, 'flags', Kind.uint32),
  ],
}

const pointNames = Object.values(pointFields).flatMap((fields) => fields.map(({ name }) => name))
const points = (of: keyof typeof pointFields, name: string): MessageField =>
  field(1, 'data_points', Kind.messages, { message: describe(name, pointFields[of], pointNames) })

const temporality = field(2, 'aggregation_temporality', Kind.enum, { names: temporalities })
const dataNames = ['data_points', 'aggregation_temporality', 'is_monotonic']
const data = (number: number, name: string, text: string, fields: readonly MessageField[]): MessageField =>
  field(number, name, Kind.message, { message: describe(text, fields, dataNames), isChoice: true })

export const metric = describe(
  'a metric',
  [
    field(1, 'name', Kind.text),
    field(2, 'description', Kind.text),
    field(3, 'unit', Kind.text),
    data(5, 'gauge', 'a gauge', [points('number', 'a gauge point')]),
    data(7, 'sum', 'a sum', [points('number', 'a sum point'), temporality, field(3, 'is_monotonic', Kind.bool)]),
    data(9, 'histogram', 'a histogram', [points('histogram', 'a histogram point'), temporality]),
    data(10, 'exponential_histogram', 'an exponential histogram', [
      points('exponential', 'an exponential histogram point'),
      temporality,
    ]),
    data(11, 'summary', 'a summary', [points('summary', 'a summary point')]),
    field(12, 'metadata', Kind.entries),
  ],
  [...dataNames, 'type'],
)

/** The data field of each type. */
export const dataFields: ReadonlyMap<string, MessageField> = new Map(metric.choices.map((one) => [one.name, one]))

export const pointsField = (dataMessage: Message): MessageField => dataMessage.byName.get('data_points')!
