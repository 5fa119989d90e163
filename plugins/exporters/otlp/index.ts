/**
 * OTLP over gRPC: one unary call a batch, many at a time on one HTTP/2 connection. Which codes may be tried again is the
 * OTLP specification's to say, `RetryInfo` says when. What a server took in part is not sent again: the records it refused
 * are counted as dropped.
 */
import { definePlugin } from 'seneca-collector'
import type { Batch, Context, Signal } from 'seneca-collector'
import { createGrpcClient } from 'seneca-collector/grpc'
import { clientAuth, headerEntries, tlsOptions } from 'seneca-collector/http'
import { partialSuccess, settlePartial, withEventNameAttribute } from 'seneca-collector/otlp'
import { check, schema, targetOf } from './options.ts'
import type { Config } from './options.ts'

const METHODS: Readonly<Record<Signal, string>> = {
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
}

const create = async (ctx: Context<'exporter'>, config: Config) => {
  const authenticator = clientAuth(ctx, config.auth)
  const client = createGrpcClient({
    clock: ctx.clock,
    target: targetOf(config),
    tls: await tlsOptions(config.tls, ctx.folder),
    compression: config.compression,
    headers: Object.fromEntries(headerEntries(config.headers)),
    ...(config.proxy_url === undefined ? {} : { proxy: new URL(config.proxy_url) }),
    ...(config.authority === undefined ? {} : { authority: config.authority }),
    ...(config.keepalive === undefined
      ? {}
      : { keepalive: { timeMs: config.keepalive.time, timeoutMs: config.keepalive.timeout } }),
  })
  return {
    consume: async (batch: Batch, signal: AbortSignal): Promise<void> => {
      if (batch.count === 0) return
      const sent = config.mirror_event_name ? withEventNameAttribute(batch) : batch
      const headers = authenticator === undefined ? {} : { headers: await authenticator.clientHeaders() }
      const answer = await client.call(METHODS[batch.signal], sent.encode('otlp_proto'), { signal, ...headers })
      settlePartial(ctx, batch, partialSuccess(batch.signal, answer))
    },
    stop: (): void => client.close(),
  }
}

export default definePlugin({
  kind: 'exporter',
  type: 'otlp',
  aliases: ['otlp_grpc'],
  signals: ['logs', 'metrics', 'traces'],
  stability: 'beta',
  summary: 'Sends logs, metrics and traces to any OpenTelemetry backend over OTLP/gRPC.',
  // How many batches are sent at once is `sending_queue.num_consumers`'s to say.
  concurrency: 100,
  engineDefaults: { timeout: '5s' },
  schema,
  examples: [
    { title: 'A collector on this machine', yaml: 'endpoint: localhost:4317\ntls: { insecure: true }\n' },
    {
      title: 'A backend with an API key',
      yaml: 'endpoint: otlp.example.com:4317\nheaders:\n  x-api-key: ${env:OTLP_API_KEY:-change-me}\ncompression: zstd\n',
    },
  ],
  check,
  create,
})
