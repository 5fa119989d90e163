/**
 * OTLP over HTTP/1.1 on node:http. What costs time per request is kept small: no work per record, the body's pieces joined
 * once, one decode, headers of the usual answer made beforehand.
 *
 * Bounds: connections, header bytes and time, body bytes (sent and decompressed), bytes of all requests together, time to
 * come. What is refused by its head is not read beyond `DRAIN_BYTES`.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import { CollectorError } from 'seneca-collector'
import { createChunks, decompress, listenOn, spokenIn } from 'seneca-collector/http'
import type { ByteBudget, ServerAuthenticator, Spoken, TlsServerOptions } from 'seneca-collector/http'
import { answerPartial, answerRefused, answerTaken } from './http-answer.ts'
import type { Common, Refusal } from './http-answer.ts'
import { formatOf, readHead } from './http-request.ts'
import type { Head, Rules } from './http-request.ts'
import { preflight, shared } from './cors.ts'
import type { Cors } from './cors.ts'
import type { Intake, Outcome } from './intake.ts'

const HEADER_BYTES = 16 * 1024
const HANDSHAKE_MS = 10_000
const CHECK_MOST_MS = 30_000
/** A peer that was refused may send so much more before its connection is closed, so that it reads the answer. */
const DRAIN_BYTES = 32 * 1024 * 1024
const BUSY_MS = 1_000

export interface HttpServerOptions {
  readonly rules: Rules
  readonly intake: Intake
  readonly budget: ByteBudget
  readonly auth: ServerAuthenticator | undefined
  readonly tls: TlsServerOptions | undefined
  readonly cors: Cors | undefined
  readonly headers: Common
  readonly maxConnections: number
  readonly isKeepAlive: boolean
  readonly idleMs: number
  readonly headerMs: number
  readonly requestMs: number
  readonly explain: (spoken: Spoken) => string
  readonly onRefused: (reason: string, sentence: string) => void
}

export interface HttpServer {
  listen(endpoint: string): Promise<string>
  /** Takes no more; resolves when the open requests are answered. */
  close(): Promise<void>
  cut(): void
  renew(tls: TlsServerOptions): void
}

interface Serving {
  readonly options: HttpServerOptions
  isStopping: boolean
}

const statuses = { bad: 400, failed: 500, busy: 429, down: 503 } as const

/** One signal a connection: node:http has one request open on each. */
const aborts = new WeakMap<Socket, AbortSignal>()
const abortOf = (socket: Socket): AbortSignal => {
  const known = aborts.get(socket)
  if (known !== undefined) return known
  const controller = new AbortController()
  const gone = new CollectorError('cancelled', 'the sender has gone', { retryable: true })
  socket.once('close', () => controller.abort(gone))
  aborts.set(socket, controller.signal)
  return controller.signal
}

const commonOf = ({ options, isStopping }: Serving, request: IncomingMessage): Common => {
  const cross = options.cors === undefined ? [] : shared(request, options.cors)
  if (!isStopping && options.isKeepAlive && cross.length === 0) return options.headers
  return [...options.headers, ...cross, ...(isStopping || !options.isKeepAlive ? ['connection', 'close'] : [])]
}

const refuse = (serving: Serving, request: IncomingMessage, response: ServerResponse, refusal: Refusal): void => {
  const isLong = !(Number(request.headers['content-length'] ?? 0) <= DRAIN_BYTES)
  const common = commonOf(serving, request)
  answerRefused(
    response,
    formatOf(request.headers['content-type']),
    refusal,
    isLong ? [...common, 'connection', 'close'] : common,
  )
}

const answer = (
  serving: Serving,
  request: IncomingMessage,
  response: ServerResponse,
  { signal, format }: Head,
  outcome: Outcome,
): void => {
  const common = commonOf(serving, request)
  if (outcome.kind === 'taken') return answerTaken(response, format, common)
  if (outcome.kind === 'partial') return answerPartial(response, signal, format, outcome, common)
  const { kind, message } = outcome
  serving.options.onRefused(kind, message)
  const retryAfterMs = 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined
  answerRefused(response, format, { status: statuses[kind], message, retryAfterMs }, common)
}

const tooLarge = (most: number): Refusal => ({
  status: 413,
  message: `the body is larger than the ${most} bytes allowed`,
})
const busy: Refusal = {
  status: 429,
  message: 'as many bytes of requests are under way as may be; come again',
  retryAfterMs: BUSY_MS,
}

const refusalOf = (thrown: unknown): readonly [reason: string, refusal: Refusal] => {
  const { code, message } = CollectorError.from(thrown)
  return code === 'too_large' ? ['too_large', { status: 413, message }] : ['malformed', { status: 400, message }]
}

