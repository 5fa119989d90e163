import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CollectorError } from '../../errors.ts'
import { concat, decode } from '../../index.ts'
import { bytesOf } from '../../testing/arbitraries.ts'
import { metricsTypes, tracesType } from '../../testing/otlp-proto.ts'
import { encodeWith, metricRequest, spanRequest } from '../../testing/requests.ts'
import type { Batch, DataPoint, MetricRecord, SpanRecord, Value } from '../../types.ts'
import { Double } from '../../double.ts'
import { base64, entriesOf, flat, type Json, type MessageSignal as Signal } from '../../testing/said.ts'

const RUNS = 150

const cases = fc.oneof(
  spanRequest.map((message) => ({ signal: 'traces' as Signal, bytes: encodeWith(tracesType, message) })),
  metricRequest.map((message) => ({ signal: 'metrics' as Signal, bytes: encodeWith(metricsTypes.packed, message) })),
  metricRequest.map((message) => ({ signal: 'metrics' as Signal, bytes: encodeWith(metricsTypes.unpacked, message) })),
)

const read = (signal: Signal, bytes: Uint8Array): Batch<Signal> => decode(signal, 'otlp_proto', bytes)
const proto = (batch: Batch): Buffer => bytesOf(batch.encode('otlp_proto'))

const spanSays = (span: SpanRecord): Json => ({
  traceId: base64(span.traceId),
  spanId: base64(span.spanId),
  traceState: span.traceState,
  parentSpanId: base64(span.parentSpanId),
  name: span.name,
  kind: span.kind,
  startTimeUnixNano: String(span.startTime),
  endTimeUnixNano: String(span.endTime),
  attributes: entriesOf(span.attributes),
  droppedAttributesCount: span.droppedAttributesCount,
  events: span.events.map((event) => ({
    timeUnixNano: String(event.time),
    name: event.name,
    attributes: entriesOf(event.attributes),
    droppedAttributesCount: event.droppedAttributesCount,
  })),
  droppedEventsCount: span.droppedEventsCount,
  links: span.links.map((link) => ({
    traceId: base64(link.traceId),
    spanId: base64(link.spanId),
    traceState: link.traceState,
    attributes: entriesOf(link.attributes),
    droppedAttributesCount: link.droppedAttributesCount,
    flags: link.flags,
  })),
  droppedLinksCount: span.droppedLinksCount,
  flags: span.flags,
})

const numberSays = (value: Value | undefined): Json =>
  value === undefined
    ? {}
    : value instanceof Double || !Number.isInteger(Number(value))
      ? { asDouble: Number(value) }
      : { asInt: String(value as number | bigint) }

const given = (members: Json): Json =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

const pointSays = (point: DataPoint, type: string): Json => {
  const base = {
    attributes: entriesOf(point.attributes),
    startTimeUnixNano: String(point.startTime),
    timeUnixNano: String(point.time),
    flags: point.flags,
  }
  const exemplars = point.exemplars.map((exemplar) => ({
    filteredAttributes: entriesOf(exemplar.filteredAttributes),
    timeUnixNano: String(exemplar.time),
    spanId: base64(exemplar.spanId),
    traceId: base64(exemplar.traceId),
    ...numberSays(exemplar.value),
  }))
  const buckets = (one: DataPoint['positive']): Json | null =>
    one ? { offset: one.offset, bucketCounts: one.bucketCounts.map(String) } : null
  const { sum, min, max } = point
  const counted = { ...base, count: String(point.count), ...given({ sum, min, max }) }
  switch (type) {
    case 'histogram':
      return {
        ...counted,
        exemplars,
        bucketCounts: point.bucketCounts.map(String),
        explicitBounds: [...point.explicitBounds],
      }
    case 'exponentialHistogram':
      return {
        ...counted,
        exemplars,
        scale: point.scale,
        zeroCount: String(point.zeroCount),
        zeroThreshold: point.zeroThreshold,
        positive: buckets(point.positive),
        negative: buckets(point.negative),
      }
    case 'summary':
      return { ...counted, quantileValues: point.quantileValues.map((one) => ({ ...one })) }
    default:
      return { ...base, exemplars, ...numberSays(point.value) }
  }
}

const metricSays = (metric: MetricRecord): Json => {
  const type = metric.type === 'exponential_histogram' ? 'exponentialHistogram' : metric.type
  const data: Json = { dataPoints: metric.dataPoints.map((point) => pointSays(point, type)) }
  if (['sum', 'histogram', 'exponentialHistogram'].includes(type))
    data['aggregationTemporality'] = metric.aggregationTemporality
  if (type === 'sum') data['isMonotonic'] = metric.isMonotonic
  return {
    name: metric.name,
    description: metric.description,
    unit: metric.unit,
    metadata: entriesOf(metric.metadata),
    ...(type === '' ? {} : { [type]: data }),
  }
}

