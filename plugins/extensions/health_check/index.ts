/**
 * Answers probes by what the components really say: 200 while the collector works, 503 while it starts, stops, or a
 * component has failed. Reasons are told on the loopback only; elsewhere an answer names states, not what is behind them.
 */
import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { CollectorError, type ComponentState, definePlugin, type JsonSchema } from 'seneca-collector'
import { bindAddress, isLoopback, nodeHttp, parseEndpoint } from 'seneca-collector/http'
import { tellChanges } from './changes.ts'

const REQUEST_BYTES_MOST = 8 * 1024
const CONNECTIONS_MOST = 256

const schema = {
  type: 'object',
  properties: {
    endpoint: {
      type: 'string',
      minLength: 1,
      default: 'localhost:13133',
      exclusive: 'address',
      description: 'Address to listen on: host:port.',
    },
    path: { type: 'string', pattern: '^/', default: '/', description: 'The path that answers; others are 404.' },
    response_body: {
      type: 'object',
      description: 'Texts to answer instead of JSON.',
      properties: {
        healthy: { type: 'string', default: '', description: 'Body with 200; empty = JSON.' },
        unhealthy: { type: 'string', default: '', description: 'Body with 503; empty = JSON.' },
      },
    },
    unhealthy_when: {
      type: 'string',
      enum: ['failed', 'degraded'],
      default: 'failed',
      description: 'The mildest component state that makes the collector unhealthy.',
    },
    recovery_duration: {
      type: 'string',
      format: 'duration',
      default: '1m',
      description: 'How long a component may be degraded before that counts: an exporter may try again.',
    },
  },
} as const satisfies JsonSchema

const ranks: Readonly<Record<string, number>> = { ok: 0, stopped: 0, degraded: 1, starting: 2, failed: 3 }

const worst = (components: readonly ComponentState[]): ComponentState['state'] =>
  components.reduce<ComponentState['state']>(
    (state, one) => ((ranks[one.state] ?? 0) > (ranks[state] ?? 0) ? one.state : state),
    'ok',
  )

/** Go's form, as OpenTelemetry's extension prints it: `1h2m3.4s`. */
const goDuration = (ms: number): string => {
  const seconds = ms / 1000
  const minutes = Math.floor(seconds / 60)
  const rest = `${Number((seconds % 60).toFixed(3))}s`
  if (minutes === 0) return rest
  return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`
}

interface Answer {
  readonly healthy: boolean
  readonly body: string
  readonly json: boolean
}

const listener =
  (path: string, answer: () => Answer) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    request.resume()
    const asked = URL.parse(request.url ?? '', 'http://health')?.pathname
    if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end()
    else if (asked !== path) response.writeHead(404).end()
    else {
      const { healthy, body, json } = answer()
      response.writeHead(healthy ? 200 : 503, {
        'content-type': json ? 'application/json' : 'text/plain; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'cache-control': 'no-store',
      })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
  }

export default definePlugin({
  kind: 'extension',
  type: 'health_check',
  signals: [],
  stability: 'stable',
  summary: 'Answers HTTP probes: 200 while all components work, 503 while one has failed or is not yet up.',
  schema,
  examples: [
    { title: 'as OpenTelemetry has it', yaml: 'endpoint: localhost:13133' },
    {
      title: 'for a probe that wants a text',
      yaml: "path: /health\nresponse_body:\n  healthy: 'OK'\n  unhealthy: 'not OK'",
    },
  ],
  *check(config) {
    try {
      parseEndpoint(config.endpoint)
    } catch (error) {
      yield { path: ['endpoint'], message: CollectorError.from(error).message }
    }
  },
  create(ctx, config) {
    const endpoint = parseEndpoint(config.endpoint)
    const began = ctx.clock.now()
    let stopping = false
    let server: Server | undefined
    let tellNoMore = (): void => {}
    const others = (): readonly ComponentState[] =>
      ctx.components().filter((one) => !(one.kind === 'extension' && one.id === ctx.id))

    const answer = (): Answer => {
      const components = others()
      const state = stopping ? 'stopped' : worst(components)
      const limit = config.unhealthy_when === 'degraded' ? 1 : 2
      const lasting = components.filter(
        (one) => one.state !== 'degraded' || ctx.clock.now() - one.since >= config.recovery_duration,
      )
      const healthy = !stopping && (ranks[worst(lasting)] ?? 0) < limit
      const text = healthy ? config.response_body?.healthy : config.response_body?.unhealthy
      if (text) return { healthy, body: text, json: false }
      const told = isLoopback(endpoint.host)
      const unwell = components
        .filter((one) => one.state !== 'ok')
        .map(({ id, kind, state: own, reason }) => ({ kind, id, state: own, ...(told && reason ? { reason } : {}) }))
      const body = {
        status: healthy ? 'Server available' : 'Server not available',
        upSince: new Date(began).toISOString(),
        uptime: goDuration(ctx.clock.now() - began),
        state,
        ...(unwell.length > 0 ? { components: unwell } : {}),
      }
      return { healthy, body: JSON.stringify(body), json: true }
    }

    return {
      async start() {
        const made = nodeHttp.createServer({ maxHeaderSize: REQUEST_BYTES_MOST }, listener(config.path, answer))
        made.maxConnections = CONNECTIONS_MOST
        server = made
        try {
          made.listen(bindAddress(endpoint))
          await once(made, 'listening')
        } catch (error) {
          const { code, message } = error as NodeJS.ErrnoException
          const reason = code === 'EADDRINUSE' ? 'something else listens there already' : message
          throw new CollectorError('start_failed', `cannot listen on ${config.endpoint}: ${reason}`, { cause: error })
        }
        made.on('error', (error) => ctx.status.report('degraded', error.message))
        ctx.status.report('ok')
        tellNoMore = tellChanges(ctx, others)
      },
      async stop() {
        stopping = true
        tellNoMore()
        if (server === undefined || !server.listening) return
        const closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
        await closed
      },
      /** Where it listens: with port 0 the system chose. */
      inspect: (topic) => {
        const address = server?.address()
        if (topic !== '' || typeof address !== 'object' || address === null) return undefined
        return { endpoint: `${endpoint.host === '' ? '0.0.0.0' : endpoint.host}:${address.port}${config.path}` }
      },
    }
  },
})
