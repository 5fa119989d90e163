/** Requests over connections of our own to the servers themselves: what nearly all exporters do, all of the time. */
import type { HttpAnswer, HttpClientOptions, HttpRequest } from '../client.ts'
import { guardedLookup } from '../address.ts'
import { AnswerReader } from './answer-reader.ts'
import { createDial } from './dial.ts'
import type { Outgoing } from './outgoing.ts'
import { createPool } from './pool.ts'
import type { Pool } from './pool.ts'
import { createRequestHeads } from './request-head.ts'

export interface Exchanging {
  /** One request, one answer; rejects with the error of the system, or that of a server that does not speak HTTP. */
  exchange(url: URL, request: HttpRequest, pieces: readonly Uint8Array[], signal: AbortSignal): Promise<HttpAnswer>
  close(): void
}

/** Settles when the answer is there, or will not come. */
const converse = (
  connection: Outgoing,
  head: string,
  pieces: readonly Uint8Array[],
  reader: AnswerReader,
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => connection.destroy(new Error('cancelled'))
    signal.addEventListener('abort', giveUp)
    connection.send(head, pieces, reader, (error) => {
      signal.removeEventListener('abort', giveUp)
      if (error === undefined) resolve()
      else reject(error)
    })
  })

/** The server closed a kept connection while the request was on its way to it, and has not read it. */
const wasStale = (error: NodeJS.ErrnoException, reader: AnswerReader): boolean =>
  !reader.hasBegun && (error.code === 'ECONNRESET' || error.code === 'EPIPE')

export interface DirectOptions extends HttpClientOptions {
  readonly maxResponseBytes: number
  readonly maxSockets: number
  readonly idleMs: number
}

export const createDirect = (options: DirectOptions): Exchanging => {
  const isKeepAlive = options.keepAlive ?? true
  const heads = createRequestHeads(options.headers ?? {}, isKeepAlive)
  const pools = new Map<string, Pool>()

  const poolOf = (url: URL): Pool => {
    const known = pools.get(url.origin)
    if (known !== undefined) return known
    const made = createPool({
      dial: createDial(url, { tls: options.tls, lookup: options.guarded === true ? guardedLookup : undefined }),
      most: options.maxSockets,
      mostKept: options.maxFreeSockets ?? options.maxSockets,
      idleMs: options.idleMs,
      isKeepAlive,
    })
    pools.set(url.origin, made)
    return made
  }
  return {
    async exchange(url, request, pieces, signal) {
      const method = request.method ?? 'GET'
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
      const head = heads.of(url, method, request.headers, request.body === undefined ? undefined : length)
      const pool = poolOf(url)
      for (let isSecond = false; ; isSecond = true) {
        signal.throwIfAborted()
        const free = pool.acquire(isSecond, signal)
        const connection = free instanceof Promise ? await free : free
        const reader = new AnswerReader(method === 'HEAD', options.maxResponseBytes)
        try {
          await converse(connection, head, pieces, reader, signal)
        } catch (error) {
          if (connection.isKept && !isSecond && !signal.aborted && wasStale(error as NodeJS.ErrnoException, reader))
            continue
          throw error
        }
        const { status, headers, body, truncated } = reader
        // A server that has answered before it read the request may not read the rest of it either.
        pool.release(connection, reader.isKept && connection.isWritten, reader.keptMs)
        return { status, headers, body, truncated }
      }
    },
    close() {
      for (const pool of pools.values()) pool.close()
    },
  }
}
