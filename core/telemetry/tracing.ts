/**
 * The collector's own traces: what `ctx.tracer` makes and a span for each batch in each component, through the
 * OpenTelemetry SDK, which is loaded here and nowhere else. Spans nest by the flow of calls: an exporter's stands in the
 * receiver's whose batch it was, unless a queue lies between.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Span, Tracer } from '@opentelemetry/api'
import type { OwnExporter, SpanProcessorConfig, TracesConfig } from './own-options.ts'
import { loadOptional, otlpOptions } from './own-exporters.ts'

export type SpanAttributes = Readonly<Record<string, string | number>>

export interface Tracing {
  span<T>(name: string, attributes: SpanAttributes, fn: () => T | Promise<T>): Promise<T>
  /** Sends what is left. */
  close(): Promise<void>
}

const PURPOSE = 'service.telemetry.traces'

const exporterOf = async (exporter: OwnExporter) => {
  const options = otlpOptions('traces', exporter)
  if (exporter.protocol === 'http/json') {
    const name = '@opentelemetry/exporter-trace-otlp-http'
    const { OTLPTraceExporter } = await loadOptional(
      name,
      () => import('@opentelemetry/exporter-trace-otlp-http'),
      PURPOSE,
    )
    return new OTLPTraceExporter(options)
  }
  const name = '@opentelemetry/exporter-trace-otlp-proto'
  const { OTLPTraceExporter } = await loadOptional(
    name,
    () => import('@opentelemetry/exporter-trace-otlp-proto'),
    PURPOSE,
  )
  return new OTLPTraceExporter(options)
}

type Sdk = typeof import('@opentelemetry/sdk-trace')

const processorOf = async (sdk: Sdk, config: SpanProcessorConfig) => {
  const exporter = await exporterOf(config.exporter)
  if (config.kind === 'simple') return new sdk.SimpleSpanProcessor({ exporter })
  return new sdk.BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: config.scheduleDelayMs,
    exportTimeoutMillis: config.exportTimeoutMs,
    maxQueueSize: config.maxQueueSize,
    maxExportBatchSize: Math.min(config.maxExportBatchSize, config.maxQueueSize),
  })
}

/** `ERROR` of the API's `SpanStatusCode`, which is a value of a module that is loaded late. */
const STATUS_ERROR = 2

const settle = async <T>(span: Span, fn: () => T | Promise<T>): Promise<T> => {
  try {
    return await fn()
  } catch (error) {
    span.setStatus({ code: STATUS_ERROR, message: error instanceof Error ? error.message : String(error) })
    throw error
  } finally {
    span.end()
  }
}

export const openTracing = async (
  { processors, sampler }: TracesConfig,
  resource: Readonly<Record<string, string>>,
): Promise<Tracing> => {
  const sdk = await loadOptional('@opentelemetry/sdk-trace', () => import('@opentelemetry/sdk-trace'), PURPOSE)
  const { resourceFromAttributes } = await loadOptional(
    '@opentelemetry/resources',
    () => import('@opentelemetry/resources'),
    PURPOSE,
  )
  const { ROOT_CONTEXT, trace } = await import('@opentelemetry/api')
  const contexts = new AsyncLocalStorage<Context>()
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ ...resource }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(sampler.ratio) }),
    spanProcessors: await Promise.all(processors.map((config) => processorOf(sdk, config))),
  })
  const tracer: Tracer = provider.getTracer('seneca-collector')
  return {
    span: (name, attributes, fn) => {
      const around = contexts.getStore() ?? ROOT_CONTEXT
      const span = tracer.startSpan(name, { attributes: { ...attributes } }, around)
      return contexts.run(trace.setSpan(around, span), () => settle(span, fn))
    },
    close: () => provider.shutdown(),
  }
}
