/**
 * OTLP over HTTP. One request a batch: resolved when the server took it, thrown as retryable for 429, 502, 503, 504 and
 * for everything below HTTP, as permanent for the rest. What a server took in part is not sent again (OTLP forbids it):
 * the records it refused are counted as dropped. Pieces of an untouched batch are written as they came.
 */
import { CollectorError, definePlugin } from 'seneca-collector'
import type { Batch, CheckInfo, ConfigProblem, Context, Signal } from 'seneca-collector'
import {
  clientProblems,
  compress,
  compressionProblems,
  openClient,
  otlpRetryable,
  statusError,
  urlProblems,
} from 'seneca-collector/http'
import type { HttpAnswer, HttpRequest } from 'seneca-collector/http'
import { partialSuccess, settlePartial, statusMessage, withEventNameAttribute } from 'seneca-collector/otlp'
import { schema, urlOf } from './options.ts'
import type { Config } from './options.ts'

const signals = ['logs', 'metrics', 'traces'] as const satisfies readonly Signal[]

const check = function* (config: Config, info: CheckInfo): Generator<ConfigProblem> {
  yield* clientProblems(config, info)
  yield* compressionProblems(config)
  if (config.endpoint !== undefined) yield* urlProblems('endpoint', config.endpoint)
  for (const signal of signals) {
    const own = config[`${signal}_endpoint`]
    if (own !== undefined) yield* urlProblems(`${signal}_endpoint`, own)
  }
  const used = signals.filter((signal) => info.pipelines.some((id) => id === signal || id.startsWith(`${signal}/`)))
  const homeless = used.find((signal) => urlOf(config, signal) === undefined)
  const hasNone = signals.every((signal) => urlOf(config, signal) === undefined)
  if (homeless === undefined && !hasNone) return
  yield {
    path: [],
    message: `needs \`endpoint\` (or \`${homeless ?? 'logs'}_endpoint\`)`,
    suggestion: 'endpoint: http://localhost:4318',
  }
}

const bodyOf = async (batch: Batch, config: Config): Promise<Pick<HttpRequest, 'body' | 'headers'>> => {
  const sent = config.mirror_event_name ? withEventNameAttribute(batch) : batch
  const pieces = sent.encode(config.encoding === 'json' ? 'otlp_json' : 'otlp_proto')
  if (config.compression === 'none') return { body: pieces }
  const whole = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
  const { body, encoding } = await compress(whole, config.compression, config.compression_params?.level)
  return { body, headers: encoding === undefined ? {} : { 'content-encoding': encoding } }
}

const create = async (ctx: Context<'exporter'>, config: Config) => {
  const client = await openClient(ctx, config, {
    'content-type': config.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
  })
  const urls = new Map(
    signals.flatMap((signal) => {
      const url = urlOf(config, signal)
      return url === undefined ? [] : [[signal, new URL(url)] as const]
    }),
  )
  const settle = (batch: Batch, url: URL, answer: HttpAnswer): void => {
    const { status, headers, body } = answer
    const type = headers['content-type']
    if (status >= 200 && status <= 299) return settlePartial(ctx, batch, partialSuccess(batch.signal, body, type))
    throw statusError({
      what: url.origin,
      status,
      headers,
      body: statusMessage(body, type),
      now: ctx.clock.now(),
      retryable: otlpRetryable.has(status),
    })
  }
  return {
    consume: async (batch: Batch, signal: AbortSignal): Promise<void> => {
      if (batch.count === 0) return
      const url = urls.get(batch.signal)
      if (url === undefined) throw new CollectorError('config_invalid', `no endpoint for ${batch.signal}`)
      settle(batch, url, await client.request({ method: 'POST', url, signal, ...(await bodyOf(batch, config)) }))
    },
    stop: (): void => client.close(),
  }
}

export default definePlugin({
  kind: 'exporter',
  type: 'otlp_http',
  aliases: ['otlphttp'],
  signals,
  stability: 'beta',
  summary: 'Sends logs, metrics and traces to any OpenTelemetry backend over OTLP/HTTP, as protobuf or JSON.',
  // How many batches are sent at once is `sending_queue.num_consumers`'s to say.
  concurrency: 100,
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
