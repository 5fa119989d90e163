/** Batches that use all there is of OTLP, for what talks to other people's programs. */
import { decode, Double, logs, metrics, spans } from 'seneca-collector'
import type { Batch, Signal } from 'seneca-collector'

const T = 1_700_000_000_123_456_789n
const traceId = '0102030405060708090a0b0c0d0e0f10'
const spanId = '0102030405060708'
const beside = {
  resource: { attributes: { 'service.name': 'shop' }, schemaUrl: 'https://example.com/1' },
  scope: { name: 'lib', version: '1', attributes: { k: true } },
}

/** One request; `mark` is found again in it. */
export const batchOf: Readonly<Record<Signal, (mark: string) => Batch>> = {
  logs: (mark) =>
    logs(
      [
        {
          time: T,
          severity: 13,
          eventName: 'a.b',
          // The Collector writes an empty body where there is none.
          body: null,
          attributes: { mark, n: 2n ** 62n, d: new Double(5), nested: { l: [1, null, 'x'] } },
        },
        { body: 'plain', traceId, spanId, flags: 1 },
      ],
      beside,
    ),
  metrics: (mark) =>
    metrics(
      [
        {
          name: mark,
          unit: 's',
          type: 'histogram',
          aggregationTemporality: 1,
          dataPoints: [
            {
              startTime: T - 1n,
              time: T,
              count: 3,
              sum: 4.5,
              min: 1,
              max: 2,
              bucketCounts: [1, 2],
              explicitBounds: [1.5],
              attributes: { a: 1 },
              exemplars: [{ time: T, value: new Double(2), traceId, spanId }],
            },
          ],
        },
        { name: 'sum', type: 'sum', isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ value: 7, time: T }] },
        { name: 'gauge', type: 'gauge', dataPoints: [{ value: new Double(7), time: T }] },
        {
          name: 'summary',
          type: 'summary',
          dataPoints: [{ count: 1, sum: 2, quantileValues: [{ quantile: 0.5, value: 2 }], time: T }],
        },
        {
          name: 'exponential',
          type: 'exponential_histogram',
          aggregationTemporality: 2,
          dataPoints: [
            {
              count: 2,
              sum: 3,
              scale: 2,
              zeroCount: 1,
              positive: { offset: -3, bucketCounts: [1] },
              negative: { offset: 1, bucketCounts: [0, 1] },
              time: T,
            },
          ],
        },
      ],
      beside,
    ),
  traces: (mark) =>
    spans(
      [
        {
          traceId,
          spanId,
          parentSpanId: '1112131415161718',
          name: mark,
          kind: 2,
          startTime: T - 5n,
          endTime: T,
          status: { code: 2, message: 'no' },
          attributes: { a: 'b' },
          events: [{ name: 'e', time: T, attributes: { x: 1 } }],
          links: [{ traceId, spanId, attributes: { l: 1 } }],
        },
      ],
      beside,
    ),
}

/** The same request after a round through our own codec: how a number or a default is spelled does not matter then. */
export const normal = (signal: Signal, json: string): string =>
  Buffer.concat(decode(signal, 'otlp_json', Buffer.from(json)).encode('otlp_json')).toString()
