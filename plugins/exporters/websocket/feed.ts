/**
 * Everything between the records and the sockets: numbers, the ring, the clients and their conversation.
 *
 * Publishing is synchronous and has no timer: a record is encoded once, and every client that keeps up is sent it before
 * `publish` comes back. Clients are told when they do not keep up; nothing here waits for one.
 */
import type { IncomingMessage } from 'node:http'
import type { Batch, Clock, LogRecord } from 'seneca-collector'
import { bearerOf, sameToken } from 'seneca-collector/http'
import type { RawData, WebSocket } from 'ws'
import { createClient } from './client.ts'
import type { Client } from './client.ts'
import type { Limits, Tally } from './position.ts'
import { BadRequest, closeCodes, readQuery, readRequest } from './protocol.ts'
import type { Request } from './protocol.ts'
import type { Ring } from './ring.ts'
import { subscription } from './subscription.ts'
import type { CompileFilter } from './subscription.ts'

const NEWLINE = 10
/** A client that never says its token is let go after this. */
const AUTH_WAIT_MS = 5_000
/** The longest close reason a frame can hold is 123 bytes. */
const REASON_BYTES = 120

export interface FeedOptions {
  readonly clock: Clock
  readonly ring: Ring
  readonly limits: Limits
  readonly tally: Tally
  readonly takeSeq: () => number
  readonly compileFilter: CompileFilter
  readonly token: string | undefined
  /** What a client is sent that asks for nothing. */
  readonly defaultPatterns: readonly string[]
  readonly pingMs: number
  readonly pongMs: number
}

export interface Feed {
  readonly clients: number
  publish(batch: Batch<'logs'>): void
  accept(socket: WebSocket, request: IncomingMessage, query: URLSearchParams): void
  /** Says goodbye to everybody; resolves when they have gone or `ms` have passed. */
  close(ms: number): Promise<void>
  inspect(): readonly { readonly patterns: readonly string[]; readonly lag: number }[]
}

/** One message a record: the lines of the batch's envelopes, each with its number spliced in front. */
const messages = function* (
  batch: Batch<'logs'>,
  takeSeq: () => number,
): Generator<{ seq: number; message: Buffer; record: LogRecord }> {
  const bytes = Buffer.concat(batch.encode('envelope'))
  let start = 0
  for (const record of batch) {
    const end = bytes.indexOf(NEWLINE, start)
    const seq = takeSeq()
    const head = Buffer.from(`{"seq":${seq},`)
    yield { seq, message: Buffer.concat([head, bytes.subarray(start + 1, end)]), record }
    start = end + 1
  }
}

const cut = (reason: string): string => {
  let text = reason
  while (Buffer.byteLength(text) > REASON_BYTES) text = text.slice(0, -1)
  return text
}

interface Conversation {
  readonly socket: WebSocket
  readonly client: Client
  readonly options: FeedOptions
}

const obey = ({ client, options }: Conversation, request: Request): void => {
  if (request.unsubscribe === true) client.unsubscribe()
  const patterns =
    request.subscribe ??
    (request.from === undefined && request.filter === undefined ? undefined : options.defaultPatterns)
  if (patterns === undefined) return
  client.subscribe(
    subscription(patterns.length === 0 ? ['>'] : patterns, request.filter, options.compileFilter),
    request.from,
  )
}

const orRefuse = (conversation: Conversation, work: () => void): void => {
  try {
    work()
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    conversation.client.say({ type: 'error', code: 'bad_request', message: error.message })
    conversation.socket.close(closeCodes.badRequest, cut(error.message))
  }
}

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)).toString('utf8')

/** Pings, and lets go of a peer that stays silent. */
const keepAlive = (socket: WebSocket, { clock, pingMs, pongMs }: FeedOptions): (() => void) => {
  if (pingMs === 0) return () => undefined
  let cancelWait: (() => void) | undefined
  const alive = (): void => {
    cancelWait?.()
    cancelWait = undefined
  }
  socket.on('pong', alive)
  socket.on('message', alive)
  const stop = clock.every(pingMs, () => {
    if (socket.readyState !== socket.OPEN) return
    socket.ping()
    cancelWait ??= clock.after(pongMs, () => socket.terminate())
  })
  return () => {
    alive()
    stop()
  }
}

/** Calls `enter` once the client has shown the token, in a header or its first message. */
const admit = (
  conversation: Conversation,
  request: IncomingMessage,
  first: Request,
  enter: (first: Request) => void,
): void => {
  const { socket, options } = conversation
  const { token } = options
  let inside = token === undefined || sameToken(bearerOf(request), token)
  const cancel = inside
    ? undefined
    : options.clock.after(AUTH_WAIT_MS, () => socket.close(closeCodes.unauthorized, 'no token came'))
  socket.once('close', () => cancel?.())
  socket.on('message', (data, isBinary) => {
    orRefuse(conversation, () => {
      if (isBinary) throw new BadRequest('messages are text')
      const message = readRequest(textOf(data))
      if (inside) return obey(conversation, message)
      if (token === undefined || !sameToken(message.auth, token))
        return socket.close(closeCodes.unauthorized, 'this needs {"auth":"token"} first')
      inside = true
      cancel?.()
      enter({ ...first, ...message })
    })
  })
  if (inside) enter(first)
}

export const createFeed = (options: FeedOptions): Feed => {
  const { ring, clock } = options
  const clients = new Map<WebSocket, Client>()

  const accept: Feed['accept'] = (socket, request, query) => {
    const client = createClient(socket, ring, options.limits, options.tally)
    const conversation = { socket, client, options }
    const stopPinging = keepAlive(socket, options)
    socket.on('error', () => socket.terminate())
    socket.once('close', () => {
      stopPinging()
      clients.delete(socket)
    })
    orRefuse(conversation, () => {
      admit(conversation, request, readQuery(query), (first) => {
        clients.set(socket, client)
        client.say({ type: 'hello', seq: ring.newest, oldest: ring.oldest })
        const asked =
          first.subscribe === undefined && options.defaultPatterns.length > 0
            ? { ...first, subscribe: options.defaultPatterns }
            : first
        obey(conversation, asked)
      })
    })
  }

  const publish: Feed['publish'] = (batch) => {
    if (batch.count === 0) return
    for (const { seq, message, record } of messages(batch, options.takeSeq)) {
      const entry = { seq, type: record.eventName, message, record: record as LogRecord | undefined }
      ring.push(entry)
      for (const client of clients.values()) client.publish()
      entry.record = undefined
    }
  }

  return {
    get clients() {
      return clients.size
    },
    publish,
    accept,
    inspect: () =>
      [...clients.values()].map((client) => ({ patterns: client.subscription?.patterns ?? [], lag: client.lag })),
    close: async (ms) => {
      const { promise: waited, resolve: done } = Promise.withResolvers<void>()
      const cancel = clock.after(ms, done)
      const gone = [...clients.keys()].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      )
      for (const socket of clients.keys()) socket.close(closeCodes.goingAway, 'the collector is stopping')
      await Promise.race([Promise.all(gone), waited])
      cancel()
      for (const socket of clients.keys()) socket.terminate()
    },
  }
}
