/**
 * The HTTP client of exporters: node:http(s) with kept connections, one per component.
 *
 * - A request has a deadline on the injected clock, and a bounded answer: what is longer is cut and the socket closed.
 * - A redirect is followed only for GET-safe codes that keep the method (307, 308) within the same origin, at most 3
 *   times; any other is an answer like every status. Headers and bodies never go to another host.
 * - `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` are honoured unless `proxy` is false; this machine is never asked for
 *   through a proxy of the environment.
 * - A kept connection that the server closed at the moment it was used again is replaced once, at once: the request is
 *   one that the caller would send again anyway.
 * - With `guarded`, link-local addresses are refused after DNS.
 */
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import * as https from 'node:https'
import { nodeHttp } from '../kit/node-http.ts'
import { urlToHttpOptions } from 'node:url'
import type { Clock } from '../kit/clock.ts'
import { CollectorError } from '../kit/errors.ts'
import { checkHost, guardedLookup } from './address.ts'
import type { TlsOptions } from './tls.ts'

const RESPONSE_BYTES = 64 * 1024
const REDIRECTS_MOST = 3
const IDLE_MS = 30_000
/** Names of this machine, in the form of NO_PROXY. */
const THIS_MACHINE = 'localhost,.localhost,127.0.0.1,::1'

export interface HttpClientOptions {
  readonly clock: Clock
  readonly tls?: TlsOptions
  /** Sent with every request; a request's own come over them. */
  readonly headers?: Readonly<Record<string, string>>
  /** false = none; a URL = that one; else as the environment says. */
  readonly proxy?: boolean | string
  /** Refuses link-local addresses. */
  readonly guarded?: boolean
  /** Connections to one host at a time; 16 when absent. */
  readonly maxSockets?: number
  /** Of those, how many are kept when nothing is sent. */
  readonly maxFreeSockets?: number
  /** How long an unused connection is kept; 30 s when absent. */
  readonly idleMs?: number
  /** False: a new connection for every request. */
  readonly keepAlive?: boolean
  readonly maxResponseBytes?: number
}

export interface HttpRequest {
  readonly method?: string
  readonly url: string | URL
  readonly headers?: Readonly<Record<string, string>>
  /** Pieces are written as they are, in one go. */
  readonly body?: Uint8Array | string | readonly Uint8Array[]
  /** 0 = no limit beside `signal`. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
  /** The body was longer than the bound and was cut. */
  readonly truncated: boolean
}

export interface HttpClient {
  /** Any status is an answer; throws a retryable CollectorError (`unavailable`, `timeout`) when there is none. */
  request(request: HttpRequest): Promise<HttpAnswer>
  close(): void
}

const unavailable = (url: URL, error: NodeJS.ErrnoException): CollectorError => {
  const said = error.message === '' ? (error.code ?? error.name) : error.message
  const tls = error.code !== undefined && /^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(error.code)
  return new CollectorError('unavailable', `${url.origin}: ${said}`, { retryable: !tls, cause: error })
}

const readBody = (response: IncomingMessage, most: number): Promise<Pick<HttpAnswer, 'body' | 'truncated'>> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length <= most) return
      resolve({ body: Buffer.concat(chunks).subarray(0, most), truncated: true })
      response.destroy()
    })
    response.once('end', () => resolve({ body: Buffer.concat(chunks), truncated: false }))
    response.once('error', reject)
  })

type Agents = Readonly<Record<'http:' | 'https:', Agent>>

const proxyOf = (proxy: boolean | string | undefined): { readonly proxyEnv?: NodeJS.ProcessEnv } => {
  if (proxy === false) return {}
  if (typeof proxy === 'string') return { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }
  // Lower-case names win, as with curl; upper-cased here, so that there is one of each.
  const of = (name: string): string | undefined => process.env[name.toLowerCase()] ?? process.env[name]
  const [http, https, none] = [of('HTTP_PROXY'), of('HTTPS_PROXY'), of('NO_PROXY')]
  if (http === undefined && https === undefined) return {}
  return {
    proxyEnv: {
      ...(http === undefined ? {} : { HTTP_PROXY: http }),
      ...(https === undefined ? {} : { HTTPS_PROXY: https }),
      NO_PROXY: none === undefined ? THIS_MACHINE : `${none},${THIS_MACHINE}`,
    },
  }
}

