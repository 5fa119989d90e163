/**
 * OTLP over HTTP. One request a batch: resolved when the server took it, thrown as retryable for 429, 502, 503, 504 and
 * for everything below HTTP, as permanent for the rest. What a server took in part is not sent again (OTLP forbids it):
 * the records it refused are counted as dropped.
 */
import { definePlugin, path } from 'seneca-collector'
import type { Batch, CheckInfo, ConfigProblem, Context } from 'seneca-collector'
import { compress, createHttpClient, otlpRetryable, statusError, tlsOptions, tlsProblems } from 'seneca-collector/http'
import type { HttpAnswer } from 'seneca-collector/http'
import { logsUrl, schema } from './options.ts'
import type { Config } from './options.ts'
import { partialSuccess, statusMessage } from './response.ts'

const CONNECTIONS = 16
const eventNameAttribute = path(['attributes', 'event.name'])

/** Events carry their name as an attribute too; a batch without events is the same batch. */
const mirrored = (batch: Batch<'logs'>): Batch<'logs'> =>
  batch.edit((draft) => {
    const { eventName } = draft.record
    if (eventName !== '' && draft.record.get(eventNameAttribute) === undefined) draft.set(eventNameAttribute, eventName)
  })

const bodyOf = (batch: Batch<'logs'>, config: Config): Uint8Array => {
  const sent = config.mirror_event_name ? mirrored(batch) : batch
  const pieces = sent.encode(config.encoding === 'json' ? 'otlp_json' : 'otlp_proto')
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
}

const check = function* (config: Config, info: CheckInfo): Generator<ConfigProblem> {
  yield* tlsProblems(config.tls, info.folder)
  const url = logsUrl(config)
  const key = config.logs_endpoint === undefined ? 'endpoint' : 'logs_endpoint'
  if (url === undefined) {
    yield { path: [], message: 'needs `endpoint` (or `logs_endpoint`)', suggestion: 'endpoint: http://localhost:4318' }
    return
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return
  yield {
    path: [key],
    message: `"${config[key]}" is no http or https URL`,
    suggestion: `http://${String(config[key]).replace(/^.*:\/\//, '')}`,
  }
}

const clientOf = async (ctx: Context<'exporter'>, config: Config) =>
  createHttpClient({
    clock: ctx.clock,
    tls: await tlsOptions(config.tls, ctx.folder),
    maxSockets: config.max_conns_per_host === 0 ? CONNECTIONS : config.max_conns_per_host,
    headers: {
      'user-agent': 'seneca-collector',
      'content-type': config.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
      ...Object.fromEntries(
        Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), value.reveal()]),
      ),
    },
    ...(config.proxy_url === undefined ? {} : { proxy: config.proxy_url }),
  })

const create = async (ctx: Context<'exporter'>, config: Config) => {
  const url = logsUrl(config) as string
  const client = await clientOf(ctx, config)
  const settle = (answer: HttpAnswer): void => {
    const { status, headers, body } = answer
    const type = headers['content-type']
    if (status < 200 || status > 299) {
      const what = new URL(url).origin
      throw statusError({
        what,
        status,
        headers,
        body: statusMessage(body, type),
        now: ctx.clock.now(),
        retryable: otlpRetryable.has(status),
      })
    }
    const { rejected, message } = partialSuccess(body, type)
    if (rejected > 0) ctx.dropped(rejected, 'rejected by the server')
    if (rejected > 0 || message !== '') ctx.log.warn('the server took the batch in part', { rejected, message })
  }
  return {
    consume: async (batch: Batch, signal: AbortSignal): Promise<void> => {
      if (batch.count === 0) return
      const { body, encoding } = await compress(bodyOf(batch as Batch<'logs'>, config), config.compression)
      const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
      settle(await client.request({ method: 'POST', url, body, headers, signal }))
    },
    stop: (): void => client.close(),
  }
}

export default definePlugin({
  kind: 'exporter',
  type: 'otlp_http',
  aliases: ['otlphttp'],
  signals: ['logs'],
  stability: 'beta',
  summary: 'Sends logs and events to any OpenTelemetry backend over OTLP/HTTP, as protobuf or JSON.',
  concurrency: 10,
  engineDefaults: { timeout: '30s' },
  schema,
  examples: [
    { title: 'A collector on this machine', yaml: 'endpoint: http://localhost:4318\n' },
    {
      title: 'A backend with an API key',
      yaml: 'endpoint: https://otlp.example.com\nheaders:\n  x-api-key: ${env:OTLP_API_KEY:-change-me}\ncompression: zstd\n',
    },
  ],
  check,
  create,
})
