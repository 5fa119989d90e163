/** Options of what the collector tells of itself to others, as the configuration gives them. */

/** Where the collector's own telemetry goes: OTLP over HTTP. */
export interface OwnExporter {
  readonly protocol: 'http/protobuf' | 'http/json'
  readonly endpoint: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  /** Milliseconds. */
  readonly timeout: number
}

export type SpanProcessorConfig =
  | { readonly kind: 'simple'; readonly exporter: OwnExporter }
  | {
      readonly kind: 'batch'
      readonly scheduleDelayMs: number
      readonly exportTimeoutMs: number
      readonly maxQueueSize: number
      readonly maxExportBatchSize: number
      readonly exporter: OwnExporter
    }

export interface SamplerConfig {
  /** The share of traces that are kept. */
  readonly ratio: number
}

export interface TracesConfig {
  readonly processors: readonly SpanProcessorConfig[]
  readonly sampler: SamplerConfig
}

export type MetricReaderConfig =
  | { readonly kind: 'pull'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'periodic'
      readonly intervalMs: number
      readonly timeoutMs: number
      readonly exporter: OwnExporter
    }

/** `service.telemetry`, as far as others are told. */
export interface OwnTelemetryOptions {
  /** Absent: no spans are made. */
  readonly traces?: TracesConfig
  readonly readers?: readonly MetricReaderConfig[]
  /** Attributes of the resource that traces and metrics are about. */
  readonly resource?: Readonly<Record<string, string>>
}
