/**
 * The listening side: HTTP only to upgrade. Refusals happen before the socket becomes a WebSocket, with a status and a
 * sentence: 400 (no path), 403 (Host or Origin), 404 (path), 503 (too many clients), 401 is left to the first message, because a page
 * cannot set a header. Everything else answers 426 and says how to connect.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { CollectorError } from 'seneca-collector'
import type { Logger } from 'seneca-collector'
import { bindAddress, hostAllowed, originAllowed, nodeHttp, parseEndpoint } from 'seneca-collector/http'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'

export interface ServerOptions {
  readonly endpoint: string
  readonly path: string
  readonly allowedOrigins: readonly string[]
  readonly allowedHosts: readonly string[]
  readonly maxClients: number
  readonly maxMessageBytes: number
  readonly compression: boolean
}

export interface Listening {
  readonly port: number
  readonly address: string
  /** Takes no one any more; the clients' sockets stay for their own goodbye. */
  close(): Promise<void>
}

const refuse = (socket: Duplex, status: string, sentence: string): void => {
  const body = `${sentence}\n`
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

const listenOn = (server: Server, endpoint: string): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the address is in use; is another collector running?' : error.message
      reject(new CollectorError('start_failed', `cannot listen on ${endpoint}: ${why}`, { cause: error }))
    })
    server.listen(bindAddress(parseEndpoint(endpoint)), () => resolve(server.address() as AddressInfo))
  })

export const listen = async (
  options: ServerOptions,
  log: Logger,
  onClient: (socket: WebSocket, request: IncomingMessage, query: URLSearchParams) => void,
): Promise<Listening> => {
  const endpoint = parseEndpoint(options.endpoint)
  const upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: options.maxMessageBytes,
    perMessageDeflate: options.compression,
  })
  let clients = 0

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    // `//` and `http://[` reach the server as they are.
    const url = URL.parse(request.url ?? '/', 'http://localhost')
    if (url === null) return refuse(socket, '400 Bad Request', 'the address is no path')
    if (!hostAllowed(request, endpoint, options.allowedHosts))
      return refuse(socket, '403 Forbidden', 'this Host is not served; name it in allowed_hosts')
    if (!originAllowed(request, options.allowedOrigins))
      return refuse(socket, '403 Forbidden', 'this Origin is not served; name it in allowed_origins')
    if (url.pathname !== options.path) return refuse(socket, '404 Not Found', `the feed is at ${options.path}`)
    if (clients >= options.maxClients)
      return refuse(socket, '503 Service Unavailable', `${options.maxClients} clients are connected already`)
    upgrader.handleUpgrade(request, socket, head, (client) => {
      clients++
      client.once('close', () => clients--)
      onClient(client, request, url.searchParams)
    })
  }

  const server = nodeHttp.createServer((_, response) => {
    response.writeHead(426, {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'content-type': 'text/plain; charset=utf-8',
    })
    response.end(`This is a WebSocket feed. Connect to ws://…${options.path}?subscribe=agent.*\n`)
  })
  server.on('upgrade', upgrade)
  server.on('clientError', (_, socket) => socket.destroy())
  const address = await listenOn(server, options.endpoint)
  server.on('error', (error) => log.warn('the server had an error', { reason: error.message }))
  return {
    port: address.port,
    address: address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}
