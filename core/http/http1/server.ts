/**
 * An HTTP/1.1 server for requests with small heads and large bodies, such as OTLP: sockets and as little above them as
 * the protocol allows. Strict about what a request is (head.ts); bounded in connections, header bytes, time, and what it
 * reads without need.
 */
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { nodeTls } from '../../kit/node-http.ts'
import { listenOn } from '../listen.ts'
import { readInto } from '../read-into.ts'
import type { TlsServerOptions } from '../tls-server.ts'
import { Connection } from './connection.ts'
import type { ConnectionOptions } from './connection.ts'

const HANDSHAKE_MS = 10_000
const CHECK_MOST_MS = 30_000

export interface Http1Options extends Omit<ConnectionOptions, 'onBegin' | 'onEnd'> {
  readonly maxConnections: number
  readonly tls: TlsServerOptions | undefined
  /** `maxConnections` are open; one more was closed. */
  readonly onFull: () => void
  readonly onTlsError: (error: NodeJS.ErrnoException) => void
}

export interface Http1Server {
  listen(endpoint: string): Promise<string>
  /** Takes no more; resolves when the open requests are answered. */
  close(): Promise<void>
  cut(): void
  renew(tls: TlsServerOptions): void
}

interface Doorway {
  readonly connect: () => Connection
  /** Every socket, under TLS from before its handshake on. */
  readonly sockets: Set<Socket>
  /** Requests may come from it from now on. */
  readonly open: (connection: Connection, socket: Socket) => void
}

const remember = <T>(set: Set<T>, item: T, socket: Socket): void => {
  set.add(item)
  socket.once('close', () => set.delete(item))
}

const secureServer = (options: Http1Options, tls: TlsServerOptions, { connect, sockets, open }: Doorway): Server => {
  const settings = { ...tls, handshakeTimeout: HANDSHAKE_MS, ALPNProtocols: ['http/1.1'], noDelay: true }
  const server = nodeTls().createServer({ ...settings, allowHalfOpen: true } as object, (socket) => {
    const connection = connect()
    socket.on('data', (chunk: Buffer) => connection.take(chunk))
    open(connection, socket)
  })
  server.maxConnections = options.maxConnections
  return server
    .on('drop', options.onFull)
    .on('tlsClientError', options.onTlsError)
    .on('connection', (socket: Socket) => remember(sockets, socket, socket))
}

const plainServer = ({ maxConnections, onFull }: Http1Options, { connect, sockets, open }: Doorway): Server =>
  createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true }, (accepted) => {
    if (sockets.size >= maxConnections) {
      accepted.destroy()
      return onFull()
    }
    const connection = connect()
    const socket = readInto(accepted, connection)
    if (socket === undefined) return
    remember(sockets, socket, socket)
    open(connection, socket)
  })

export const createHttp1Server = (options: Http1Options): Http1Server => {
  const connections = new Set<Connection>()
  const sockets = new Set<Socket>()
  let open = 0
  let whenIdle: (() => void) | undefined
  let checking: NodeJS.Timeout | undefined
  const connectionOptions: ConnectionOptions = {
    ...options,
    onBegin: () => void open++,
    onEnd: () => {
      open--
      if (open === 0) whenIdle?.()
    },
  }
  const doorway: Doorway = {
    sockets,
    connect: () => new Connection(connectionOptions),
    open(connection, socket) {
      remember(connections, connection, socket)
      connection.open(socket)
    },
  }
  const server = options.tls === undefined ? plainServer(options, doorway) : secureServer(options, options.tls, doorway)
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    async listen(endpoint) {
      const address = await listenOn(server, endpoint)
      const shortest = Math.min(options.headerMs, options.requestMs, options.idleMs)
      checking = setInterval(
        () => {
          const now = performance.now()
          for (const connection of connections) connection.check(now)
        },
        Math.min(CHECK_MOST_MS, Math.max(100, shortest / 4)),
      ).unref()
      return address
    },
    async close() {
      if (server.listening) server.close()
      for (const connection of connections) {
        connection.isStopping = true
        if (connection.isIdle) connection.socket.destroy()
      }
      if (open > 0) await new Promise<void>((resolve) => (whenIdle = resolve))
      await Promise.all([...connections].map(({ socket }) => written(socket)))
      clearInterval(checking)
      cut()
    },
    cut,
    renew(tls) {
      if ('setSecureContext' in server)
        (server as unknown as { setSecureContext(tls: object): void }).setSecureContext(tls)
    },
  }
}

/** What was written is on its way, or the connection gone. */
const written = (socket: Socket): Promise<void> =>
  socket.destroyed || socket.writableFinished
    ? Promise.resolve()
    : new Promise((resolve) => {
        socket.once('finish', resolve)
        socket.once('close', () => resolve())
      })
