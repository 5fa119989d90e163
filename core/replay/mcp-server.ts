/**
 * A streamable-HTTP MCP server on the loopback that answers as the recorded Marcus would: stateful sessions, 404 for a
 * session of an earlier process, 421 for a foreign Host header, connections refused while it is down. The port is
 * chosen once and kept over restarts.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import { freePort } from '../http/free-port.ts'
import { nodeHttp } from '../kit/node-http.ts'
import { Readable } from 'node:stream'
import { Server, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'
import type { Json } from './json.ts'

export interface RecordedTools {
  readonly tools: readonly Json[]
  readonly initialize: { readonly name: string; readonly version: string; readonly instructions: string }
  call(tool: string, args: Json): Json
}

export interface McpReplayServer {
  readonly port: number
  readonly url: string
  /** Opens the endpoint with no sessions. */
  up(): Promise<void>
  /** Closes it and forgets all sessions. */
  down(): Promise<void>
  /** Tool calls answered so far, by tool. */
  readonly served: ReadonlyMap<string, number>
}

/** Clients of a replay are a handful; more are refused. */
const SESSIONS_MAX = 200
const BODY_BYTES_MAX = 4 * 1024 * 1024

const jsonError = (response: ServerResponse, status: number, code: number, message: string): void => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ jsonrpc: '2.0', id: 'server-error', error: { code, message } }))
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > BODY_BYTES_MAX) throw new RangeError('body too large')
    chunks.push(chunk)
  }
  return size === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown)
}

const send = (from: Response, to: ServerResponse): void => {
  to.writeHead(from.status, Object.fromEntries(from.headers))
  if (from.body === null) {
    to.end()
    return
  }
  const body = Readable.fromWeb(from.body as Parameters<typeof Readable.fromWeb>[0])
  body.on('error', () => to.destroy())
  to.on('close', () => body.destroy())
  body.pipe(to)
}

const protocolServer = (recorded: RecordedTools, served: Map<string, number>): Server => {
  const { name, version, instructions } = recorded.initialize
  const server = new Server({ name, version }, { capabilities: { tools: { listChanged: false } }, instructions })
  server.setRequestHandler('tools/list', () => ({ tools: recorded.tools as never }))
  server.setRequestHandler('tools/call', (request) => {
    const tool = request.params.name
    served.set(tool, (served.get(tool) ?? 0) + 1)
    return recorded.call(tool, request.params.arguments ?? {}) as never
  })
  return server
}

type Transport = WebStandardStreamableHTTPServerTransport

const webRequest = (request: IncomingMessage, response: ServerResponse, url: URL): Request => {
  const headers = new Headers()
  for (const [key, value] of Object.entries(request.headers)) if (value !== undefined) headers.set(key, String(value))
  const abort = new AbortController()
  response.on('close', () => abort.abort())
  return new Request(url, { method: request.method ?? 'GET', headers, signal: abort.signal })
}

const openSession = async (
  recorded: RecordedTools,
  sessions: Map<string, Transport>,
  served: Map<string, number>,
): Promise<Transport> => {
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID().replaceAll('-', ''),
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id),
  })
  await protocolServer(recorded, served).connect(transport)
  return transport
}

const handler =
  (sessions: Map<string, Transport>, open: () => Promise<Transport>) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')) {
      response.writeHead(421).end('Invalid Host header')
      return
    }
    if (url.pathname !== '/mcp') {
      response.writeHead(404).end('Not Found')
      return
    }
    const parsedBody = request.method === 'POST' ? await readBody(request) : undefined
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (id !== undefined && known === undefined) {
      jsonError(response, 404, -32_600, 'Session not found')
      return
    }
    if (known === undefined && sessions.size >= SESSIONS_MAX) {
      jsonError(response, 503, -32_000, 'Too many sessions')
      return
    }
    const transport = known ?? (await open())
    const options = parsedBody === undefined ? {} : { parsedBody }
    send(await transport.handleRequest(webRequest(request, response, url), options), response)
  }

export const mcpReplayServer = async (recorded: RecordedTools, wantedPort?: number): Promise<McpReplayServer> => {
  const served = new Map<string, number>()
  const sessions = new Map<string, Transport>()
  const handle = handler(sessions, () => openSession(recorded, sessions, served))
  let http: HttpServer | undefined
  // Known before the first start, so that service files can name it.
  const port = wantedPort ?? (await freePort())

  const up = async (): Promise<void> => {
    if (http !== undefined) return
    const server = nodeHttp.createServer((request, response) => {
      handle(request, response).catch(() => {
        if (response.headersSent) response.destroy()
        else jsonError(response, 400, -32_700, 'Parse error')
      })
    })
    server.keepAliveTimeout = 60_000
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    http = server
  }

  const down = async (): Promise<void> => {
    const server = http
    http = undefined
    const left = [...sessions.values()]
    sessions.clear()
    await Promise.allSettled(left.map((transport) => transport.close()))
    if (server === undefined) return
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }

  return { port, url: `http://127.0.0.1:${port}/mcp`, up, down, served }
}
