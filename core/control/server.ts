/**
 * The control socket: HTTP over a Unix socket in the data directory, for its owner only (0600). It is always on. A socket
 * left behind by a crash is replaced; one that answers means that another collector has the directory, which is an error.
 * Limits: REQUEST_BYTES_MOST of headers, CONNECTIONS_MOST connections at once.
 */
import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { CollectorError, type ErrorCode } from '../kit/errors.ts'
import { prepareSocketPath } from './data-directory.ts'
import type { ControlAnswer, ControlHandler } from './handlers.ts'
import { toJson } from './json.ts'

/** Imported, the module would load Node's whole WebSocket and fetch beside it, a fifth of the time a start takes. */
const { createServer } = process.getBuiltinModule('node:http')

const REQUEST_BYTES_MOST = 16 * 1024
const CONNECTIONS_MOST = 64

const statusOf = (code: ErrorCode): number => ({ usage: 400, not_found: 404 })[code as string] ?? 500

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new CollectorError('usage', `'${text}' is not percent-encoded as it should be`, { cause })
  }
}

/** The decoded parameters when the path fits. */
export const matchPath = (pattern: string, path: string): Record<string, string> | undefined => {
  const wanted = pattern.split('/').slice(1)
  const given = path.split('/').slice(1)
  const params: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    if (segment.endsWith('*')) {
      params[segment.slice(1, -1)] = given.slice(index).map(decoded).join('/')
      return params
    }
    const value = given[index]
    if (value === undefined) return undefined
    if (segment.startsWith(':')) params[segment.slice(1)] = decoded(value)
    else if (segment !== value) return undefined
  }
  return wanted.length === given.length ? params : undefined
}

const send = (response: ServerResponse, status: number, value: unknown): void => {
  const body = `${toJson(value)}\n`
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

/** Until the reader is gone, or `signal` says that no more will come. */
const sendLines = async (
  response: ServerResponse,
  lines: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> => {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
  response.flushHeaders()
  for await (const line of lines) {
    if (response.destroyed) break
    if (!response.write(line) && !signal.aborted)
      await Promise.race([once(response, 'drain', { signal }).catch(() => {}), once(response, 'close').catch(() => {})])
  }
  response.end()
}

const answerTo = (
  handlers: readonly ControlHandler[],
  request: IncomingMessage,
  signal: AbortSignal,
): ControlAnswer | Promise<ControlAnswer> => {
  const url = URL.parse(request.url ?? '/', 'http://control')
  if (url === null) throw new CollectorError('usage', `'${request.url}' is no path`)
  const path = url.pathname
  for (const handler of handlers) {
    const params = handler.method === request.method ? matchPath(handler.path, path) : undefined
    if (params !== undefined) return handler.handle({ params, query: url.searchParams, signal })
  }
  const known = handlers.map((handler) => `${handler.method} ${handler.path}`).join(', ')
  throw new CollectorError('not_found', `there is nothing at ${request.method} ${path}; there is ${known}`)
}

/** A listener for any `node:http` server, and what ends the lines that are being sent. */
const controlListener = (handlers: readonly ControlHandler[]) => {
  const ending = new AbortController()
  const streams = new Set<Promise<void>>()
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController()
    const signal = AbortSignal.any([gone.signal, ending.signal])
    response.on('close', () => gone.abort())
    request.resume()
    try {
      const answer = await answerTo(handlers, request, signal)
      if ('lines' in answer) {
        const stream = sendLines(response, answer.lines, signal)
        streams.add(stream)
        await stream.finally(() => streams.delete(stream))
      } else send(response, 200, answer.json)
    } catch (thrown) {
      const error = CollectorError.from(thrown)
      if (response.headersSent) response.destroy()
      else send(response, statusOf(error.code), { error: error.code, message: error.message })
    }
  }
  return {
    listener: (request: IncomingMessage, response: ServerResponse): void => void serve(request, response),
    /** Readers get what has passed, and are told that it was the last. */
    end: async (): Promise<void> => {
      ending.abort()
      await Promise.allSettled(streams)
      await new Promise(setImmediate)
    },
  }
}

const isAlive = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const listen = async (server: Server, path: string): Promise<void> => {
  const before = process.umask(0o177)
  try {
    server.listen(path)
  } finally {
    process.umask(before)
  }
  await once(server, 'listening')
  chmodSync(path, 0o600)
}

export interface ControlServer {
  readonly path: string
  close(): Promise<void>
}

export const startControl = async (
  dataDirectory: string,
  handlers: readonly ControlHandler[],
): Promise<ControlServer> => {
  const path = prepareSocketPath(dataDirectory)
  if (await isAlive(path)) {
    throw new CollectorError(
      'storage_locked',
      `a collector is already running in ${dataDirectory}; stop it, or give this one another --data-dir`,
    )
  }
  rmSync(path, { force: true })
  const { listener, end } = controlListener(handlers)
  const server = createServer({ maxHeaderSize: REQUEST_BYTES_MOST }, listener)
  server.maxConnections = CONNECTIONS_MOST
  try {
    await listen(server, path)
  } catch (error) {
    throw new CollectorError('start_failed', `the control socket ${path} cannot be made: ${(error as Error).message}`, {
      cause: error,
    })
  }
  return {
    path,
    async close() {
      const closed = once(server, 'close')
      server.close()
      await end()
      server.closeAllConnections()
      await closed
      rmSync(path, { force: true })
    },
  }
}
