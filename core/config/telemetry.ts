/**
 * `service.telemetry`: the collector's own log, metrics and traces, with the option names of the OpenTelemetry Collector.
 * Traces and metrics leave the process only where an exporter is named.
 */
import type { JsonSchema } from '../kit/schema.ts'
import type { MetricReaderConfig, OwnExporter, SamplerConfig, SpanProcessorConfig } from '../telemetry/own-options.ts'
import type { TelemetryConfig } from './types.ts'

const level = (description: string): JsonSchema => ({
  type: 'string',
  enum: ['none', 'basic', 'normal', 'detailed'],
  default: 'normal',
  description,
})

const millis = (value: number, description: string): JsonSchema => ({
  type: 'integer',
  minimum: 1,
  default: value,
  description: `${description}, in milliseconds.`,
})

const exporterSchema = (signal: 'traces' | 'metrics') =>
  ({
    type: 'object',
    description: 'Where to.',
    properties: {
      otlp: {
        type: 'object',
        properties: {
          protocol: {
            type: 'string',
            enum: ['http/protobuf', 'http/json'],
            default: 'http/protobuf',
            description: 'How it is written on the wire.',
          },
          endpoint: {
            type: 'string',
            pattern: '^https?://.',
            default: 'http://localhost:4318',
            description: `A URL; without a path, /v1/${signal} is added.`,
          },
          insecure: { type: 'boolean', description: 'Of no effect: http:// or https:// of `endpoint` says it.' },
          headers: {
            type: 'array',
            description: 'Sent with each request.',
            items: {
              type: 'object',
              properties: {
                name: { type: 'string', minLength: 1, description: 'The name of the header.' },
                value: { type: 'string', description: 'Its value.' },
              },
              required: ['name', 'value'],
            },
          },
          timeout: millis(10_000, 'How long a request may take'),
        },
      },
    },
    required: ['otlp'],
  }) as const satisfies JsonSchema

const samplerSchema = {
  type: 'object',
  description: 'Which traces are kept; all when absent. What follows in a trace is decided with its beginning.',
  properties: {
    always_on: { type: 'object', properties: {}, description: 'All.' },
    always_off: { type: 'object', properties: {}, description: 'None.' },
    trace_id_ratio_based: {
      type: 'object',
      description: 'A share of them, by trace id.',
      properties: { ratio: { type: 'number', minimum: 0, maximum: 1, default: 1, description: 'From 0 to 1.' } },
    },
  },
} as const satisfies JsonSchema

const tracesSchema = {
  type: 'object',
  description: "The collector's own traces: a span for each batch in each component. Off without `processors`.",
  properties: {
    level: level('`none` switches traces off; the others are the same.'),
    sampler: samplerSchema,
    processors: {
      type: 'array',
      description: 'What becomes of spans.',
      items: {
        type: 'object',
        properties: {
          batch: {
            type: 'object',
            description: 'Sends them together.',
            properties: {
              schedule_delay: millis(5_000, 'How long spans are gathered'),
              export_timeout: millis(30_000, 'How long an export may take'),
              max_queue_size: { type: 'integer', minimum: 1, default: 2048, description: 'Spans that may wait.' },
              max_export_batch_size: { type: 'integer', minimum: 1, default: 512, description: 'Spans a request.' },
              exporter: exporterSchema('traces'),
            },
            required: ['exporter'],
          },
          simple: {
            type: 'object',
            description: 'Sends each at once, to try it.',
            properties: { exporter: exporterSchema('traces') },
            required: ['exporter'],
          },
        },
      },
    },
  },
} as const satisfies JsonSchema

const readerSchema = {
  type: 'object',
  properties: {
    pull: {
      type: 'object',
      description: 'Metrics to be fetched.',
      properties: {
        exporter: {
          type: 'object',
          description: 'How.',
          properties: {
            prometheus: {
              type: 'object',
              description: 'Prometheus text at /metrics.',
              properties: {
                host: { type: 'string', minLength: 1, default: 'localhost', description: 'The address to listen on.' },
                port: { type: 'integer', minimum: 0, maximum: 65535, default: 8888, description: '0 = any free port.' },
              },
            },
          },
          required: ['prometheus'],
        },
      },
      required: ['exporter'],
    },
    periodic: {
      type: 'object',
      description: 'Metrics that are sent.',
      properties: {
        interval: millis(60_000, 'How often'),
        timeout: millis(30_000, 'How long an export may take'),
        exporter: exporterSchema('metrics'),
      },
      required: ['exporter'],
    },
  },
} as const satisfies JsonSchema