describe('spans and metrics in protobuf', () => {
  it('say through their views what protobufjs reads', () => {
    fc.assert(
      fc.property(cases, ({ signal, bytes }) => {
        const batch = read(signal, bytes)
        const expected = flat(signal, bytes)
        expect(batch.count).toBe(expected.length)
        for (const [i, { record, resource, resourceUrl, scope, scopeUrl }] of expected.entries()) {
          const seen = batch.at(i)
          if (signal === 'metrics') expect(metricSays(seen as MetricRecord)).toEqual(record)
          else {
            const { status, ...rest } = record as Json & { status: Json | null }
            expect(spanSays(seen as SpanRecord)).toEqual(rest)
            expect({ ...(seen as SpanRecord).status }).toEqual(status ?? { code: 0, message: '' })
          }
          expect(entriesOf(seen.resource.attributes)).toEqual((resource as Json)['attributes'])
          expect(seen.get(['resource', 'dropped_attributes_count'])).toBe((resource as Json)['droppedAttributesCount'])
          expect([seen.resource.schemaUrl, seen.scope.schemaUrl]).toEqual([resourceUrl, scopeUrl])
          const { name, version } = scope as { name: string; version: string }
          expect([seen.scope.name, seen.scope.version]).toEqual([name, version])
          expect(entriesOf(seen.scope.attributes)).toEqual((scope as Json)['attributes'])
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('are handed on as the very same bytes when nobody touched them, and joined by concatenation', () => {
    fc.assert(
      fc.property(cases, cases, (a, b) => {
        const first = read(a.signal, a.bytes)
        if (first.count > 0) expect(proto(first).equals(a.bytes)).toBe(true)
        if (a.signal !== b.signal) return
        const joined = concat([first, read(b.signal, b.bytes)])
        expect(flat(a.signal, proto(joined))).toEqual([...flat(a.signal, a.bytes), ...flat(b.signal, b.bytes)])
        const same = joined.edit(() => {})
        expect(same).toBe(joined)
        const some = joined.filter((_, i) => i % 2 === 0)
        expect(flat(a.signal, proto(some))).toEqual(flat(a.signal, proto(joined)).filter((_, i) => i % 2 === 0))
        expect(flat(a.signal, proto(joined.slice(1, 3)))).toEqual(flat(a.signal, proto(joined)).slice(1, 3))
      }),
      { numRuns: RUNS },
    )
  })

  it('count points as they stand in the bytes', () => {
    fc.assert(
      fc.property(cases, ({ signal, bytes }) => {
        const batch = read(signal, bytes)
        const points =
          signal === 'traces'
            ? batch.count
            : Array.from(batch as Batch<'metrics'>, (metric) => metric.dataPoints.length).reduce((sum, n) => sum + n, 0)
        expect(batch.points).toBe(points)
        expect(batch.slice(0, 1).points + batch.slice(1).points).toBe(points)
      }),
      { numRuns: RUNS },
    )
  })

  it('say the same as OTLP/JSON, both ways', () => {
    fc.assert(
      fc.property(cases, ({ signal, bytes }) => {
        const json = bytesOf(read(signal, bytes).encode('otlp_json'))
        const back = decode(signal, 'otlp_json', json)
        expect(flat(signal, proto(back))).toEqual(flat(signal, bytes))
        if (back.count > 0)
          expect(JSON.parse(bytesOf(back.encode('otlp_json')).toString())).toEqual(JSON.parse(json.toString()))
      }),
      { numRuns: RUNS },
    )
  })

  it('come back from storage with their places', () => {
    fc.assert(
      fc.property(cases, ({ signal, bytes }) => {
        const batch = decode(signal, 'otlp_proto', bytes, { origin: { key: 'feed', offset: 7 } })
        const odd = batch.filter((_, i) => i % 2 === 0)
        if (odd.count === 0) return
        const back = decode(signal, 'stored', bytesOf(odd.encode('stored')))
        expect(flat(signal, proto(back))).toEqual(flat(signal, proto(odd)))
        expect(Array.from(back, ({ origin }) => origin)).toEqual(Array.from(odd, ({ origin }) => origin))
        const other = signal === 'metrics' ? 'traces' : 'metrics'
        expect(() => decode(other, 'stored', bytesOf(odd.encode('stored')))).toThrow(`holds ${signal}, not ${other}`)
      }),
      { numRuns: RUNS },
    )
  })
})

/** Everything that can be read, so that nothing in it can be broken unseen. */
const readAll = (signal: Signal, batch: Batch<Signal>): void => {
  for (const record of batch) {
    if (signal === 'metrics') metricSays(record as MetricRecord)
    else spanSays(record as SpanRecord)
    record.get(['resource'])
    record.get(['scope'])
  }
  batch.encode('otlp_json')
}

describe('broken spans and metrics', () => {
  it('are refused with the offset, and nothing crashes or hangs on any', () => {
    const broken = fc.tuple(
      cases.filter(({ bytes }) => bytes.length > 0),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
      fc.oneof(fc.constant(0), fc.nat()),
    )
    let [taken, refused] = [0, 0]
    fc.assert(
      fc.property(broken, ([{ signal, bytes: whole }, changes, cut]) => {
        const bytes = Buffer.from(whole)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        try {
          const batch = read(signal, bytes.subarray(0, bytes.length - (cut % bytes.length)))
          readAll(signal, batch)
          const edited = batch.edit((draft) => {
            draft.set(['name'], 'x')
            draft.set(['resource', 'attributes', 'x'], 1)
          })
          readAll(signal, read(signal, proto(edited)))
          taken++
        } catch (error) {
          expect(error).toBeInstanceOf(CollectorError)
          expect(error).toMatchObject({ code: 'invalid_data', message: expect.stringMatching(/at byte \d+/) as string })
          refused++
        }
      }),
      { numRuns: RUNS * 6, seed: 20_261_126, endOnFailure: true },
    )
    expect(Math.min(taken, refused)).toBeGreaterThan(RUNS / 2)
  })
})