/** Reads the body, within every bound, and answers. */
const receive = (serving: Serving, request: IncomingMessage, response: ServerResponse, head: Head): void => {
  const { rules, budget, intake, onRefused } = serving.options
  const chunks = createChunks()
  let taken = 0
  let isOver = false
  const done = (): void => {
    isOver = true
    budget.give(taken)
    taken = 0
  }
  const fail = (reason: string, refusal: Refusal): void => {
    done()
    onRefused(reason, refusal.message)
    refuse(serving, request, response, refusal)
  }
  const take = (bytes: number): boolean => {
    if (!budget.take(bytes)) return false
    taken += bytes
    return true
  }
  const run = async (): Promise<void> => {
    let body = chunks.join()
    try {
      if (head.encoding !== undefined && body.length > 0) {
        const plain = decompress(body, head.encoding, rules.maxBytes)
        body = plain instanceof Buffer ? plain : await plain
        if (!take(body.length)) return fail('busy', busy)
      }
    } catch (error) {
      return fail(...refusalOf(error))
    }
    const outcome = await intake(head.signal, head.format, body, abortOf(request.socket))
    answer(serving, request, response, head, outcome)
    done()
  }
  request.on('data', (chunk: Buffer) => {
    if (isOver) return
    if (!take(chunk.length)) return fail('busy', busy)
    chunks.push(chunk)
    if (chunks.size > rules.maxBytes) fail('too_large', tooLarge(rules.maxBytes))
  })
  request.once('end', () => {
    if (!isOver) void run()
  })
  request.once('close', () => {
    if (!isOver && !request.complete) done()
  })
}

const challengeOf = (auth: ServerAuthenticator): readonly string[] => ['www-authenticate', auth.challenge ?? 'Bearer']

const serve = (serving: Serving, request: IncomingMessage, response: ServerResponse): void => {
  const { options } = serving
  const { auth, cors, rules, onRefused } = options
  if (cors !== undefined && request.method === 'OPTIONS') return preflight(request, response, cors)
  const head = readHead(request, rules)
  if ('refusal' in head) {
    onRefused(head.reason, head.refusal.message)
    return refuse(serving, request, response, head.refusal)
  }
  if (auth === undefined) return receive(serving, request, response, head)
  const judge = (reason: string | undefined): void => {
    if (reason === undefined) return receive(serving, request, response, head)
    onRefused('unauthenticated', reason)
    refuse(serving, request, response, { status: 401, message: reason, headers: challengeOf(auth) })
  }
  const refusal = auth.refusal(request.headers)
  if (typeof refusal !== 'object') return judge(refusal)
  void refusal.then(judge, (error: unknown) => {
    const { message, retryAfterMs } = CollectorError.from(error)
    refuse(serving, request, response, { status: 503, message, retryAfterMs })
  })
}

const BAD = 'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n'

type ClientError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer }

const onClientError = ({ explain, onRefused }: HttpServerOptions, error: ClientError, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const isSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const spoken = error.rawPacket === undefined ? undefined : spokenIn(error.rawPacket)
  const isWrong = spoken === 'http2' || spoken === 'tls'
  const sentence = isSlow
    ? 'a request took too long to come'
    : isWrong
      ? explain(spoken)
      : `no HTTP/1.1: ${error.message}`
  onRefused(isSlow ? 'slow' : isWrong ? 'wrong_protocol' : 'malformed', sentence)
  if (spoken === 'tls') return void socket.destroy()
  socket.end(`${BAD}content-length: ${Buffer.byteLength(sentence) + 1}\r\n\r\n${sentence}\n`, () => socket.destroy())
}

const serverOf = (options: HttpServerOptions, onRequest: (q: IncomingMessage, s: ServerResponse) => void): Server => {
  const shortest = Math.min(options.headerMs, options.requestMs, options.idleMs)
  const settings = {
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: options.headerMs,
    requestTimeout: Math.max(options.requestMs, options.headerMs),
    keepAliveTimeout: options.idleMs,
    connectionsCheckingInterval: Math.min(CHECK_MOST_MS, Math.max(100, shortest / 4)),
    noDelay: true,
  }
  const { tls } = options
  const server: Server =
    tls === undefined
      ? createServer(settings, onRequest)
      : createSecureServer(
          { ...settings, ...tls, handshakeTimeout: HANDSHAKE_MS, ALPNProtocols: ['http/1.1'] },
          onRequest,
        )
  server.maxConnections = options.maxConnections
  server.timeout = 0
  return server
}

export const createHttpServer = (options: HttpServerOptions): HttpServer => {
  const { explain, onRefused } = options
  const serving: Serving = { options, isStopping: false }
  let open = 0
  let whenIdle: (() => void) | undefined
  const server = serverOf(options, (request, response) => {
    open++
    response.once('close', () => {
      open--
      if (open === 0) whenIdle?.()
    })
    serve(serving, request, response)
  })
  server.on('clientError', (error: ClientError, socket: Socket) => onClientError(options, error, socket))
  server.on('drop', () => onRefused('busy', `${options.maxConnections} connections are open; one more was refused`))
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    const isPlain = error.code === 'ERR_SSL_HTTP_REQUEST'
    onRefused(
      isPlain ? 'wrong_protocol' : 'tls',
      isPlain ? explain('http1') : `a TLS handshake failed: ${error.message}`,
    )
  })
  return {
    listen: (endpoint) => listenOn(server, endpoint),
    async close() {
      serving.isStopping = true
      server.close()
      server.closeIdleConnections()
      if (open > 0) await new Promise<void>((resolve) => (whenIdle = resolve))
      server.closeAllConnections()
    },
    cut: () => server.closeAllConnections(),
    renew(tls) {
      if ('setSecureContext' in server)
        (server as unknown as { setSecureContext(tls: object): void }).setSecureContext(tls)
    },
  }
}