export const telemetrySchema = {
  type: 'object',
  description: "The collector's own log, metrics and traces.",
  properties: {
    logs: {
      type: 'object',
      properties: {
        level: {
          type: 'string',
          enum: ['debug', 'info', 'warn', 'error', 'DEBUG', 'INFO', 'WARN', 'ERROR'],
          default: 'info',
          description: 'The least level printed to the standard error.',
        },
        encoding: {
          type: 'string',
          enum: ['console', 'json'],
          default: 'console',
          description: 'Lines for people, or JSON for programs.',
        },
      },
    },
    metrics: {
      type: 'object',
      properties: {
        level: level('`none` switches the readers off; the others are the same.'),
        readers: { type: 'array', description: 'Who gets them, beside `seneca-collector stats`.', items: readerSchema },
      },
    },
    traces: tracesSchema,
    resource: {
      type: 'object',
      description: 'Attributes of all of it, such as service.name.',
      additionalProperties: { type: 'string' },
    },
  },
} as const satisfies JsonSchema

interface Exporters {
  readonly otlp: Omit<OwnExporter, 'headers'> & { readonly headers?: OwnExporter['headers'] }
}

/** After `completeOptions`. */
export interface CompletedTelemetry {
  readonly logs?: { readonly level?: string; readonly encoding?: string }
  readonly metrics?: {
    readonly level?: string
    readonly readers?: readonly {
      readonly pull?: { readonly exporter: { readonly prometheus: { readonly host: string; readonly port: number } } }
      readonly periodic?: { readonly interval: number; readonly timeout: number; readonly exporter: Exporters }
    }[]
  }
  readonly traces?: {
    readonly level?: string
    readonly sampler?: { readonly always_off?: object; readonly trace_id_ratio_based?: { readonly ratio: number } }
    readonly processors?: readonly {
      readonly batch?: {
        readonly schedule_delay: number
        readonly export_timeout: number
        readonly max_queue_size: number
        readonly max_export_batch_size: number
        readonly exporter: Exporters
      }
      readonly simple?: { readonly exporter: Exporters }
    }[]
  }
  readonly resource?: Readonly<Record<string, string>>
}

const exporterOf = ({ otlp }: Exporters): OwnExporter => ({ ...otlp, headers: otlp.headers ?? [] })

type Processors = NonNullable<NonNullable<CompletedTelemetry['traces']>['processors']>
type Readers = NonNullable<NonNullable<CompletedTelemetry['metrics']>['readers']>

const processorsOf = (processors: Processors): SpanProcessorConfig[] =>
  processors.flatMap(({ batch, simple }): SpanProcessorConfig[] => [
    ...(simple === undefined ? [] : [{ kind: 'simple' as const, exporter: exporterOf(simple.exporter) }]),
    ...(batch === undefined
      ? []
      : [
          {
            kind: 'batch' as const,
            scheduleDelayMs: batch.schedule_delay,
            exportTimeoutMs: batch.export_timeout,
            maxQueueSize: batch.max_queue_size,
            maxExportBatchSize: batch.max_export_batch_size,
            exporter: exporterOf(batch.exporter),
          },
        ]),
  ])

const readersOf = (readers: Readers): MetricReaderConfig[] =>
  readers.flatMap(({ pull, periodic }): MetricReaderConfig[] => [
    ...(pull === undefined ? [] : [{ kind: 'pull' as const, ...pull.exporter.prometheus }]),
    ...(periodic === undefined
      ? []
      : [
          {
            kind: 'periodic' as const,
            intervalMs: periodic.interval,
            timeoutMs: periodic.timeout,
            exporter: exporterOf(periodic.exporter),
          },
        ]),
  ])

const samplerOf = (sampler: NonNullable<CompletedTelemetry['traces']>['sampler']): SamplerConfig => {
  if (sampler?.always_off !== undefined) return { ratio: 0 }
  return { ratio: sampler?.trace_id_ratio_based?.ratio ?? 1 }
}

export const telemetryConfig = (completed: CompletedTelemetry = {}): TelemetryConfig => {
  const { logs, metrics, traces, resource } = completed
  const processors = traces?.level === 'none' ? [] : processorsOf(traces?.processors ?? [])
  const readers = metrics?.level === 'none' ? [] : readersOf(metrics?.readers ?? [])
  return {
    logLevel: (logs?.level ?? 'info').toLowerCase() as TelemetryConfig['logLevel'],
    logEncoding: (logs?.encoding ?? 'console') as TelemetryConfig['logEncoding'],
    metricsLevel: (metrics?.level ?? 'normal') as TelemetryConfig['metricsLevel'],
    ...(processors.length > 0 && { traces: { processors, sampler: samplerOf(traces?.sampler) } }),
    ...(readers.length > 0 && { readers }),
    ...(resource !== undefined && { resource }),
  }
}
