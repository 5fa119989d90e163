/** The official JavaScript SDK's exporters, every signal over every protocol, into the otlp receiver. */
import { readFileSync } from 'node:fs'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { credentials, Metadata } from '@grpc/grpc-js'
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import type { LogRecordExporter } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { afterEach, describe, expect, it } from 'vitest'
import { CollectorError } from '../../core/kit/index.ts'
import { harness } from '../../core/kit/testing.ts'
import bearertokenauth from '../../plugins/extensions/bearertokenauth/index.ts'
import { cleanups, open } from '../otlp/receiver.ts'
import type { Opened } from '../otlp/receiver.ts'
import { seenLog, seenMetric, seenMetrics, seenSpan, seenSpans } from '../otlp/seen.ts'

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const MANY = 1_000
const resource = resourceFromAttributes({ 'service.name': 'sdk' })

interface Exporters {
  readonly logs: LogRecordExporter
  readonly traces: SpanExporter
  readonly metrics: PushMetricExporter
}

type Compression = 'gzip' | 'none'

const kinds: Readonly<Record<string, (at: Opened, compression: Compression) => Exporters>> = {
  grpc: ({ grpc }, compression) => {
    const options = { url: `http://${grpc}`, compression: compression as never }
    return { logs: new GrpcLogs(options), traces: new GrpcTraces(options), metrics: new GrpcMetrics(options) }
  },
  'http/protobuf': ({ http }, compression) => {
    const of = (path: string) => ({ url: `http://${http}/v1/${path}`, compression: compression as never })
    return {
      logs: new ProtoLogs(of('logs')),
      traces: new ProtoTraces(of('traces')),
      metrics: new ProtoMetrics(of('metrics')),
    }
  },
  'http/json': ({ http }, compression) => {
    const of = (path: string) => ({ url: `http://${http}/v1/${path}`, compression: compression as never })
    return {
      logs: new JsonLogs(of('logs')),
      traces: new JsonTraces(of('traces')),
      metrics: new JsonMetrics(of('metrics')),
    }
  },
}

const sendLogs = async (exporter: LogRecordExporter): Promise<void> => {
  const processor = new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 400, maxQueueSize: MANY })
  const provider = new LoggerProvider({ resource, processors: [processor] })
  const logger = provider.getLogger('test', '1.0')
  for (let i = 0; i < MANY; i++)
    logger.emit({
      eventName: 'task.completed',
      severityNumber: 9,
      severityText: 'INFO',
      body: `log ${i}`,
      attributes: { n: i, ratio: 0.5, list: ['a', 'b'], deep: { x: true } },
    })
  await provider.forceFlush()
  await provider.shutdown()
}

const sendSpans = async (exporter: SpanExporter): Promise<void> => {
  const provider = new TracerProvider({ resource, spanProcessors: [new BatchSpanProcessor({ exporter })] })
  const tracer = provider.getTracer('test', '1.0')
  const first = tracer.startSpan('first')
  const span = tracer.startSpan('second', {
    kind: SpanKind.CLIENT,
    attributes: { n: 1 },
    links: [{ context: first.spanContext(), attributes: { why: 'retry' } }],
  })
  span.addEvent('tool', { name: 'x' })
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'broken' })
  span.end()
  first.end()
  await provider.forceFlush()
  await provider.shutdown()
}

const sendMetrics = async (exporter: PushMetricExporter): Promise<void> => {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ resource, readers: [reader] })
  const meter = provider.getMeter('test', '1.0')
  meter.createCounter('calls', { unit: '{calls}' }).add(3, { tool: 'x' })
  meter.createHistogram('duration', { unit: 's' }).record(0.25)
  meter.createGauge('load').record(1.5)
  await provider.shutdown()
}

describe('the OpenTelemetry SDK', () => {
  for (const [kind, exporters] of Object.entries(kinds)) {
    it.each(['none', 'gzip'] as const)(`brings every signal over ${kind}, compression %s`, async (compression) => {
      const at = await open()
      const { logs, traces, metrics } = exporters(at, compression)
      await sendLogs(logs)
      await sendSpans(traces)
      await sendMetrics(metrics)
      const { test } = at
      expect(test.recordsOf('logs').map(seenLog)).toEqual(
        Array.from({ length: MANY }, (_, i) => [`log ${i}`, 'task.completed', 9, i, 'sdk', 'test']),
      )
      expect(test.recordsOf('traces').map(seenSpan)).toEqual(seenSpans)
      expect(test.recordsOf('metrics').map(seenMetric)).toEqual(seenMetrics)
      expect(test.inspect()).toMatchObject({ refused_requests: {}, request_bytes: 0 })
    })
  }

  // The SDK's gRPC exporter repeats nothing.
  it.each(['http/protobuf', 'http/json'])('over %s sends again what was refused for now', async (kind) => {
    const at = await open()
    let calls = 0
    at.test.follow(() => {
      if (++calls === 1) throw new CollectorError('queue_full', 'full', { retryable: true, retryAfterMs: 1_000 })
    })
    await sendSpans(kinds[kind]!(at, 'none').traces)
    expect(calls).toBe(2)
    expect(at.test.recordsOf('traces')).toHaveLength(2)
  })

  it('shows a token over TLS, to both protocols', async () => {
    const folder = new URL('../fixtures/tls', import.meta.url).pathname
    const face = (await harness(bearertokenauth, { token: 'sesame' })).component.face
    const options = { tls: { cert_file: 'server.pem', key_file: 'server.key' }, auth: { authenticator: 'tokens' } }
    const at = await open({ grpc: options, http: options }, { folder, extensions: { tokens: face } })
    const ca = readFileSync(`${folder}/ca.pem`)
    const metadata = new Metadata()
    metadata.set('authorization', 'Bearer sesame')
    await sendSpans(
      new GrpcTraces({
        url: `https://localhost:${at.grpc.split(':')[1]}`,
        credentials: credentials.createSsl(ca, undefined, undefined, {
          checkServerIdentity: () => undefined,
        }),
        metadata,
      }),
    )
    await sendSpans(
      new ProtoTraces({
        url: `https://${at.http}/v1/traces`,
        headers: { authorization: 'Bearer sesame' },
        httpAgentOptions: { ca, servername: 'collector.test' },
      }),
    )
    expect(at.test.recordsOf('traces')).toHaveLength(4)
    await sendSpans(
      new ProtoTraces({ url: `https://${at.http}/v1/traces`, httpAgentOptions: { ca, servername: 'collector.test' } }),
    ).catch(() => undefined)
    expect(at.test.inspect()).toMatchObject({
      refused_requests: { unauthenticated: 1 },
      last_refusal: { message: 'the header Authorization is missing' },
    })
  })
})