const agentsOf = (options: HttpClientOptions): Agents => {
  const shared = {
    keepAlive: options.keepAlive ?? true,
    timeout: options.idleMs ?? IDLE_MS,
    maxSockets: options.maxSockets ?? 16,
    ...(options.maxFreeSockets === undefined ? {} : { maxFreeSockets: options.maxFreeSockets }),
    ...proxyOf(options.proxy),
    ...(options.guarded === true ? { lookup: guardedLookup } : {}),
  }
  return { 'http:': new nodeHttp.Agent(shared), 'https:': new https.Agent({ ...shared, ...options.tls }) }
}

const piecesOf = (body: HttpRequest['body']): readonly Uint8Array[] => {
  if (body === undefined) return []
  if (typeof body === 'string') return [Buffer.from(body)]
  return body instanceof Uint8Array ? [body] : body
}

/** The server closed a kept connection while the request was on its way to it. */
const wasStale = (error: NodeJS.ErrnoException, outgoing: ClientRequest): boolean =>
  outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')

/** What node:http makes of a URL again for each request, made once. */
const targets = new WeakMap<URL, RequestOptions>()

const targetOf = (url: URL): RequestOptions => {
  const known = targets.get(url)
  if (known !== undefined) return known
  const made = urlToHttpOptions(url)
  targets.set(url, made)
  return made
}

const send = (outgoing: ClientRequest, pieces: readonly Uint8Array[]): void => {
  if (pieces.length > 1) outgoing.cork()
  for (const piece of pieces) outgoing.write(piece)
  if (pieces.length > 1) outgoing.uncork()
  outgoing.end()
}

const exchange = (
  options: HttpClientOptions,
  agents: Agents,
  url: URL,
  request: HttpRequest,
  signal: AbortSignal,
  isSecond = false,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const pieces = piecesOf(request.body)
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const headers = {
      ...options.headers,
      ...request.headers,
      ...(request.body === undefined ? {} : { 'content-length': String(length) }),
    }
    const init = { ...targetOf(url), method: request.method ?? 'GET', headers }
    const outgoing =
      url.protocol === 'https:'
        ? https.request({ ...init, ...options.tls, agent: agents['https:'] })
        : nodeHttp.request({ ...init, agent: agents['http:'] })
    const giveUp = (): void => void outgoing.destroy(new Error('cancelled'))
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp)
    outgoing.once('close', () => signal.removeEventListener('abort', giveUp))
    let answered = false
    outgoing.once('error', (error) => {
      if (!answered && !isSecond && !signal.aborted && wasStale(error, outgoing))
        exchange(options, agents, url, request, signal, true).then(resolve, reject)
      else reject(error instanceof CollectorError ? error : unavailable(url, error))
    })
    outgoing.once('response', (response) => {
      answered = true
      readBody(response, options.maxResponseBytes ?? RESPONSE_BYTES).then(
        (read) => resolve({ status: response.statusCode ?? 0, headers: response.headers, ...read }),
        (error: NodeJS.ErrnoException) => reject(unavailable(url, error)),
      )
    })
    send(outgoing, pieces)
  })

const follow = async (
  options: HttpClientOptions,
  agents: Agents,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> => {
  let url = request.url instanceof URL ? request.url : new URL(request.url)
  for (let redirects = 0; ; redirects++) {
    if (options.guarded === true) checkHost(url.hostname)
    const answer = await exchange(options, agents, url, request, signal)
    const { location } = answer.headers
    if ((answer.status !== 307 && answer.status !== 308) || location === undefined || redirects >= REDIRECTS_MOST)
      return answer
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined
    if (next === undefined || next.origin !== url.origin) return answer
    url = next
  }
}

export const createHttpClient = (options: HttpClientOptions): HttpClient => {
  const agents = agentsOf(options)
  const request: HttpClient['request'] = async (wanted) => {
    const timeoutMs = wanted.timeoutMs ?? 0
    const limit = timeoutMs > 0 || wanted.signal === undefined ? new AbortController() : undefined
    const cancel = timeoutMs > 0 ? options.clock.after(timeoutMs, () => limit?.abort()) : undefined
    const signal =
      limit === undefined || wanted.signal === undefined
        ? (limit?.signal ?? wanted.signal!)
        : AbortSignal.any([limit.signal, wanted.signal])
    try {
      return await follow(options, agents, wanted, signal)
    } catch (thrown) {
      const { origin } = new URL(wanted.url)
      const failed = { retryable: true, cause: thrown }
      if (limit?.signal.aborted === true)
        throw new CollectorError('timeout', `${origin}: no answer within ${timeoutMs} ms`, failed)
      if (signal.aborted) throw new CollectorError('cancelled', `${origin}: cancelled`, failed)
      throw CollectorError.from(thrown, 'unavailable')
    } finally {
      cancel?.()
    }
  }
  return {
    request,
    close: () => {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}
