/**
 * The HTTP client of exporters: kept connections, one client per component. It speaks to servers itself (`http1`), and
 * through node:http where a proxy stands between.
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
import type { Clock } from '../kit/clock.ts'
import { CollectorError } from '../kit/errors.ts'
import { checkHost } from './address.ts'
import { createDirect } from './http1/direct.ts'
import type { Exchanging } from './http1/direct.ts'
import type { HttpHeaders } from './http1/head.ts'
import { createProxied, proxyOf } from './proxied.ts'
import type { TlsOptions } from './tls.ts'

const RESPONSE_BYTES = 64 * 1024
const CONNECTIONS = 16
const REDIRECTS_MOST = 3
const IDLE_MS = 30_000

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
  readonly headers: HttpHeaders
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

const piecesOf = (body: HttpRequest['body']): readonly Uint8Array[] => {
  if (body === undefined) return []
  if (typeof body === 'string') return [Buffer.from(body)]
  return body instanceof Uint8Array ? [body] : body
}

const follow = async (
  { guarded }: HttpClientOptions,
  exchanging: Exchanging,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> => {
  const pieces = piecesOf(request.body)
  let url = request.url instanceof URL ? request.url : new URL(request.url)
  for (let redirects = 0; ; redirects++) {
    if (guarded === true) checkHost(url.hostname)
    const answer = await exchanging.exchange(url, request, pieces, signal).catch((error: Error) => {
      throw error instanceof CollectorError ? error : unavailable(url, error)
    })
    const { location } = answer.headers
    if ((answer.status !== 307 && answer.status !== 308) || location === undefined || redirects >= REDIRECTS_MOST)
      return answer
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined
    if (next === undefined || next.origin !== url.origin) return answer
    url = next
  }
}

export const createHttpClient = (options: HttpClientOptions): HttpClient => {
  const whole = {
    ...options,
    maxResponseBytes: options.maxResponseBytes ?? RESPONSE_BYTES,
    maxSockets: options.maxSockets ?? CONNECTIONS,
    idleMs: options.idleMs ?? IDLE_MS,
  }
  const proxy = proxyOf(options.proxy)
  const exchanging = proxy === undefined ? createDirect(whole) : createProxied(whole, proxy)
  const request: HttpClient['request'] = async (wanted) => {
    const timeoutMs = wanted.timeoutMs ?? 0
    const limit = timeoutMs > 0 || wanted.signal === undefined ? new AbortController() : undefined
    const cancel = timeoutMs > 0 ? options.clock.after(timeoutMs, () => limit?.abort()) : undefined
    const signal =
      limit === undefined || wanted.signal === undefined
        ? (limit?.signal ?? wanted.signal!)
        : AbortSignal.any([limit.signal, wanted.signal])
    try {
      return await follow(options, exchanging, wanted, signal)
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
    close: () => exchanging.close(),
  }
}
