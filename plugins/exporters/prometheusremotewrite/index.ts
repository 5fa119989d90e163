/**
 * Prometheus remote write 1.0. One batch is one request, or several when it is large; resolved when the server took all of
 * them. 429 and 5xx are tried again, not before `Retry-After`; any other status is final, as the protocol says. Batches
 * go one after another: Prometheus refuses what is older than what it has.
 */
import { CollectorError, definePlugin } from 'seneca-collector'
import type { Batch, Context } from 'seneca-collector'
import { openClient, statusError } from 'seneca-collector/http'
import { createAccumulator, createRefusals, targetInfoName } from 'seneca-collector/prometheus'
import type { Naming } from 'seneca-collector/prometheus'
import { check, schema } from './options.ts'
import type { Config } from './options.ts'
import { requestsOf } from './request.ts'
import { seriesOf } from './series.ts'

/** A delta series that nobody continues for this long begins anew, as a counter that was reset. */
const DELTA_EXPIRATION_MS = 3_600_000

const HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
}

const namingOf = (config: Config): Naming => ({ namespace: config.namespace, suffixes: config.add_metric_suffixes })

const conversionOf = (ctx: Context<'exporter'>, config: Config) => ({
  accumulator: createAccumulator({
    naming: namingOf(config),
    constant: config.external_labels,
    scope: !config.disable_scope_info,
    resource: config.resource_to_telemetry_conversion.enabled,
    withoutService: false,
    keeps: 'deltas',
    maxSeries: config.max_series,
    expirationMs: DELTA_EXPIRATION_MS,
  }),
  refusals: createRefusals(ctx),
  externalLabels: config.external_labels,
  targetInfo: config.target_info.enabled ? targetInfoName(namingOf(config)) : undefined,
})

const create = async (ctx: Context<'exporter'>, config: Config) => {
  const { compress } = await import('snappy')
  const conversion = conversionOf(ctx, config)
  const url = new URL(config.endpoint)
  const client = await openClient(ctx, config, HEADERS)
  const send = async (request: Uint8Array, signal: AbortSignal): Promise<void> => {
    const body = await compress(Buffer.from(request.buffer, request.byteOffset, request.length))
    const answer = await client.request({ method: 'POST', url, body, signal })
    const { status, headers } = answer
    if (status >= 200 && status <= 299) return
    const retryable = status === 429 || status >= 500
    throw statusError({ what: url.origin, status, headers, body: answer.body, now: ctx.clock.now(), retryable })
  }
  return {
    consume: async (batch: Batch, signal: AbortSignal): Promise<void> => {
      const written = seriesOf(batch as Batch<'metrics'>, conversion, ctx.clock.now())
      for (const request of requestsOf(written, config.send_metadata, config.max_batch_size_bytes)) {
        if (signal.aborted) throw new CollectorError('cancelled', 'cancelled between two requests', { retryable: true })
        await send(request, signal)
      }
    },
    stop: (): void => client.close(),
  }
}

export default definePlugin({
  kind: 'exporter',
  type: 'prometheusremotewrite',
  aliases: ['prometheus_remote_write'],
  signals: ['metrics'],
  stability: 'beta',
  summary: 'Sends metrics to Prometheus, Mimir, Thanos or VictoriaMetrics over remote write.',
  engineDefaults: { timeout: '5s', retry_on_failure: { initial_interval: '50ms' } },
  requires: ['snappy'],
  schema,
  examples: [
    { title: 'A Prometheus on this machine', yaml: 'endpoint: http://localhost:9090/api/v1/write\n' },
    {
      title: 'A Mimir, with a tenant and labels',
      yaml: 'endpoint: https://mimir.example.com/api/v1/push\nheaders: { X-Scope-OrgID: team-a }\nexternal_labels: { collector: home }\n',
    },
  ],
  check,
  create,
})
