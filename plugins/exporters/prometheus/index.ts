/**
 * Metrics for Prometheus to fetch. Keeps the latest point of every series in memory; deltas are added up. A batch is
 * taken once its points are there: after a restart they come again with the next batch, as with every exposition.
 */
import { definePlugin } from 'seneca-collector'
import type { Batch, Context } from 'seneca-collector'
import { tlsServerOptions } from 'seneca-collector/http'
import { createAccumulator, createRefusals, targetInfoName } from 'seneca-collector/prometheus'
import { expose } from './exposition.ts'
import { check, hasSuffixes, schema } from './options.ts'
import type { Config } from './options.ts'
import { listen } from './server.ts'
import type { Listening } from './server.ts'
import { createTargets } from './targets.ts'

const create = (ctx: Context<'exporter'>, config: Config) => {
  const { enabled, exclude_service_attributes: withoutService } = config.resource_to_telemetry_conversion
  const { metric_expiration: expirationMs, max_series: maxSeries, const_labels: constant } = config
  const naming = { namespace: config.namespace, suffixes: hasSuffixes(config) }
  const accumulator = createAccumulator({
    naming,
    constant,
    scope: !config.without_scope_info,
    resource: enabled,
    withoutService,
    keeps: 'all',
    maxSeries,
    expirationMs,
  })
  const targetName = targetInfoName(naming)
  const targets = createTargets(constant, expirationMs, maxSeries)
  const refusals = createRefusals(ctx)
  let server: Listening | undefined
  return {
    start: async (): Promise<void> => {
      server = await listen({
        endpoint: config.endpoint,
        tls: config.tls === undefined ? undefined : tlsServerOptions(config.tls, ctx.folder),
        openMetrics: config.enable_open_metrics,
        expose: (format) => {
          const now = ctx.clock.now()
          const shown = { families: accumulator.families(now), targets: targets.all(now) }
          return expose({ ...shown, targetName, timestamps: config.send_timestamps }, format)
        },
        onError: (error) => ctx.log.warn('the server had an error', { reason: error.message }),
      })
      ctx.log.info('metrics can be fetched', { address: `${server.address}/metrics` })
    },
    consume: (batch: Batch): void => {
      const now = ctx.clock.now()
      for (const record of batch as Batch<'metrics'>) {
        refusals.note(record.name, [...accumulator.add(record, now)])
        targets.saw(record.resource, now)
      }
    },
    stop: async (): Promise<void> => server?.close(),
    inspect: () => ({ endpoint: server?.address, series: accumulator.size }),
  }
}

export default definePlugin({
  kind: 'exporter',
  type: 'prometheus',
  signals: ['metrics'],
  stability: 'beta',
  summary: 'Lets Prometheus fetch the metrics, as its own text format or OpenMetrics.',
  // Nothing is sent anywhere: there is nothing to wait for.
  engineDefaults: { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } },
  schema,
  examples: [
    { title: 'Fetched by a Prometheus on this machine', yaml: 'endpoint: localhost:8889\n' },
    {
      title: 'OpenMetrics with exemplars, resources as labels',
      yaml: 'endpoint: localhost:8889\nenable_open_metrics: true\nresource_to_telemetry_conversion: { enabled: true }\nmetric_expiration: 180m\n',
    },
  ],
  check,
  create,
})
