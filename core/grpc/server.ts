/**
 * Unary gRPC on HTTP/2: a table of methods, each a function from a message to a message.
 *
 * - A call is refused as early as can be: content type (415), path (UNIMPLEMENTED), authentication, length, encoding; what
 *   is refused is not read.
 * - Bounds: connections, calls at a time on each, bytes of a message (sent and decompressed), bytes of all calls together
 *   (`budget`), the time a message may take to come, the peer's own `grpc-timeout`.
 * - What a method throws is the call's status: a `GrpcError` as it is, anything else INTERNAL.
 * - Stopping: connections are told to go (GOAWAY), calls that are open end; `cut` ends what is left.
 */
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import type { Server as TlsServer } from 'node:tls'
import type { Clock } from '../kit/clock.ts'
import type { ServerAuthenticator } from '../http/authenticator.ts'
import type { ByteBudget } from '../http/byte-budget.ts'
import type { Decompression } from '../http/decompression.ts'
import type { Spoken } from '../http/first-bytes.ts'
import { createFront } from '../http/front.ts'
import { Connection } from '../http/http2/connection.ts'
import type { Fields } from '../http/http2/fields.ts'
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

export interface GrpcCall {
  readonly headers: Fields
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

const secureServer = (
  tls: TlsServerOptions,
  serve: (socket: Duplex) => Connection,
  onRefused: GrpcServerOptions['onRefused'],
  explain: GrpcServerOptions['explain'],
): TlsServer => {
  const server = createTlsServer({ ...tls, ALPNProtocols: ['h2'], handshakeTimeout: HANDSHAKE_MS }, (socket) => {
    if (socket.alpnProtocol === 'h2') {
      const connection = serve(socket)
      socket.on('data', (chunk: Buffer) => connection.take(chunk))
      return
    }
    onRefused('wrong_protocol', explain('http1'))
    socket.destroy()
  })
  return server.on('tlsClientError', (error) => onRefused('tls', `a TLS handshake failed: ${error.message}`))
}

export const createGrpcServer = (options: GrpcServerOptions): GrpcServer => {
  const { clock, onRefused } = options
  const connections = new Set<Connection>()
  const calls = new Set<Call>()
  let stopSweep: (() => void) | undefined

  const serve = (socket: Duplex): Connection => {
    const connection = new Connection(socket, {
      clock,
      maxConcurrentStreams: options.maxConcurrentStreams,
      onExchange: (exchange) => answerCall(exchange, options, calls),
      onFault: (sentence) => onRefused('malformed', `no HTTP/2: ${sentence}`),
    })
    connections.add(connection)
    connection.onceGone(() => connections.delete(connection))
    if (options.session !== undefined) watchSession(connection, clock, options.session)
    return connection
  }
  const secured = options.tls === undefined ? undefined : secureServer(options.tls, serve, onRefused, options.explain)

  const front = createFront({
    clock,
    maxConnections: options.maxConnections,
    expects: options.tls === undefined ? 'http2' : 'tls',
    accept: (socket) => void secured?.emit('connection', socket),
    ...(secured === undefined ? { adopt: serve } : {}),
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
    for (const connection of connections) connection.check(clock.monotonic())
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
      for (const connection of connections) connection.close()
      await gone
    },
    cut() {
      for (const connection of connections) connection.destroy()
      front.cut()
    },
    renew(tls) {
      secured?.setSecureContext(tls)
    },
    get openCalls() {
      return calls.size
    },
  }
}
