/** A real OpenTelemetry Collector takes what our OTLP exporters send, all signals, and writes down what it understood. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decode, Double, logs, metrics, spans } from 'seneca-collector'
import type { Batch, Signal } from 'seneca-collector'
import { withEventNameAttribute } from 'seneca-collector/otlp'
import { harness } from 'seneca-collector/testing'
import otlp from '../../plugins/exporters/otlp/index.ts'
import otlpHttp from '../../plugins/exporters/otlp_http/index.ts'
import { startOtelcol } from '../peers/otelcol.ts'
import type { RunningOtelcol } from '../peers/otelcol.ts'
import { peer } from '../peers/peers.ts'
import { freePort } from '../setup/free-port.ts'
import { waitFor } from '../setup/wait-for.ts'

const T = 1_700_000_000_123_456_789n
const traceId = '0102030405060708090a0b0c0d0e0f10'
const spanId = '0102030405060708'
const beside = {
  resource: { attributes: { 'service.name': 'shop' }, schemaUrl: 'https://example.com/1' },
  scope: { name: 'lib', version: '1', attributes: { k: true } },
}

const batchOf: Readonly<Record<Signal, (mark: string) => Batch>> = {
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

const otelcol = await peer('otelcol')

/** The same request after a round through our own codec: how a number or a default is spelled does not matter then. */
const normal = (signal: Signal, json: string): string =>
  Buffer.concat(decode(signal, 'otlp_json', Buffer.from(json)).encode('otlp_json')).toString()

describe.skipIf(otelcol.program === undefined)('the real collector', () => {
  const folder = mkdtempSync(join(tmpdir(), 'otlp-exporters-'))
  let collector: RunningOtelcol
  let ports: { readonly grpc: number; readonly http: number }

  beforeAll(async () => {
    ports = { grpc: await freePort(), http: await freePort() }
    const signals = ['logs', 'metrics', 'traces']
    const exporters = signals.map(
      (signal) => `file/${signal}: { path: '${folder}/${signal}.json', flush_interval: 50ms }`,
    )
    const pipelines = signals.map((signal) => `${signal}: { receivers: [otlp], exporters: [file/${signal}] }`)
    const protocols = `{ grpc: { endpoint: '127.0.0.1:${ports.grpc}' }, http: { endpoint: '127.0.0.1:${ports.http}' } }`
    collector = await startOtelcol(
      otelcol.program ?? '',
      `receivers: { otlp: { protocols: ${protocols} } }
exporters: { ${exporters.join(', ')} }
service: { telemetry: { metrics: { level: none } }, pipelines: { ${pipelines.join(', ')} } }
`,
    )
  }, 300_000)
  afterAll(async () => {
    await collector?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const exporters = {
    'otlp, gzip': () => harness(otlp, { endpoint: `http://127.0.0.1:${ports.grpc}` }),
    'otlp, zstd': () => harness(otlp, { endpoint: `http://127.0.0.1:${ports.grpc}`, compression: 'zstd' }),
    'otlp, none': () => harness(otlp, { endpoint: `http://127.0.0.1:${ports.grpc}`, compression: 'none' }),
    'otlp_http, proto, gzip': () => harness(otlpHttp, { endpoint: `http://127.0.0.1:${ports.http}` }),
    'otlp_http, proto, zstd': () =>
      harness(otlpHttp, { endpoint: `http://127.0.0.1:${ports.http}`, compression: 'zstd' }),
    'otlp_http, json, deflate': () =>
      harness(otlpHttp, { endpoint: `http://127.0.0.1:${ports.http}`, encoding: 'json', compression: 'deflate' }),
    'otlp_http, json, none': () =>
      harness(otlpHttp, { endpoint: `http://127.0.0.1:${ports.http}`, encoding: 'json', compression: 'none' }),
  } as const

  for (const [name, open] of Object.entries(exporters)) {
    it(`understands what is sent with ${name}`, async () => {
      const exporter = await open()
      try {
        for (const signal of ['logs', 'metrics', 'traces'] as const) {
          const mark = `${signal} by ${name}`
          const batch = batchOf[signal](mark)
          await exporter.consume(batch)
          const file = join(folder, `${signal}.json`)
          const line = await waitFor('the collector to write it down', () =>
            existsSync(file)
              ? readFileSync(file, 'utf8')
                  .split('\n')
                  .find((one) => one.includes(mark))
              : undefined,
          )
          const sent = Buffer.concat(withEventNameAttribute(batch).encode('otlp_json')).toString()
          expect(JSON.parse(normal(signal, line)), mark).toEqual(JSON.parse(normal(signal, sent)))
        }
        expect(exporter.dropped).toEqual({})
      } finally {
        await exporter.stop()
      }
    })
  }
})
