import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, metrics, spans } from '../../index.ts'
import { bytesOf, keys, text, valueArbitrary } from '../../testing/arbitraries.ts'
import { metricsTypes, tracesType } from '../../testing/otlp-proto.ts'
import { encodeWith, metricRequest, spanRequest } from '../../testing/requests.ts'
import { anyValue, entriesOf, flat, type Json } from '../../testing/said.ts'
import type { Batch, MetricDraft, SpanDraft, Value } from '../../types.ts'

const RUNS = 150

/** One edit twice: of a draft, and of the record as protobufjs read it. */
interface Edit<D> {
  readonly draft: (draft: D) => void
  readonly said: (record: Json, around: Json) => void
}

const put = (entries: unknown, key: string, value: Value): Json[] => {
  const list = entries as Json[]
  const at = list.findIndex((entry) => entry['key'] === key)
  const next = { key, value: anyValue(value) }
  if (at < 0) return [...list, next]
  return list.flatMap((entry, i) => (i === at ? [next] : entry['key'] === key ? [] : [entry]))
}
const without = (entries: unknown, key: string): Json[] => (entries as Json[]).filter((entry) => entry['key'] !== key)
const lists = (record: Json, name: string): Json[] => record[name] as Json[]

const key = fc.constantFrom(...keys)
const value = valueArbitrary()
const index = fc.nat(2)
const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

/** Edits that both signals have. */
const common = (field: 'attributes' | 'metadata') =>
  [
    fc.tuple(text).map(([name]) => ({
      draft: (d: SpanDraft & MetricDraft) => d.set(['name'], name),
      said: (r: Json) => void (r['name'] = name),
    })),
    fc.tuple(key, value).map(([k, v]) => ({
      draft: (d: SpanDraft & MetricDraft) => d.set([field, k], v),
      said: (r: Json) => void (r[field] = put(r[field], k, v)),
    })),
    key.map((k) => ({
      draft: (d: SpanDraft & MetricDraft) => d.delete([field, k]),
      said: (r: Json) => void (r[field] = without(r[field], k)),
    })),
    fc.tuple(key, value).map(([k, v]) => ({
      draft: (d: SpanDraft & MetricDraft) => d.set(['resource', 'attributes', k], v),
      said: (_: Json, around: Json) => {
        const resource = around['resource'] as Json
        around['resource'] = { ...resource, attributes: put(resource['attributes'], k, v) }
      },
    })),
    text.map((url) => ({
      draft: (d: SpanDraft & MetricDraft) => d.set(['resource', 'schema_url'], url),
      said: (_: Json, around: Json) => void (around['resourceUrl'] = url),
    })),
    text.map((version) => ({
      draft: (d: SpanDraft & MetricDraft) => d.set(['scope', 'version'], version),
      said: (_: Json, around: Json) => void (around['scope'] = { ...(around['scope'] as Json), version }),
    })),
  ] as const

