/**
 * Unary gRPC on node:http2: a table of methods, each a function from a message to a message.
 *
 * - A call is refused as early as can be: content type (415), path (UNIMPLEMENTED), authentication, length, encoding; what
 *   is refused is not read.
 * - Bounds: connections, calls at a time on each, bytes of a message (sent and decompressed), bytes of all calls together
 *   (`budget`), the time a message may take to come, the peer's own `grpc-timeout`.
 * - What a method throws is the call's status: a `GrpcError` as it is, anything else INTERNAL.
 * - Stopping: sessions are told to go (GOAWAY), calls that are open end; `cut` ends what is left.
 */
import { createSecureServer, createServer } from 'node:http2'
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { Clock } from '../kit/clock.ts'
import type { ServerAuthenticator } from '../http/authenticator.ts'
import type { ByteBudget } from '../http/byte-budget.ts'
import type { Decompression } from '../http/decompression.ts'
import type { Spoken } from '../http/first-bytes.ts'
import { createFront } from '../http/front.ts'
import type { TlsServerOptions } from '../http/tls-server.ts'
import { answerCall } from './call.ts'
import type { Call } from './call.ts'
import { watchSession } from './session.ts'
import type { SessionLimits } from './session.ts'

/** How long a peer may take to send one message. */
const MESSAGE_MS = 60_000
/** How often that is looked at. */
const SWEEP_MS = 5_000
const HANDSHAKE_MS = 10_000
/** What a connection may send ahead of being read: enough for many small calls or one large one. */
const WINDOW_BYTES = 1024 * 1024
/** A peer may send so much of a message in one frame; the least HTTP/2 has, 16 KiB, makes several of most. */
const FRAME_BYTES = 256 * 1024
/** Header bytes of one call. */
const HEADER_BYTES = 16 * 1024

export interface GrpcCall {
  readonly headers: IncomingHttpHeaders
  /** Aborts when the caller has gone, or its deadline passes. */
  readonly signal: AbortSignal
}
export type GrpcMethod = (message: Buffer, call: GrpcCall) => Promise<Uint8Array>

/** Why a call or connection was refused, as a label; the sentence beside it says what to do. */
export type GrpcRefusal =
  | 'wrong_protocol'
  | 'tls'
  | 'content_type'
  | 'unknown_path'
  | 'unauthenticated'
  | 'encoding'
  | 'too_large'
  | 'malformed'
  | 'slow'
  | 'busy'

export interface GrpcServerOptions {
  readonly clock: Clock
  readonly methods: ReadonlyMap<string, GrpcMethod>
  readonly budget: ByteBudget
  readonly maxMessageBytes: number
  readonly maxConnections: number
  readonly maxConcurrentStreams: number
  readonly encodings: readonly Decompression[]
  readonly session?: SessionLimits
  readonly tls?: TlsServerOptions
  readonly auth?: ServerAuthenticator | undefined
  /** The sentence for a peer that does not speak HTTP/2 here, with what to do. */
  readonly explain: (spoken: Spoken) => string
  readonly onRefused: (refusal: GrpcRefusal, sentence: string) => void
}

export interface GrpcServer {
  listen(endpoint: string): Promise<string>
  /** Takes no more calls; resolves when the open ones have ended and everybody has gone. */
  close(): Promise<void>
  cut(): void
  /** Certificates that were renewed. */
  renew(tls: TlsServerOptions): void
  readonly openCalls: number
}

const serverOf = (options: GrpcServerOptions): Http2Server => {
  const shared = {
    maxHeaderListPairs: 128,
    settings: {
      initialWindowSize: WINDOW_BYTES,
      maxFrameSize: FRAME_BYTES,
      maxConcurrentStreams: options.maxConcurrentStreams,
      maxHeaderListSize: HEADER_BYTES,
    },
  }
  if (options.tls === undefined) return createServer(shared)
  const { tls } = options
  return createSecureServer({ ...shared, ...tls, ALPNProtocols: ['h2'], handshakeTimeout: HANDSHAKE_MS })
}

export const createGrpcServer = (options: GrpcServerOptions): GrpcServer => {
  const { clock, onRefused } = options
  const sessions = new Set<ServerHttp2Session>()
  const calls = new Set<Call>()
  const server = serverOf(options)
  let stopSweep: (() => void) | undefined

  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.on('error', () => session.destroy())
    session.setLocalWindowSize(WINDOW_BYTES)
    if (options.session !== undefined) watchSession(session, clock, options.session)
  })
  server.on('stream', (stream, headers) => answerCall(stream, headers, options, calls))
  server.on('tlsClientError', (error: NodeJS.ErrnoException) =>
    onRefused('tls', `a TLS handshake failed: ${error.message}`),
  )
  server.on('unknownProtocol', (socket: Socket) => {
    onRefused('wrong_protocol', options.explain('http1'))
    socket.destroy()
  })

  const front = createFront({
    clock,
    maxConnections: options.maxConnections,
    expects: options.tls === undefined ? 'http2' : 'tls',
    accept: (socket) => void server.emit('connection', socket),
    explain: (spoken) => {
      const sentence = options.explain(spoken)
      onRefused('wrong_protocol', sentence)
      return sentence
    },
    onFull: () => onRefused('busy', `${options.maxConnections} connections are open; one more was refused`),
  })

  const sweep = (): void => {
    const oldest = clock.monotonic() - MESSAGE_MS
    for (const call of calls) if (call.since < oldest) call.tooSlow()
  }
  return {
    async listen(endpoint) {
      const address = await front.listen(endpoint)
      stopSweep = clock.every(SWEEP_MS, sweep)
      return address
    },
    async close() {
      stopSweep?.()
      const gone = front.close()
      for (const session of sessions) session.close()
      await gone
    },
    cut() {
      for (const session of sessions) session.destroy()
      front.cut()
    },
    renew(tls) {
      if ('setSecureContext' in server)
        (server as unknown as { setSecureContext(tls: object): void }).setSecureContext(tls)
    },
    get openCalls() {
      return calls.size
    },
  }
}
