/**
 * What a server of ours listens on and whom it lets in. Loopback unless told otherwise; a server that hands data out is
 * refused on another address without `auth` or an explicit `insecure: true`. Host and Origin are checked against what a
 * browser on another page could send (DNS rebinding, cross-site WebSockets).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { CollectorError } from '../kit/errors.ts'
import type { ConfigProblem } from '../kit/plugin.ts'
import { isLoopback } from './address.ts'

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** `localhost:4319`, `:4319` (all addresses), `0.0.0.0:4319`, `[::1]:4319`. */
export const parseEndpoint = (text: string): Endpoint => {
  const match = /^(\[[0-9a-fA-F:.%\w]+\]|[^:[\]/\s]*):(\d{1,5})$/.exec(text)
  const port = Number(match?.[2])
  if (match === null || port > 65_535) {
    throw new CollectorError(
      'config_invalid',
      `"${text}" is no address to listen on; write host:port, e.g. localhost:4319`,
    )
  }
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '')
  return { host, port }
}

/** What node listens on: `localhost` is the IPv4 loopback, so that every client on the machine finds it. */
export const bindAddress = ({ host, port }: Endpoint): { readonly host?: string; readonly port: number } => {
  if (host === '') return { port }
  return { host: host === 'localhost' ? '127.0.0.1' : host, port }
}

export interface Exposure {
  readonly endpoint: string
  readonly hasAuth: boolean
  readonly insecure: boolean
}

/** For `check()`: mistakes in `endpoint`, with the option's path. */
export const endpointProblems = function* ({ endpoint, hasAuth, insecure }: Exposure): Generator<ConfigProblem> {
  let parsed: Endpoint
  try {
    parsed = parseEndpoint(endpoint)
  } catch (error) {
    yield { path: ['endpoint'], message: (error as Error).message }
    return
  }
  if (isLoopback(parsed.host) || hasAuth || insecure) return
  yield {
    path: ['endpoint'],
    message: `"${endpoint}" can be reached from other machines, and anybody there could read every event`,
    suggestion: 'listen on localhost, set auth.token, or say insecure: true if the network itself is trusted',
  }
}

/** A request, of any server of ours. */
type Asked = { readonly headers: Readonly<Pick<IncomingMessage['headers'], 'host' | 'origin'>> }

const hostOf = (header: string): string => URL.parse(`http://${header}`)?.hostname ?? ''

const EVERY_ADDRESS: ReadonlySet<string> = new Set(['', '0.0.0.0', '::'])

/**
 * The Host header must name this machine or the address we listen on; further names are given. A server on every
 * address cannot know its names: there any host is taken unless names are given.
 */
export const hostAllowed = (request: Asked, endpoint: Endpoint, allowed: readonly string[]): boolean => {
  const header = request.headers.host
  if (header === undefined) return false
  const host = hostOf(header)
  if (isLoopback(host) || allowed.includes(host)) return true
  if (EVERY_ADDRESS.has(endpoint.host)) return allowed.length === 0
  return !isLoopback(endpoint.host) && host === endpoint.host
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** `https://*.example.com` and `*` may stand for many. */
const originMatches = (origin: string, pattern: string): boolean => {
  if (pattern === '*' || pattern === origin) return true
  if (!pattern.includes('*')) return false
  const expression = pattern.split('*').map(escaped).join('[^/]*')
  return new RegExp(`^${expression}$`).test(origin)
}

/**
 * Programs send no Origin and are let in. A page may come from this machine or from the same host, or its origin is
 * named. `null` (a sandboxed page or a file) must be named too.
 */
export const originAllowed = (request: Asked, allowed: readonly string[]): boolean => {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  if (allowed.some((pattern) => originMatches(origin, pattern))) return true
  const url = URL.parse(origin)
  if (url === null) return false
  return isLoopback(url.hostname) || url.host === host
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compared in constant time. */
export const sameToken = (given: string | undefined, expected: string): boolean =>
  given !== undefined && timingSafeEqual(digest(given), digest(expected))

export const bearerOf = (request: IncomingMessage): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
