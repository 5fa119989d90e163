import { describe, expect, it } from 'vitest'
import { decode, Double, metrics, spans } from '../../index.ts'
import { bytesOf } from '../../testing/arbitraries.ts'
import type { Batch } from '../../types.ts'

const traces = (span: object, beside: object = {}): Batch<'traces'> =>
  decode(
    'traces',
    'otlp_json',
    Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span], ...beside }] }] })),
  )
const metric = (text: string): Batch<'metrics'> =>
  decode('metrics', 'otlp_json', Buffer.from(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[${text}]}]}]}`))

describe('OTLP/JSON of spans and metrics', () => {
  it('takes enums by name or number, 64-bit integers as text or number, and ids in either case', () => {
    const id = 'ABCDEF0123456789abcdef0123456789'
    const span = traces({ traceId: id, kind: 'SPAN_KIND_CONSUMER', status: { code: 'STATUS_CODE_ERROR' } }).at(0)
    expect([span.traceId, span.kind, span.status.code]).toEqual([id.toLowerCase(), 5, 2])
    const sum = metric(
      '{"sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","isMonotonic":true,"dataPoints":[{"asInt":9007199254740993,"timeUnixNano":18446744073709551615},{"asInt":"-9223372036854775808","timeUnixNano":"5"},{"asDouble":"NaN"},{"asDouble":3}]}}',
    ).at(0)
    expect([sum.aggregationTemporality, sum.isMonotonic]).toEqual([2, true])
    expect(sum.dataPoints.map(({ value }) => value)).toEqual([
      9_007_199_254_740_993n,
      -(2n ** 63n),
      Number.NaN,
      new Double(3),
    ])
    expect(sum.dataPoints.map(({ time }) => time)).toEqual([2n ** 64n - 1n, 5n, 0n, 0n])
  })

  it('ignores members it does not know, and takes null for absence', () => {
    const span = traces({ name: 'a', start_time_unix_nano: '5', other: [1, {}], attributes: null, status: null }).at(0)
    expect([span.name, span.startTime, span.attributes.size, span.status.code]).toEqual(['a', 0n, 0, 0])
  })

  it('takes a request with the names of the .proto files as the OpenTelemetry Collector does', () => {
    const request =
      '{"resource_metrics":[{"scope_metrics":[{"metrics":[{"name":"a","sum":{"is_monotonic":true,"data_points":[{"as_int":"5","attributes":[{"key":"a_b","value":{"string_value":"c_d"}}]}]}}]}]}]}'
    const sum = decode('metrics', 'otlp_json', Buffer.from(request)).at(0)
    expect([sum.name, sum.isMonotonic, sum.dataPoints[0]?.value]).toEqual(['a', true, 5])
    expect(sum.dataPoints[0]?.attributes.get('a_b')).toBe('c_d')
  })

  it('refuses values of another type than they are named, which would be lost', () => {
    for (const [value, reason] of [
      ['{"stringValue":5}', /stringValue is no string/],
      ['{"boolValue":"true"}', /boolValue is no boolean/],
      ['{"bytesValue":"!!"}', /bytesValue is no base64/],
      ['{"doubleValue":"0x10"}', /doubleValue is no number/],
      ['{"doubleValue":1e400}', /doubleValue is out of range/],
    ] as const) {
      const text = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${value}}]}]}]}`
      expect(() => decode('logs', 'otlp_json', Buffer.from(text)), text).toThrow(reason)
    }
    const severe = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":2147483648}]}]}]}'
    expect(() => decode('logs', 'otlp_json', Buffer.from(severe))).toThrow(/severityNumber is out of range/)
    expect(() => traces({ kind: 4_294_967_298 })).toThrow(/kind is out of range/)
  })

  it('reads one request on many lines, and one request a line', () => {
    const one = { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'a' }] }] }] }
    const pretty = Buffer.from(JSON.stringify(one, undefined, 2))
    expect(decode('traces', 'otlp_json', pretty).at(0).name).toBe('a')
    expect(decode('logs', 'otlp_json', Buffer.from('{\r\n"resourceLogs":\r\n[]}\r\n')).count).toBe(0)
    const lines = Buffer.from(`${JSON.stringify(one)}\n\n${JSON.stringify(one)}\n`)
    const batch = decode('traces', 'otlp_json', lines, { origin: { key: 'f', offset: 100 } })
    expect(Array.from(batch, ({ origin }) => origin?.offset)).toEqual([100, 102 + JSON.stringify(one).length])
  })

  it('refuses what is wrong, and says where or what', () => {
    for (const [text, reason] of [
      ['{"resourceSpans":[}', /at byte 18$/],
      ['{\n"resourceSpans":\n[1,\n]}', /at byte \d+$/],
      ['{"resourceSpans":[]} x', /more than one value at byte 21$/],
      ['[]', /the request is no object/],
      ['{"resourceSpans":5}', /resourceSpans is no list/],
      ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"12"}]}]}]}', /traceId is not 32 hex digits/],
      ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"SERVER"}]}]}]}', /kind is no whole number/],
      [
        '{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"-1"}]}]}]}',
        /startTimeUnixNano is out of range/,
      ],
    ] as const)
      expect(() => decode('traces', 'otlp_json', Buffer.from(text)), text).toThrow(reason)
    const bad: string[] = []
    const batch = decode('traces', 'otlp_json', Buffer.from('{"a":1}\nnot json\n'), {
      onInvalid: ({ offset, reason }) => {
        bad.push(`${offset} ${reason}`)
        return 'skip'
      },
    })
    expect(batch.count).toBe(0)
    expect(bad).toEqual([expect.stringMatching(/^8 OTLP\/JSON: .* at byte 8$/)])
  })

  it('writes what the specification has: enums as numbers, 64 bits as text, ids as hex, no defaults', () => {
    const written = bytesOf(
      spans([{ name: 'a', kind: 2, traceId: '0123456789abcdef0123456789abcdef', startTime: 5n }]).encode('otlp_json'),
    ).toString()
    expect(JSON.parse(written)).toEqual({
      resourceSpans: [
        {
          resource: {},
          scopeSpans: [
            {
              scope: {},
              spans: [{ traceId: '0123456789abcdef0123456789abcdef', name: 'a', kind: 2, startTimeUnixNano: '5' }],
            },
          ],
        },
      ],
    })
    const point = { count: 3, sum: 0, min: -0, bucketCounts: [1, 2], explicitBounds: [0.5] }
    const histogram = metrics([{ name: 'h', type: 'histogram', dataPoints: [point] }])
    expect(bytesOf(histogram.encode('otlp_json')).toString()).toContain(
      '"dataPoints":[{"count":"3","sum":0,"bucketCounts":["1","2"],"explicitBounds":[0.5],"min":"-0"}]',
    )
  })

  it('has no envelopes, bodies or lines of text, and says which formats there are', () => {
    for (const format of ['envelope', 'body', 'text'] as const)
      expect(() => spans([{ name: 'a' }]).encode(format)).toThrow(
        `format ${format} is for logs; traces have otlp_proto, otlp_json and stored`,
      )
    expect(() => decode('metrics', 'json', Buffer.from('{}'))).toThrow(
      'format json is for logs; metrics have otlp_proto, otlp_json and stored',
    )
  })
})
