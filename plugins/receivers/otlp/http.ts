/** The HTTP side, from its options. */
import type { Context, Signal } from 'seneca-collector'
import { headerEntries, parseEndpoint, serverAuth, tlsServerOptions } from 'seneca-collector/http'
import type { Http1Server } from 'seneca-collector/http'
import type { GrpcSurroundings } from './grpc.ts'
import { createHttpServer } from './http-server.ts'
import type { HttpConfig } from './options.ts'
import type { Places } from './remedies.ts'

const BODY_BYTES = 20 * 1024 * 1024
const IDLE_MS = 300_000
const HEADER_MS = 60_000
const REQUEST_MS = 300_000

const pathKeys = { logs: 'logs_url_path', metrics: 'metrics_url_path', traces: 'traces_url_path' } as const

/** As the OpenTelemetry Collector: a path without its first slash is one all the same. */
export const pathOf = (config: HttpConfig, signal: Signal): string => {
  const path = config[pathKeys[signal]]
  return path.startsWith('/') ? path : `/${path}`
}

export interface HttpSurroundings extends GrpcSurroundings {
  readonly places: () => Places
}

export const openHttp = (ctx: Context<'receiver'>, config: HttpConfig, around: HttpSurroundings): Http1Server => {
  const encodings = config.compression_algorithms.map((name) => (name === 'none' ? '' : name))
  return createHttpServer({
    rules: {
      endpoint: parseEndpoint(config.endpoint),
      signals: new Map(ctx.signals.map((signal) => [pathOf(config, signal), signal])),
      places: around.places,
      encodings: new Set(encodings.length === 0 ? [''] : encodings),
      allowedOrigins: config.cors?.allowed_origins ?? [],
      maxBytes: config.max_request_body_size || BODY_BYTES,
    },
    intake: around.intake,
    budget: around.budget,
    auth: serverAuth(ctx, config.auth),
    tls: config.tls === undefined ? undefined : tlsServerOptions(config.tls, ctx.folder),
    cors: config.cors,
    headers: headerEntries(config.response_headers).flat(),
    maxConnections: config.max_connections,
    isKeepAlive: config.keep_alives_enabled,
    idleMs: config.idle_timeout || IDLE_MS,
    headerMs: config.read_header_timeout || HEADER_MS,
    requestMs: config.read_timeout || REQUEST_MS,
    explain: around.explain,
    onRefused: around.onRefused,
  })
}
