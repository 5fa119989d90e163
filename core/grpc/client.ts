/**
 * Unary gRPC calls over one HTTP/2 connection of node:http2, many at a time.
 *
 * - The connection is made by the first call and again by the next call after it was lost; there is no timer of its own:
 *   who calls decides when to call again. A call that times out before the connection stands gives that attempt up.
 * - After a GOAWAY new calls go to a new connection while the old one finishes its own. What the peer says it never looked
 *   at (REFUSED_STREAM, streams above the GOAWAY's) is sent again at once, `UNSEEN_MOST` times; nothing else is.
 * - Whatever else breaks below gRPC is UNAVAILABLE. Every failure is a `GrpcError`, with the server's own words.
 */
import { connect, constants } from 'node:http2'
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../kit/clock.ts'
import { compress } from '../http/compression.ts'
import type { Compression } from '../http/compression.ts'
import { decompress, decompressions } from '../http/decompression.ts'
import type { Decompression } from '../http/decompression.ts'
import type { TlsOptions } from '../http/tls.ts'
import { exchange } from './exchange.ts'
import type { Exchanged } from './exchange.ts'
import { framesOf } from './frame.ts'
import { pingWhileBusy } from './keepalive.ts'
import type { Pingable } from './keepalive.ts'
import { GrpcError } from './status.ts'
import type { GrpcTarget } from './target.ts'
import { formatTimeout } from './timeout.ts'
import { openTunnel } from './tunnel.ts'

/** As gRPC everywhere: what a peer may answer at most. */
const ANSWER_BYTES = 4 * 1024 * 1024
/** Transparent retries of one call: of what no server has seen. */
const UNSEEN_MOST = 3

export interface GrpcClientOptions {
  readonly clock: Clock
  readonly target: GrpcTarget
  readonly tls?: TlsOptions
  /** An HTTP proxy that tunnels (CONNECT). */
  readonly proxy?: URL
  /** Metadata of every call; names in lower case. A name that ends in `-bin` holds base64. */
  readonly headers?: Readonly<Record<string, string>>
  readonly compression?: Compression
  readonly compressionLevel?: number
  readonly maxAnswerBytes?: number
  /** Pings while calls are open; a peer silent for `timeoutMs` is dead. */
  readonly keepalive?: { readonly timeMs: number; readonly timeoutMs: number }
  /** `:authority`, instead of the target's host and port. */
  readonly authority?: string
  readonly userAgent?: string
}

export interface GrpcCallOptions {
  /** 0 = no limit beside `signal`. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Come over the client's. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface GrpcClient {
  /** `path` is `/package.Service/Method`; `pieces` together are the message. Resolves with the answer's message. */
  call(path: string, pieces: readonly Uint8Array[], options?: GrpcCallOptions): Promise<Uint8Array>
  /** Ends the connection; open calls fail. */
  close(): void
}

interface Connection {
  readonly session: ClientHttp2Session
  /** It takes new calls. */
  usable: boolean
  failure: Error | undefined
  open: number
}

const throughProxy = (proxy: URL, target: GrpcTarget, secure: ConnectionOptions): Duplex => {
  const { hostname, port, host } = new URL(target.origin)
  const tunnel = openTunnel(proxy, port === '' ? `${host}:${target.isSecure ? 443 : 80}` : host)
  if (!target.isSecure) return tunnel
  const name = hostname.replace(/^\[|\]$/g, '')
  return connectTls({ ...(isIP(name) === 0 ? { servername: name } : {}), host: name, ...secure, socket: tunnel })
}

const pingable = (session: ClientHttp2Session): Pingable => ({
  get isUp() {
    return !session.destroyed && !session.connecting
  },
  ping: (answered) => void session.ping(answered),
  destroy: (error) => session.destroy(error),
  onceGone: (told) => void session.once('close', told),
})

const openConnection = (options: GrpcClientOptions): Connection => {
  const { target, tls, clock, keepalive, proxy } = options
  const secure = { ...tls, ALPNProtocols: ['h2'] }
  const session = connect(target.origin, {
    ...(target.isSecure ? secure : {}),
    ...(proxy === undefined ? {} : { createConnection: () => throughProxy(proxy, target, secure) }),
    settings: { enablePush: false },
  })
  const connection: Connection = { session, usable: true, failure: undefined, open: 0 }
  const retire = (): void => void (connection.usable = false)
  session.on('error', (error: Error) => {
    connection.failure = error
    retire()
  })
  session.on('goaway', retire)
  session.on('close', retire)
  if (keepalive !== undefined) pingWhileBusy(pingable(session), clock, keepalive, () => connection.open > 0)
  return connection
}

