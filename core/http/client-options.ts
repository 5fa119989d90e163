/**
 * The OpenTelemetry Collector's client options (confighttp) that every exporter over HTTP has, and the client they make:
 * TLS, proxy, connections, headers, authentication. Names and defaults are the Collector's.
 */
import type { Context } from '../kit/context.ts'
import type { CheckInfo, ConfigProblem } from '../kit/plugin.ts'
import type { Infer, JsonSchema } from '../kit/schema.ts'
import { authProblems, authSchema, clientAuth } from './authenticator.ts'
import { createHttpClient } from './client.ts'
import type { HttpClient } from './client.ts'
import { headerEntries, headersSchema } from './headers.ts'
import { tlsOptions, tlsProblems, tlsSchema } from './tls.ts'

/** As many as an exporter has calls open; each call has one. */
const CONNECTIONS = 100

export const clientProperties = {
  headers: { ...headersSchema, description: 'Headers of every request, e.g. an API key. Never printed.' },
  auth: authSchema,
  tls: tlsSchema,
  max_conns_per_host: {
    type: 'integer',
    minimum: 0,
    default: 0,
    description: `Connections at a time; 0 = ${CONNECTIONS}.`,
  },
  max_idle_conns_per_host: {
    type: 'integer',
    minimum: 0,
    description: 'Connections kept while nothing is sent; all by default.',
  },
  idle_conn_timeout: {
    type: 'string',
    format: 'duration',
    default: '90s',
    description: 'How long an unused connection is kept.',
  },
  disable_keep_alives: { type: 'boolean', default: false, description: 'A new connection for every request.' },
  proxy_url: {
    type: 'string',
    description: 'Proxy of the requests; else HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment.',
  },
} as const satisfies Readonly<Record<string, JsonSchema>>

const clientSchema = { type: 'object', properties: clientProperties } as const satisfies JsonSchema
export type ClientConfig = Infer<typeof clientSchema>

/** For `check()`: mistakes in the options above. */
export const clientProblems = function* (config: ClientConfig, info: CheckInfo): Generator<ConfigProblem> {
  yield* tlsProblems(config.tls, info.folder)
  yield* authProblems(config.auth, info)
  const { proxy_url: proxy } = config
  if (proxy === undefined || /^https?:$/.test(URL.parse(proxy)?.protocol ?? '')) return
  yield {
    path: ['proxy_url'],
    message: `"${proxy}" is no http or https URL`,
    suggestion: 'http://proxy.example.com:3128',
  }
}

/** For `check()`: an option that must hold an http or https URL. */
export const urlProblems = function* (key: string, url: string): Generator<ConfigProblem> {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return
  yield {
    path: [key],
    message: `"${url}" is no http or https URL`,
    suggestion: `http://${url.replace(/^.*:\/\//, '')}`,
  }
}

/** `headers`: the exporter's own; the configured ones come over them, and the authenticator's over those. */
export const openClient = async (
  ctx: Context<'exporter'>,
  config: ClientConfig,
  headers: Readonly<Record<string, string>>,
): Promise<HttpClient> => {
  const authenticator = clientAuth(ctx, config.auth)
  const client = createHttpClient({
    clock: ctx.clock,
    tls: await tlsOptions(config.tls, ctx.folder),
    maxSockets: config.max_conns_per_host === 0 ? CONNECTIONS : config.max_conns_per_host,
    ...(config.max_idle_conns_per_host === undefined ? {} : { maxFreeSockets: config.max_idle_conns_per_host }),
    idleMs: config.idle_conn_timeout,
    keepAlive: !config.disable_keep_alives,
    headers: { 'user-agent': 'seneca-collector', ...headers, ...Object.fromEntries(headerEntries(config.headers)) },
    ...(config.proxy_url === undefined ? {} : { proxy: config.proxy_url }),
  })
  if (authenticator === undefined) return client
  return {
    request: async (request) =>
      client.request({ ...request, headers: { ...request.headers, ...(await authenticator.clientHeaders()) } }),
    close: () => client.close(),
  }
}
