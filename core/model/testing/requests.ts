/** Random OTLP requests of spans and metrics as protobufjs takes them, and what it says of bytes. */
import fc from 'fast-check'
import type protobuf from 'protobufjs'
import { keys, text } from './arbitraries.ts'

type Json = Record<string, unknown>

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
const time = fc.oneof(fc.constant('0'), fc.constant('1795455813130000000'), uint64)
const count = fc.oneof(fc.nat(1000).map(String), uint64)
const int64 = fc.oneof(fc.integer().map(String), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String))
const double = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity))
const uint32 = fc.oneof(fc.constant(0), fc.nat(2 ** 32 - 1))
const int32 = fc.oneof(fc.nat(5), fc.integer())
const id = (bytes: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.constant(new Uint8Array(0)),
    // All zeros is no id, and is not told from none.
    fc.uint8Array({ minLength: bytes, maxLength: bytes }).filter((all) => all.some((byte) => byte !== 0)),
  )

/** JavaScript puts keys that look like an index first; the order of a map says nothing. */
const mapKeys = keys.filter((key) => key !== '0')

const anyValue: fc.Arbitrary<Json> = fc.letrec<{ value: Json; entries: Json[] }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant({}),
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64 }),
    fc.record({ doubleValue: double }),
    fc.record({ bytesValue: fc.uint8Array({ maxLength: 4 }) }),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    tie('entries').map((values) => ({ kvlistValue: { values } })),
  ),
  entries: fc
    .uniqueArray(fc.record({ key: fc.constantFrom(...mapKeys), value: tie('value') }), {
      maxLength: 3,
      selector: (entry) => entry.key,
    })
    .map((entries) => entries as Json[]),
})).value

/** With duplicates now and then. */
const attributes = fc.array(fc.record({ key: fc.constantFrom(...keys), value: anyValue }), { maxLength: 4 })

const some = (members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> =>
  fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Json>

const event = some({ timeUnixNano: time, name: text, attributes, droppedAttributesCount: uint32 })
const link = some({
  traceId: id(16),
  spanId: id(8),
  traceState: text,
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
})

const span = some({
  traceId: id(16),
  spanId: id(8),
  traceState: text,
  parentSpanId: id(8),
  name: text,
  kind: int32,
  startTimeUnixNano: time,
  endTimeUnixNano: time,
  attributes,
  droppedAttributesCount: uint32,
  events: fc.array(event, { maxLength: 3 }),
  droppedEventsCount: uint32,
  links: fc.array(link, { maxLength: 2 }),
  droppedLinksCount: uint32,
  status: some({ message: text, code: int32 }),
  flags: uint32,
})

const either = (first: fc.Arbitrary<Json>, second: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof(fc.constant({}), first, second)
const value = either(fc.record({ asDouble: double }), fc.record({ asInt: int64 }))
const joined = (...parts: readonly fc.Arbitrary<Json>[]): fc.Arbitrary<Json> =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as Json)

const exemplar = joined(
  some({ filteredAttributes: attributes, timeUnixNano: time, spanId: id(8), traceId: id(16) }),
  value,
)
const exemplars = fc.array(exemplar, { maxLength: 2 })
const pointBase = { attributes, startTimeUnixNano: time, timeUnixNano: time, flags: uint32 }
const buckets = some({ offset: fc.integer(), bucketCounts: fc.array(count, { maxLength: 4 }) })
const points = (one: fc.Arbitrary<Json>): fc.Arbitrary<Json[]> => fc.array(one, { maxLength: 4 })

const numberPoint = joined(some({ ...pointBase, exemplars }), value)
const histogramPoint = some({
  ...pointBase,
  exemplars,
  count,
  sum: double,
  min: double,
  max: double,
  bucketCounts: fc.array(count, { maxLength: 4 }),
  explicitBounds: fc.array(double, { maxLength: 3 }),
})
const exponentialPoint = some({
  ...pointBase,
  exemplars,
  count,
  sum: double,
  min: double,
  max: double,
  scale: fc.integer(),
  zeroCount: count,
  zeroThreshold: double,
  positive: buckets,
  negative: buckets,
})
const summaryPoint = some({
  ...pointBase,
  count,
  sum: double,
  quantileValues: fc.array(some({ quantile: double, value: double }), { maxLength: 3 }),
})

const temporality = { aggregationTemporality: int32 }
const data = fc.oneof(
  fc.constant({}),
  fc.record({ gauge: some({ dataPoints: points(numberPoint) }) }),
  fc.record({ sum: some({ dataPoints: points(numberPoint), ...temporality, isMonotonic: fc.boolean() }) }),
  fc.record({ histogram: some({ dataPoints: points(histogramPoint), ...temporality }) }),
  fc.record({ exponentialHistogram: some({ dataPoints: points(exponentialPoint), ...temporality }) }),
  fc.record({ summary: some({ dataPoints: points(summaryPoint) }) }),
) as fc.Arbitrary<Json>

const metric = joined(some({ name: text, description: text, unit: text, metadata: attributes }), data)

const request = (x: string, records: string, record: fc.Arbitrary<Json>): fc.Arbitrary<Json> => {
  const scope = some({
    scope: some({ name: text, version: text, attributes, droppedAttributesCount: uint32 }),
    [records]: fc.array(record, { maxLength: 3 }),
    schemaUrl: text,
  })
  const resource = some({
    resource: some({ attributes, droppedAttributesCount: uint32 }),
    [`scope${x}`]: fc.array(scope, { maxLength: 2 }),
    schemaUrl: text,
  })
  return fc.record({ [`resource${x}`]: fc.array(resource, { maxLength: 2 }) })
}

export const spanRequest = request('Spans', 'spans', span)
export const metricRequest = request('Metrics', 'metrics', metric)

export const encodeWith = (type: protobuf.Type, message: object): Buffer =>
  Buffer.from(type.encode(type.fromObject(message)).finish())

/** What protobufjs reads, with every default told, so that an explicit zero is none. */
export const readWith = (type: protobuf.Type, bytes: Uint8Array): Json =>
  type.toObject(type.decode(bytes), { longs: String, bytes: String, defaults: true, arrays: true }) as Json