const headersOf = (options: GrpcClientOptions, encoding: string | undefined): OutgoingHttpHeaders => ({
  ':method': 'POST',
  ':scheme': options.target.isSecure ? 'https' : 'http',
  ...(options.authority === undefined ? {} : { ':authority': options.authority }),
  te: 'trailers',
  'content-type': 'application/grpc',
  'user-agent': options.userAgent ?? 'seneca-collector',
  'grpc-accept-encoding': 'gzip,deflate,zstd,identity',
  ...(encoding === undefined ? {} : { 'grpc-encoding': encoding }),
  ...options.headers,
})

const isKnown = (encoding: string | undefined): encoding is Decompression =>
  decompressions.includes(encoding as Decompression)

const messageOf = async ({ message, headers }: Exchanged, most: number): Promise<Uint8Array> => {
  if (!message.isCompressed) return message.bytes
  const encoding = headers['grpc-encoding'] as string | undefined
  if (!isKnown(encoding))
    throw new GrpcError({
      code: 'INTERNAL',
      message: `the answer is compressed with ${encoding ?? 'nothing it names'}`,
    })
  return decompress(message.bytes, encoding, most)
}

/** Aborts when the time is up or the caller gives up; `reason` tells which. */
const limitOf = (clock: Clock, origin: string, { timeoutMs = 0, signal }: GrpcCallOptions) => {
  const controller = new AbortController()
  const cancelled = (): void =>
    controller.abort(new GrpcError({ code: 'CANCELLED', message: `${origin}: cancelled` }, signal?.reason))
  const cancelTimer =
    timeoutMs > 0
      ? clock.after(timeoutMs, () =>
          controller.abort(
            new GrpcError({ code: 'DEADLINE_EXCEEDED', message: `${origin}: no answer within ${timeoutMs} ms` }),
          ),
        )
      : undefined
  if (signal?.aborted === true) cancelled()
  signal?.addEventListener('abort', cancelled, { once: true })
  return {
    signal: controller.signal,
    done: (): void => {
      cancelTimer?.()
      signal?.removeEventListener('abort', cancelled)
    },
  }
}

export const createGrpcClient = (options: GrpcClientOptions): GrpcClient => {
  const { clock, target, compression = 'none', maxAnswerBytes = ANSWER_BYTES } = options
  const connections = new Set<Connection>()
  let current: Connection | undefined
  let isClosed = false
  const bare = headersOf(options, undefined)
  // gRPC's "deflate" is the zlib format, as HTTP's is.
  const encoded = headersOf(options, compression === 'zlib' ? 'deflate' : compression)

  const connected = (): Connection => {
    if (isClosed) throw new GrpcError({ code: 'CANCELLED', message: `${target.origin}: the client is closed` })
    if (current?.usable === true && !current.session.closed) return current
    const connection = openConnection(options)
    connections.add(connection)
    connection.session.once('close', () => connections.delete(connection))
    current = connection
    return connection
  }

  const attempt = async (
    headers: OutgoingHttpHeaders,
    frames: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<Exchanged> => {
    for (let unseen = 0; ; unseen++) {
      const connection = connected()
      connection.open++
      try {
        const answer = await exchange(connection, target.origin, headers, frames, maxAnswerBytes, signal)
        if (answer !== 'unseen') return answer
        connection.usable = false
        if (unseen >= UNSEEN_MOST)
          throw new GrpcError({ code: 'UNAVAILABLE', message: `${target.origin}: the server refuses new calls` })
      } finally {
        connection.open--
        // Nobody hears from a connection that does not come about: the next call tries anew.
        if (signal.aborted && connection.session.connecting) connection.session.destroy()
      }
    }
  }

  return {
    async call(path, pieces, call = {}) {
      const isSmallest = compression === 'none'
      const body = isSmallest ? undefined : await compress(Buffer.concat(pieces), compression, options.compressionLevel)
      const frames = body === undefined ? framesOf(pieces, false) : framesOf([body.body], true)
      const limit = limitOf(clock, target.origin, call)
      try {
        if (limit.signal.aborted) throw limit.signal.reason
        const headers = {
          ...(isSmallest ? bare : encoded),
          ...(call.timeoutMs === undefined || call.timeoutMs === 0
            ? {}
            : { 'grpc-timeout': formatTimeout(call.timeoutMs) }),
          ...call.headers,
          ':path': path,
        }
        return await messageOf(await attempt(headers, frames, limit.signal), maxAnswerBytes)
      } finally {
        limit.done()
      }
    },
    close() {
      isClosed = true
      for (const { session } of connections) session.destroy(undefined, constants.NGHTTP2_CANCEL)
    },
  }
}
