/**
 * Loki's push API. One request a batch; resolved when Loki took it. 429 and 5xx are tried again, not before `Retry-After`;
 * any other status is final. Loki answers 400 when it refused some lines (too old, too long) and keeps the others without
 * saying which: those batches count as refused as a whole.
 */
import { CollectorError, definePlugin } from 'seneca-collector'
import type { Batch, Context } from 'seneca-collector'
import { compress, openClient, statusError } from 'seneca-collector/http'
import type { HttpRequest } from 'seneca-collector/http'
import { toJson, toProto } from './body.ts'
import { check, schema, urlOf } from './options.ts'
import type { Config } from './options.ts'
import { streamsOf } from './streams.ts'
import type { Stream } from './streams.ts'

const NANOS_PER_MS = 1_000_000n

type Encoder = (streams: readonly Stream[]) => Promise<Pick<HttpRequest, 'body' | 'headers'>>

const snappyEncoder = async (): Promise<Encoder> => {
  const snappy = await import('snappy').catch((cause: unknown) => {
    const message = 'encoding: proto needs the package snappy: npm install snappy, or use encoding: json'
    throw new CollectorError('dependency_missing', message, { cause })
  })
  return async (streams) => ({ body: await snappy.compress(Buffer.from(toProto(streams))) })
}

const jsonEncoder =
  (compression: Config['compression']): Encoder =>
  async (streams) => {
    const { body, encoding } = await compress(toJson(streams), compression)
    return { body, headers: encoding === undefined ? {} : { 'content-encoding': encoding } }
  }

const create = async (ctx: Context<'exporter'>, config: Config) => {
  const isProto = config.encoding === 'proto'
  const encode = isProto ? await snappyEncoder() : jsonEncoder(config.compression)
  const url = urlOf(config.endpoint)
  const client = await openClient(ctx, config, {
    'content-type': isProto ? 'application/x-protobuf' : 'application/json',
    ...(config.tenant_id === undefined ? {} : { 'x-scope-orgid': config.tenant_id }),
  })
  return {
    consume: async (batch: Batch, signal: AbortSignal): Promise<void> => {
      if (batch.count === 0) return
      const now = ctx.clock.now()
      const streams = streamsOf(batch as Batch<'logs'>, config, BigInt(Math.trunc(now)) * NANOS_PER_MS)
      const { status, headers, body } = await client.request({
        method: 'POST',
        url,
        signal,
        ...(await encode(streams)),
      })
      if (status >= 200 && status <= 299) return
      const retryable = status === 429 || status >= 500
      throw statusError({ what: url.origin, status, headers, body, now: ctx.clock.now(), retryable })
    },
    stop: (): void => client.close(),
  }
}

export default definePlugin({
  kind: 'exporter',
  type: 'loki',
  signals: ['logs'],
  stability: 'beta',
  summary: 'Sends logs and events to Grafana Loki, or to VictoriaLogs, over the push API.',
  concurrency: 100,
  engineDefaults: { timeout: '30s' },
  schema,
  examples: [
    { title: 'A Loki on this machine', yaml: 'endpoint: http://localhost:3100\n' },
    {
      title: 'A shared Loki, with labels of your own',
      yaml: 'endpoint: https://loki.example.com\ntenant_id: team-a\nlabels: { cluster: home }\nattribute_labels: [marcus.project.name]\nline: envelope\n',
    },
  ],
  check,
  create,
})
