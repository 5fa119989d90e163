/** Own metrics over OTLP, every so often, through the OpenTelemetry SDK, which is loaded here. */
import type { MetricReaderConfig, OwnExporter } from './own-options.ts'
import { loadOptional, otlpOptions } from './own-exporters.ts'
import type { Metric, MetricPoint } from './registry.ts'

export interface Push {
  /** Sends the last state. */
  close(): Promise<void>
}

const PURPOSE = 'service.telemetry.metrics'

const exporterOf = async (exporter: OwnExporter) => {
  const options = otlpOptions('metrics', exporter)
  if (exporter.protocol === 'http/json') {
    const name = '@opentelemetry/exporter-metrics-otlp-http'
    const load = () => import('@opentelemetry/exporter-metrics-otlp-http')
    return new (await loadOptional(name, load, PURPOSE)).OTLPMetricExporter(options)
  }
  const name = '@opentelemetry/exporter-metrics-otlp-proto'
  const load = () => import('@opentelemetry/exporter-metrics-otlp-proto')
  return new (await loadOptional(name, load, PURPOSE)).OTLPMetricExporter(options)
}

type Sdk = typeof import('@opentelemetry/sdk-metrics')
type MetricData = import('@opentelemetry/sdk-metrics').MetricData
type HrTime = [seconds: number, nanos: number]

const hrTime = (ms: number): HrTime => [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)]

/** Ours count all values up to a bound; the SDK's count those between two. */
const histogramOf = ({ buckets = [], count = 0, value }: MetricPoint) => {
  const below = [...buckets.map(([, n]) => n), count]
  return {
    buckets: {
      boundaries: buckets.map(([bound]) => bound),
      counts: below.map((n, index) => n - (below[index - 1] ?? 0)),
    },
    count,
    sum: value,
  }
}

const dataOf = (sdk: Sdk, metric: Metric, startTime: HrTime, endTime: HrTime): MetricData => {
  const descriptor = { name: metric.name, description: metric.description, unit: metric.unit, valueType: 1 }
  const base = { descriptor, aggregationTemporality: sdk.AggregationTemporality.CUMULATIVE }
  const times = { startTime, endTime }
  const numbers = metric.points.map(({ labels, value }) => ({ ...times, attributes: { ...labels }, value }))
  if (metric.type === 'gauge') return { ...base, dataPointType: sdk.DataPointType.GAUGE, dataPoints: numbers }
  if (metric.type === 'counter')
    return { ...base, dataPointType: sdk.DataPointType.SUM, isMonotonic: true, dataPoints: numbers }
  const dataPoints = metric.points.map((point) => ({
    ...times,
    attributes: { ...point.labels },
    value: histogramOf(point),
  }))
  return { ...base, dataPointType: sdk.DataPointType.HISTOGRAM, dataPoints }
}

export const openPush = async (
  { intervalMs, timeoutMs, exporter }: Extract<MetricReaderConfig, { kind: 'periodic' }>,
  attributes: Readonly<Record<string, string>>,
  metrics: () => readonly Metric[],
): Promise<Push> => {
  const sdk = await loadOptional('@opentelemetry/sdk-metrics', () => import('@opentelemetry/sdk-metrics'), PURPOSE)
  const { resourceFromAttributes } = await loadOptional(
    '@opentelemetry/resources',
    () => import('@opentelemetry/resources'),
    PURPOSE,
  )
  const resource = resourceFromAttributes({ ...attributes })
  const startTime = hrTime(Date.now())
  const producer = {
    collect: async () => {
      const data = metrics()
        .filter(({ points }) => points.length > 0)
        .map((metric) => dataOf(sdk, metric, startTime, hrTime(Date.now())))
      return {
        resourceMetrics: { resource, scopeMetrics: [{ scope: { name: 'seneca-collector' }, metrics: data }] },
        errors: [],
      }
    },
  }
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter: await exporterOf(exporter),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(timeoutMs, intervalMs),
    metricProducers: [producer],
  })
  const provider = new sdk.MeterProvider({ resource, readers: [reader] })
  return { close: () => provider.shutdown() }
}
