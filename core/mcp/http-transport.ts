/**
 * Streamable HTTP with what the library leaves open:
 *
 * - an answer (or one event of a stream) beyond `maxBytes` is cut off, and the request it answers fails at once;
 * - a stream that ends without the answer fails its request at once instead of leaving it to the timeout;
 * - the supervisor hears of every contact, of a peer that cannot be reached, of a session the server no longer knows
 *   (404, or a 400 that speaks of the session) and of the end of the stream for notifications.
 *
 * Redirects are followed within the origin only. Nothing is written to a log: headers may hold secrets.
 */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import type {
  AuthProvider,
  FetchLike,
  JSONRPCMessage,
  OAuthClientProvider,
  Transport,
} from '@modelcontextprotocol/client'
import type { Clock } from '../kit/clock.ts'
import { createTlsFetch } from '../http/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { Secret } from '../kit/secret.ts'
import { refusal } from './refusal.ts'
import type { HttpOptions } from './types.ts'

export interface HttpHooks {
  readonly clock: Clock
  readonly maxBytes: number
  readonly userAgent: string
  readonly onContact: () => void
  readonly onUnreachable: (reason: string) => void
  readonly onSessionGone: () => void
  /** The server's stream for notifications ended. */
  readonly onStreamEnd: () => void
  readonly onTooLarge: () => void
}

export interface HttpTransport extends Transport {
  readonly hasPerRequestStream: true
  terminateSession(): Promise<void>
  finishAuth(query: URLSearchParams): Promise<void>
}

type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1]

const NEWLINE = 10
const RETURN = 13
const STREAM_RETRY = {
  initialReconnectionDelay: 1_000,
  maxReconnectionDelay: 30_000,
  reconnectionDelayGrowFactor: 1.5,
  maxRetries: 5,
}

/** What a failed connection is called: the socket's own code says more than "fetch failed". */
export const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown)
  const cause = thrown.cause
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0])
  if (cause instanceof Error && /fetch failed/i.test(thrown.message)) return reasonOf(cause)
  return thrown.message === '' ? thrown.name : thrown.message
}

/** Counts the bytes of a body, of one event where it is a stream of events, and breaks it beyond the bound. */
const bounded = (maxBytes: number, events: boolean, onTooLarge: () => void, onEnd: () => void) => {
  let size = 0
  let lineLength = 0
  const measure = (chunk: Uint8Array): void => {
    if (!events) {
      size += chunk.length
      return
    }
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const length = lineLength + (at - from)
      const blank = length === 0 || (length === 1 && (at === 0 || chunk[at - 1] === RETURN))
      size = blank ? 0 : size + (at - from) + 1
      lineLength = 0
      from = at + 1
      if (size > maxBytes) return
    }
    lineLength += chunk.length - from
    size += chunk.length - from
  }
  return new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      measure(chunk)
      if (size > maxBytes) {
        onTooLarge()
        controller.error(new CollectorError('too_large', `an answer is over ${maxBytes} bytes`))
        return
      }
      controller.enqueue(chunk)
    },
    flush: onEnd,
  })
}

const idOf = (body: unknown): string | number | undefined => {
  if (typeof body !== 'string') return undefined
  const { id } = JSON.parse(body) as { readonly id?: unknown }
  return typeof id === 'string' || typeof id === 'number' ? id : undefined
}

const speaksOfSession = async (response: Response): Promise<boolean> =>
  /session/i.test(
    await response
      .clone()
      .text()
      .catch(() => ''),
  )

const watchedFetch = (
  base: FetchLike,
  endpoint: URL,
  hooks: HttpHooks,
  onRefused: (message: JSONRPCMessage) => void,
): FetchLike => {
  return async (url, init) => {
    const ours = new URL(url).href === endpoint.href
    let response: Response
    try {
      response = await base(url, init)
    } catch (thrown) {
      if (ours && init?.signal?.aborted !== true) hooks.onUnreachable(reasonOf(thrown))
      throw thrown
    }
    if (!ours) return response
    hooks.onContact()
    const session = new Headers(init?.headers).get('mcp-session-id')
    const gone = response.status === 404 || (response.status === 400 && (await speaksOfSession(response)))
    if (session !== null && gone) {
      // A server without the stream may answer 404 to the GET of a session that stands: ask before believing it.
      if (init?.method === 'POST') hooks.onSessionGone()
      else hooks.onStreamEnd()
    }
    if (response.body === null) return response
    const events = response.headers.get('content-type')?.startsWith('text/event-stream') === true
    const tooLarge = (): void => {
      hooks.onTooLarge()
      const id = idOf(init?.body)
      if (id !== undefined) onRefused(refusal(id, 'too_large', `an answer is over ${hooks.maxBytes} bytes`))
    }
    const ended = (): void => {
      if (events && init?.method === 'GET') hooks.onStreamEnd()
    }
    const body = response.body.pipeThrough(bounded(hooks.maxBytes, events, tooLarge, ended))
    return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers })
  }
}

const headersOf = (options: HttpOptions, userAgent: string): Record<string, string> => {
  const headers: Record<string, string> = { 'user-agent': userAgent }
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name] = value instanceof Secret ? value.reveal() : value
  }
  return headers
}

export const httpTransport = (
  options: HttpOptions,
  auth: AuthProvider | OAuthClientProvider | undefined,
  hooks: HttpHooks,
): HttpTransport => {
  /** Requests sent and not yet answered; bounded by the calls the connection lets through. */
  const open = new Set<string | number>()
  const receive = (message: JSONRPCMessage): void => {
    if ('id' in message && message.id !== undefined && !('method' in message)) {
      if (!open.delete(message.id)) return
    }
    transport.onmessage?.(message)
  }
  const endpoint = new URL(options.endpoint)
  const tlsFetch = options.tls === undefined ? undefined : createTlsFetch(options.tls)
  const inner = new StreamableHTTPClientTransport(endpoint, {
    fetch: watchedFetch(tlsFetch ?? fetch, endpoint, hooks, receive),
    requestInit: { headers: headersOf(options, hooks.userAgent) },
    reconnectionOptions: STREAM_RETRY,
    reconnectionScheduler: (reconnect, delay) => hooks.clock.after(delay, reconnect),
    ...(auth === undefined ? {} : { authProvider: auth }),
  })
  // Its hooks are plain properties: it has no addEventListener.
  Object.assign(inner, {
    onmessage: receive,
    onclose: () => {
      tlsFetch?.close()
      transport.onclose?.()
    },
    onerror: (error: Error) => transport.onerror?.(error),
  })

  const send: Transport['send'] = async (message, sendOptions) => {
    const id = 'method' in message && 'id' in message ? message.id : undefined
    if (id === undefined) return inner.send(message, sendOptions as SendOptions)
    open.add(id)
    const onRequestStreamEnd = (): void => {
      sendOptions?.onRequestStreamEnd?.()
      if (open.has(id)) receive(refusal(id, 'unavailable', 'the stream ended without the answer'))
    }
    try {
      await inner.send(message, { ...sendOptions, onRequestStreamEnd } as SendOptions)
    } catch (thrown) {
      open.delete(id)
      throw thrown
    }
  }

  const transport: HttpTransport = {
    hasPerRequestStream: true,
    get sessionId() {
      return inner.sessionId
    },
    setProtocolVersion: (version) => inner.setProtocolVersion(version),
    start: () => inner.start(),
    close: () => inner.close(),
    terminateSession: () => inner.terminateSession(),
    finishAuth: (query) => inner.finishAuth(query),
    send,
  }
  return transport
}