const spanEdit: fc.Arbitrary<Edit<SpanDraft>> = fc.oneof(
  ...(common('attributes') as unknown as fc.Arbitrary<Edit<SpanDraft>>[]),
  fc.integer().map((kind) => ({
    draft: (d: SpanDraft) => d.set(['kind'], kind),
    said: (r: Json) => void (r['kind'] = kind),
  })),
  time.map((end) => ({
    draft: (d: SpanDraft) => d.set(['end_time_unix_nano'], end),
    said: (r: Json) => void (r['endTimeUnixNano'] = end.toString()),
  })),
  fc.tuple(index, key, value).map(([i, k, v]) => ({
    draft: (d: SpanDraft) => (d.record.events[i] ? d.set(['events', i, 'attributes', k], v) : undefined),
    said: (r: Json) => {
      const event = lists(r, 'events')[i]
      if (event) event['attributes'] = put(event['attributes'], k, v)
    },
  })),
  fc.tuple(index, key).map(([i, k]) => ({
    draft: (d: SpanDraft) => d.links[i]?.delete(['attributes', k]),
    said: (r: Json) => {
      const link = lists(r, 'links')[i]
      if (link) link['attributes'] = without(link['attributes'], k)
    },
  })),
  fc.tuple(index, fc.boolean()).map(([i, byPath]) => ({
    draft: (d: SpanDraft) => (byPath ? d.delete(['events', i]) : d.events[i]?.drop()),
    said: (r: Json) => void (r['events'] = lists(r, 'events').filter((_, at) => at !== i)),
  })),
  fc.tuple(index, text).map(([i, name]) => ({
    draft: (d: SpanDraft) => d.events[i]?.set(['name'], name),
    said: (r: Json) => {
      const event = lists(r, 'events')[i]
      if (event) event['name'] = name
    },
  })),
  fc.integer().map((code) => ({
    draft: (d: SpanDraft) => d.set(['status', 'code'], code),
    said: (r: Json) => void (r['status'] = { message: '', ...(r['status'] as Json | null), code }),
  })),
  fc.tuple(text, key, value).map(([state, k, v]) => ({
    draft: (d: SpanDraft) => d.set(['links'], [{ trace_state: state, attributes: { [k]: v } }]),
    said: (r: Json) => {
      const attributes = entriesOf(Object.entries({ [k]: v }))
      const link = { traceId: '', spanId: '', traceState: state, attributes, droppedAttributesCount: 0, flags: 0 }
      r['links'] = [link]
    },
  })),
)

const dataOf = (record: Json): Json | undefined =>
  ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].map((name) => record[name] as Json).find(Boolean)
const pointAt = (record: Json, i: number): Json | undefined =>
  (dataOf(record)?.['dataPoints'] as Json[] | undefined)?.[i]
const isNumber = (record: Json): boolean => Boolean(record['gauge'] ?? record['sum'])

const metricEdit: fc.Arbitrary<Edit<MetricDraft>> = fc.oneof(
  ...(common('metadata') as unknown as fc.Arbitrary<Edit<MetricDraft>>[]),
  fc.tuple(index, key, value, fc.boolean()).map(([i, k, v, byPath]) => ({
    draft: (d: MetricDraft) => {
      if (!byPath) d.dataPoints[i]?.set(['attributes', k], v)
      else if (i < d.record.pointCount) d.set(['data_points', i, 'attributes', k], v)
    },
    said: (r: Json) => {
      const point = pointAt(r, i)
      if (point) point['attributes'] = put(point['attributes'], k, v)
    },
  })),
  fc.tuple(index, fc.boolean()).map(([i, byPath]) => ({
    draft: (d: MetricDraft) => (byPath ? d.delete(['data_points', i]) : d.dataPoints[i]?.drop()),
    said: (r: Json) => {
      const data = dataOf(r)
      if (data) data['dataPoints'] = (data['dataPoints'] as Json[]).filter((_, at) => at !== i)
    },
  })),
  fc.tuple(index, fc.oneof(fc.integer(), fc.constant(0.5))).map(([i, v]) => ({
    draft: (d: MetricDraft) => {
      if (['gauge', 'sum'].includes(d.record.type)) d.dataPoints[i]?.set(['value'], v)
    },
    said: (r: Json) => {
      const point = pointAt(r, i)
      if (!point || !isNumber(r)) return
      delete point['asInt']
      delete point['asDouble']
      if (Number.isInteger(v)) point['asInt'] = String(v)
      else point['asDouble'] = v
    },
  })),
  fc.tuple(index, fc.array(fc.nat(9), { maxLength: 3 })).map(([i, counts]) => ({
    draft: (d: MetricDraft) => {
      if (d.record.type === 'histogram') d.dataPoints[i]?.set(['bucket_counts'], counts)
      if (d.record.type === 'exponential_histogram') d.dataPoints[i]?.set(['positive', 'bucket_counts'], counts)
    },
    said: (r: Json) => {
      const point = pointAt(r, i)
      if (point && r['histogram']) point['bucketCounts'] = counts.map(String)
      if (point && r['exponentialHistogram'])
        point['positive'] = { offset: 0, ...(point['positive'] as Json | null), bucketCounts: counts.map(String) }
    },
  })),
  fc.constant({
    draft: (d: MetricDraft) => {
      if (d.record.type === 'gauge') d.set(['type'], 'sum')
      else if (d.record.type === 'sum') d.set(['type'], 'gauge')
    },
    said: (r: Json) => {
      const { gauge, sum } = r as Record<string, Json | undefined>
      if (gauge) r['sum'] = { dataPoints: gauge['dataPoints'], aggregationTemporality: 0, isMonotonic: false }
      if (sum) r['gauge'] = { dataPoints: sum['dataPoints'] }
      delete r[gauge ? 'gauge' : 'sum']
    },
  }),
)

