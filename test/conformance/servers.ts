/** Real MCP servers for tests: the SDK's own server in both protocol eras, over node:http, and a stdio one with bad habits. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { Readable } from 'node:stream'
import {
  createMcpHandler,
  fromJsonSchema,
  McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import { freePort } from '../../core/http/free-port.ts'

export interface TestMcpServer {
  readonly url: string
  readonly port: number
  /** Tool calls seen, with their arguments and `_meta`. */
  readonly calls: { readonly tool: string; readonly args: unknown; readonly meta: unknown }[]
  readonly sessions: () => number
  readonly requests: { readonly method: string; readonly headers: IncomingMessage['headers'] }[]
  /** Says that a resource changed, to whoever follows it. */
  resourceUpdated(uri: string): Promise<void>
  /** From now on requests are taken and never answered, as by a stopped process. */
  freeze(): void
  /** Forgets all sessions, as a restart does. */
  forget(): void
  close(): Promise<void>
}

export type ToolMaker = (server: McpServer, calls: TestMcpServer['calls']) => void

type ToolResult = {
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
}

/** A tool without arguments whose answer the test decides. */
export const answers =
  (name: string, answer: (args: Record<string, unknown>) => ToolResult | Promise<ToolResult>): ToolMaker =>
  (server, calls) => {
    const inputSchema = fromJsonSchema<Record<string, unknown>>({ type: 'object' })
    server.registerTool(name, { description: name, inputSchema }, async (args, ctx) => {
      calls.push({ tool: name, args, meta: ctx.mcpReq._meta })
      return answer(args)
    })
  }

export const text = (value: string): ToolResult => ({ content: [{ type: 'text', text: value }] })

const newServer = (
  tools: readonly ToolMaker[],
  calls: TestMcpServer['calls'],
  onSubscribe: (uri: string) => void,
): McpServer => {
  const server = new McpServer(
    { name: 'test-server', version: '1.2.3' },
    { capabilities: { resources: { subscribe: true, listChanged: true }, tools: { listChanged: true }, logging: {} } },
  )
  for (const tool of tools) tool(server, calls)
  server.registerResource('board', 'board://tasks', { mimeType: 'application/json' }, () => ({
    contents: [{ uri: 'board://tasks', mimeType: 'application/json', text: JSON.stringify({ tasks: calls.length }) }],
  }))
  server.server.setRequestHandler('resources/subscribe', (request) => {
    onSubscribe(request.params.uri)
    return {}
  })
  server.server.setRequestHandler('resources/unsubscribe', () => ({}))
  return server
}

const webRequest = async (incoming: IncomingMessage, url: string): Promise<Request> => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined) headers.set(name, String(value))
  const method = incoming.method ?? 'GET'
  return new Request(url, { method, headers, ...(method === 'POST' ? { body: Buffer.concat(chunks) } : {}) })
}

const send = (response: Response, outgoing: ServerResponse): void => {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (response.body === null) {
    outgoing.end()
    return
  }
  const body = Readable.fromWeb(response.body as never)
  body.on('error', () => outgoing.destroy())
  outgoing.on('close', () => body.destroy())
  outgoing.flushHeaders()
  body.pipe(outgoing)
}

type Handler = (request: Request) => Promise<Response>

/** Starts a node:http server on a port of its own (or a given one), which nobody else gets while it is closed. */
export const listen = async (
  handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  port?: number,
  tls?: ServerOptions,
) => {
  const sockets = new Set<Socket>()
  const server: HttpServer = tls === undefined ? createServer(handle) : createTlsServer(tls, handle)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(port ?? (await freePort()), '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    port: address.port,
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    close: async (): Promise<void> => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** `legacy`: stateful sessions of 2025, as Marcus has them. `modern`: protocol 2026-07-28. */
export const startServer = async (
  era: 'legacy' | 'modern',
  tools: readonly ToolMaker[],
  options: {
    readonly port?: number
    readonly json?: boolean
    readonly token?: string
    readonly tls?: ServerOptions
  } = {},
): Promise<TestMcpServer> => {
  const calls: TestMcpServer['calls'] = []
  const requests: TestMcpServer['requests'] = []
  const sessions = new Map<
    string,
    {
      readonly transport: WebStandardStreamableHTTPServerTransport
      readonly server: McpServer
      readonly uris: Set<string>
    }
  >()

  const legacy: Handler = async (request) => {
    const id = request.headers.get('mcp-session-id')
    const known = id === null ? undefined : sessions.get(id)
    if (known !== undefined) return known.transport.handleRequest(request)
    if (id !== null)
      return Response.json(
        { jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message: 'Session not found' } },
        { status: 404 },
      )
    const body = request.method === 'POST' ? await request.clone().text() : ''
    if (!body.includes('"initialize"')) {
      return Response.json(
        { jsonrpc: '2.0', id: 'server-error', error: { code: -32600, message: 'Bad Request: Missing session ID' } },
        { status: 400 },
      )
    }
    const uris = new Set<string>()
    const server = newServer(tools, calls, (uri) => uris.add(uri))
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: options.json ?? false,
      onsessioninitialized: (session) => void sessions.set(session, { transport, server, uris }),
      onsessionclosed: (session) => void sessions.delete(session),
    })
    await server.connect(transport)
    return transport.handleRequest(request)
  }
  const modern = createMcpHandler(() => newServer(tools, calls, () => undefined), { legacy: 'reject' })
  const handler: Handler = era === 'legacy' ? legacy : (request) => modern.fetch(request)

  let frozen = false
  const http = await listen(
    (incoming, outgoing) => {
      requests.push({ method: incoming.method ?? '', headers: incoming.headers })
      if (frozen) return
      if (options.token !== undefined && incoming.headers.authorization !== `Bearer ${options.token}`) {
        outgoing.writeHead(401).end('who are you?')
        return
      }
      void webRequest(incoming, `http://127.0.0.1${incoming.url ?? '/'}`)
        .then(handler)
        .then((response) => send(response, outgoing))
        .catch((error: unknown) => outgoing.writeHead(500).end(String(error)))
    },
    options.port,
    options.tls,
  )

  return {
    url: `${http.url}/mcp`,
    port: http.port,
    calls,
    requests,
    sessions: () => sessions.size,
    resourceUpdated: async (uri) => {
      if (era === 'modern') modern.notify.resourceUpdated(uri)
      for (const { server, uris } of sessions.values())
        if (uris.has(uri)) await server.server.sendResourceUpdated({ uri })
    },
    freeze: () => {
      frozen = true
    },
    forget: () => sessions.clear(),
    close: async () => {
      await modern.close()
      await http.close()
    },
  }
}
