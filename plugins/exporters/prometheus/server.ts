/** The listening side: `GET /metrics`, compressed for those who take it. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { compress, hostAllowed, listenOn, nodeHttp, parseEndpoint } from 'seneca-collector/http'
import type { TlsServerOptions } from 'seneca-collector/http'
import type { Format } from './exposition.ts'

const PATH = '/metrics'
/** A scrape is a request without a body; whoever needs longer for its headers is no Prometheus. */
const HEADERS_MS = 10_000

const TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

export interface ServerOptions {
  readonly endpoint: string
  readonly tls: TlsServerOptions | undefined
  readonly openMetrics: boolean
  readonly expose: (format: Format) => string
  readonly onError: (error: Error) => void
}

export interface Listening {
  readonly address: string
  close(): Promise<void>
}

const refuse = (response: ServerResponse, status: number, sentence: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${sentence}\n`)
}

const isGzipTaken = ({ headers }: IncomingMessage): boolean =>
  /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(String(headers['accept-encoding'] ?? ''))

const answer = async (request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> => {
  const endpoint = parseEndpoint(options.endpoint)
  if (!hostAllowed(request, endpoint, [])) return refuse(response, 403, 'this Host is not served')
  if (new URL(request.url ?? '/', 'http://localhost').pathname !== PATH)
    return refuse(response, 404, `the metrics are at ${PATH}`)
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'GET it')
  const isOpen = options.openMetrics && /application\/openmetrics-text/i.test(request.headers.accept ?? '')
  const format = isOpen ? 'openmetrics' : 'text'
  const text = Buffer.from(options.expose(format))
  const { body, encoding } = await compress(text, isGzipTaken(request) ? 'gzip' : 'none')
  response.writeHead(200, {
    'content-type': TYPES[format],
    'content-length': body.length,
    vary: 'accept, accept-encoding',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

export const listen = async (options: ServerOptions): Promise<Listening> => {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response, options).catch((error: unknown) => {
      options.onError(error as Error)
      if (!response.headersSent) refuse(response, 500, 'the metrics cannot be shown; see the log')
    })
  }
  const limits = { headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS }
  const server: Server =
    options.tls === undefined
      ? nodeHttp.createServer(limits, handle)
      : createTlsServer({ ...limits, ...options.tls }, handle)
  const address = await listenOn(server, options.endpoint)
  server.on('error', options.onError)
  server.on('clientError', (_, socket) => socket.destroy())
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}