const proto = (batch: Batch): Buffer => bytesOf(batch.encode('otlp_proto'))
const programs = <D>(edit: fc.Arbitrary<Edit<D>>): fc.Arbitrary<Edit<D>[][]> =>
  fc.array(fc.array(edit, { maxLength: 5 }), { minLength: 12, maxLength: 12 })

describe('edits', () => {
  it('of spans do what decoding, editing and encoding with protobufjs does', () => {
    fc.assert(
      fc.property(spanRequest, programs(spanEdit), (message, all) => {
        const bytes = encodeWith(tracesType, message)
        const edited = decode('traces', 'otlp_proto', bytes).edit((draft, i) => {
          for (const edit of all[i]!) edit.draft(draft)
        })
        const expected = flat('traces', bytes)
        for (const [i, around] of expected.entries())
          for (const edit of all[i]!) edit.said(around['record'] as Json, around)
        expect(flat('traces', proto(edited))).toEqual(expected)
      }),
      { numRuns: RUNS },
    )
  })

  it('of metrics do so too, whether repeated numbers are packed or not', () => {
    const types = fc.constantFrom(metricsTypes.packed, metricsTypes.unpacked)
    fc.assert(
      fc.property(metricRequest, types, programs(metricEdit), (message, type, all) => {
        const bytes = encodeWith(type, message)
        const edited = decode('metrics', 'otlp_proto', bytes).edit((draft, i) => {
          for (const edit of all[i]!) edit.draft(draft)
        })
        const expected = flat('metrics', bytes)
        for (const [i, around] of expected.entries())
          for (const edit of all[i]!) edit.said(around['record'] as Json, around)
        expect(flat('metrics', proto(edited))).toEqual(expected)
      }),
      { numRuns: RUNS },
    )
  })

  it('are seen by the record of the draft at once, and by what is kept of it', () => {
    const batch = spans([{ name: 'a', events: [{ name: 'e' }, { name: 'f' }] }])
    const kept: unknown[] = []
    batch.edit((draft) => {
      draft.set(['events', 0, 'name'], 'g')
      draft.set(['resource', 'attributes', 'k'], 'v')
      draft.events[1]?.drop()
      const copy = draft.record.keep()
      draft.set(['name'], 'b')
      kept.push(draft.record.name, copy.name, ...copy.events.map(({ name }) => name))
      kept.push(copy.resource.attributes.get('k'))
    })
    expect(kept).toEqual(['b', 'a', 'g', 'v'])
  })

  it('change nothing when nothing is there to delete, or the value is refused', () => {
    const batch = metrics([{ name: 'm', type: 'histogram', dataPoints: [{ count: 1 }] }])
    const same = batch.edit((draft) => {
      draft.delete(['metadata', 'none'])
      draft.delete(['data_points', 7])
      draft.delete(['data_points', 0, 'attributes', 'none'])
      for (const [path, value, reason] of [
        [['nonsense'], 1, 'a metric has no field "nonsense"; it has name, '],
        [['name'], 1, 'name cannot be a int'],
        [['data_points', 3, 'flags'], 1, 'index 3 is out of range: data_points has 1'],
        [['data_points', 0, 'value'], 1, 'a histogram point has no value'],
        [['is_monotonic'], true, 'a histogram has no is_monotonic'],
        [['type'], 'gauge', 'the points of a histogram do not fit a gauge'],
        [['type'], 'pie', 'type cannot be "pie"'],
        [['data_points', 0, 'count'], -1, 'count cannot be a int'],
        [['data_points'], [{ tme: 1 }], 'a histogram point has no field "tme"'],
        [['metadata', 0], 1, 'metadata have keys, no index 0'],
      ] as const)
        expect(() => draft.set(path, value as Value)).toThrow(reason)
    })
    expect(same).toBe(batch)
  })

  it('leave the bytes of everything else as they came', () => {
    const odd = {
      unknown: Buffer.from([0xc2, 0x3e, 0x02, 0x68, 0x69]),
      duplicate: Buffer.from([0x4a, 0x05, 0x0a, 0x01, 0x64, 0x12, 0x00]),
      nan: Buffer.from([0x4a, 0x0e, 0x0a, 0x01, 0x6e, 0x12, 0x09, 0x21, 1, 2, 3, 4, 5, 6, 0xf8, 0x7f]),
      longVarint: Buffer.from([0x50, 0x81, 0x80, 0x00]),
      emptyEvent: Buffer.from([0x5a, 0x00]),
    }
    const event = Buffer.from([0x5a, 0x0c, 0x12, 0x01, 0x65, 0x1a, 0x07, 0x0a, 0x01, 0x78, 0x12, 0x02, 0x18, 0x05])
    const { unknown, duplicate, nan, longVarint, emptyEvent } = odd
    const span = Buffer.concat([unknown, duplicate, nan, duplicate, event, longVarint, emptyEvent])
    const wrapped = (tag: number, bytes: Buffer): Buffer => Buffer.concat([Buffer.from([tag, bytes.length]), bytes])
    const bytes = wrapped(0x0a, wrapped(0x12, wrapped(0x12, span)))
    const edited = decode('traces', 'otlp_proto', bytes).edit((draft) => {
      draft.set(['events', 0, 'attributes', 'y'], 1)
      draft.set(['attributes', 'new'], true)
    })
    const out = proto(edited)
    const kept = Buffer.concat([unknown, duplicate, nan, duplicate])
    expect(out.includes(kept)).toBe(true)
    expect(out.includes(Buffer.concat([longVarint, emptyEvent]))).toBe(true)
    expect(out.includes(event.subarray(2))).toBe(true)
  })

  it('refuse a value that would nest deeper than 64, also when it is put deep into another', () => {
    const nest = (depth: number): Value => {
      let value: Value = 1
      for (let i = 0; i < depth; i++) value = [value]
      return value
    }
    const batch = spans([{ attributes: { a: { b: 1 } } }])
    const deep = batch.edit((draft) => {
      expect(() => draft.set(['attributes', 'k'], nest(65))).toThrow('nested deeper than 64')
      expect(() => draft.set(['attributes', 'a', 'b'], nest(64))).toThrow('nested deeper than 64')
      draft.set(['attributes', 'k'], nest(64))
    })
    expect(decode('traces', 'otlp_proto', proto(deep)).at(0).attributes.get('k')).toEqual(nest(64))
  })

  it('of each of a thousand points take milliseconds, not seconds', () => {
    const points = Array.from({ length: 1_000 }, (_, value) => ({ value, attributes: { a: 1, b: 'text' } }))
    const batch = metrics([{ name: 'many', type: 'gauge', dataPoints: points }])
    // Of this process alone: a busy machine does not make it more.
    const before = process.cpuUsage()
    const edited = batch.edit((draft) => {
      for (const [i, point] of draft.dataPoints.entries()) {
        if (i % 2 === 0) point.drop()
        else point.set(['attributes', 'c'], i)
      }
    })
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000)
    expect(edited.points).toBe(500)
    expect(edited.at(0).dataPoints.every((point) => point.attributes.get('c') === point.value)).toBe(true)
  })
})
