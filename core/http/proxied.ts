/**
 * Requests through the proxy that the environment or an option names: node:http knows how (absolute targets, CONNECT,
 * NO_PROXY), and what a proxy costs is more than it does.
 */
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { urlToHttpOptions } from 'node:url'
import { nodeHttp, nodeHttps } from '../kit/node-http.ts'
import { guardedLookup } from './address.ts'
import type { HttpAnswer, HttpRequest } from './client.ts'
import type { DirectOptions, Exchanging } from './http1/direct.ts'
import type { HttpHeaders } from './http1/head.ts'

/** Names of this machine, in the form of NO_PROXY. */
const THIS_MACHINE = 'localhost,.localhost,127.0.0.1,::1'

type Agents = Readonly<Record<'http:' | 'https:', Agent>>

/** Undefined: there is none to go through. */
export const proxyOf = (proxy: boolean | string | undefined): NodeJS.ProcessEnv | undefined => {
  if (proxy === false) return undefined
  if (typeof proxy === 'string') return { HTTP_PROXY: proxy, HTTPS_PROXY: proxy }
  // Lower-case names win, as with curl; upper-cased here, so that there is one of each.
  const of = (name: string): string | undefined => process.env[name.toLowerCase()] ?? process.env[name]
  const [http, https, none] = [of('HTTP_PROXY'), of('HTTPS_PROXY'), of('NO_PROXY')]
  if (http === undefined && https === undefined) return undefined
  return {
    ...(http === undefined ? {} : { HTTP_PROXY: http }),
    ...(https === undefined ? {} : { HTTPS_PROXY: https }),
    NO_PROXY: none === undefined ? THIS_MACHINE : `${none},${THIS_MACHINE}`,
  }
}

const agentsOf = (options: DirectOptions, proxyEnv: NodeJS.ProcessEnv): Agents => {
  const shared = {
    keepAlive: options.keepAlive ?? true,
    timeout: options.idleMs,
    maxSockets: options.maxSockets,
    ...(options.maxFreeSockets === undefined ? {} : { maxFreeSockets: options.maxFreeSockets }),
    proxyEnv,
    ...(options.guarded === true ? { lookup: guardedLookup } : {}),
  }
  return { 'http:': new nodeHttp.Agent(shared), 'https:': new (nodeHttps().Agent)({ ...shared, ...options.tls }) }
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

const headersOf = (headers: IncomingHttpHeaders): HttpHeaders =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  )

/** The server closed a kept connection while the request was on its way to it. */
const wasStale = (error: NodeJS.ErrnoException, outgoing: ClientRequest): boolean =>
  outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')

const send = (outgoing: ClientRequest, pieces: readonly Uint8Array[]): void => {
  if (pieces.length > 1) outgoing.cork()
  for (const piece of pieces) outgoing.write(piece)
  if (pieces.length > 1) outgoing.uncork()
  outgoing.end()
}

const outgoingOf = (options: DirectOptions, agents: Agents, url: URL, init: RequestOptions): ClientRequest =>
  url.protocol === 'https:'
    ? nodeHttps().request({ ...init, ...options.tls, agent: agents['https:'] })
    : nodeHttp.request({ ...init, agent: agents['http:'] })

const exchange = (
  options: DirectOptions,
  agents: Agents,
  url: URL,
  request: HttpRequest,
  pieces: readonly Uint8Array[],
  signal: AbortSignal,
  isSecond = false,
): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const headers = {
      ...options.headers,
      ...request.headers,
      ...(request.body === undefined ? {} : { 'content-length': String(length) }),
    }
    const init = { ...urlToHttpOptions(url), method: request.method ?? 'GET', headers }
    const outgoing = outgoingOf(options, agents, url, init)
    const giveUp = (): void => void outgoing.destroy(new Error('cancelled'))
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp)
    outgoing.once('close', () => signal.removeEventListener('abort', giveUp))
    let answered = false
    outgoing.once('error', (error) => {
      if (!answered && !isSecond && !signal.aborted && wasStale(error, outgoing))
        exchange(options, agents, url, request, pieces, signal, true).then(resolve, reject)
      else reject(error)
    })
    outgoing.once('response', (response) => {
      answered = true
      readBody(response, options.maxResponseBytes).then(
        (read) => resolve({ status: response.statusCode ?? 0, headers: headersOf(response.headers), ...read }),
        reject,
      )
    })
    send(outgoing, pieces)
  })

export const createProxied = (options: DirectOptions, proxyEnv: NodeJS.ProcessEnv): Exchanging => {
  const agents = agentsOf(options, proxyEnv)
  return {
    exchange: (url, request, pieces, signal) => exchange(options, agents, url, request, pieces, signal),
    close() {
      agents['http:'].destroy()
      agents['https:'].destroy()
    },
  }
}
