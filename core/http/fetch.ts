/**
 * `fetch` over node:https, for the one thing the platform's own cannot be told: TLS options. Streams both ways, never
 * follows a redirect, takes no encoded answers.
 */
import type { IncomingMessage } from 'node:http'
import { nodeHttp, nodeHttps } from '../kit/node-http.ts'
import { Readable } from 'node:stream'
import type { TlsOptions } from './tls.ts'

export interface TlsFetch {
  (url: string | URL, init?: RequestInit): Promise<Response>
  close(): void
}

/** Answers of these statuses have no body, and `Response` refuses one. */
const BODILESS: ReadonlySet<number> = new Set([101, 204, 205, 304])

const headersOf = (message: IncomingMessage): Headers => {
  const headers = new Headers()
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2)
    headers.append(message.rawHeaders[i] as string, message.rawHeaders[i + 1] as string)
  return headers
}

const toResponse = (message: IncomingMessage): Response => {
  const status = message.statusCode ?? 502
  const init = { status, statusText: message.statusMessage ?? '', headers: headersOf(message) }
  if (BODILESS.has(status)) {
    message.resume()
    return new Response(null, init)
  }
  return new Response(Readable.toWeb(message) as ReadableStream, init)
}

export const createTlsFetch = (tls: TlsOptions): TlsFetch => {
  const agents = {
    http: new nodeHttp.Agent({ keepAlive: true, proxyEnv: process.env }),
    https: new (nodeHttps().Agent)({ keepAlive: true, proxyEnv: process.env, ...tls }),
  }
  const fetch = (target: string | URL, init: RequestInit = {}): Promise<Response> =>
    new Promise((resolve, reject) => {
      const url = new URL(target)
      const body =
        typeof init.body === 'string' || init.body instanceof Uint8Array
          ? Buffer.from(init.body as string)
          : init.body instanceof URLSearchParams
            ? Buffer.from(init.body.toString())
            : undefined
      const headers = Object.fromEntries(
        new Headers({ ...Object.fromEntries(new Headers(init.headers)), 'accept-encoding': 'identity' }),
      )
      if (body !== undefined) headers['content-length'] = String(body.length)
      if (init.body instanceof URLSearchParams) headers['content-type'] ??= 'application/x-www-form-urlencoded'
      const options = { method: init.method ?? 'GET', headers, ...(init.signal ? { signal: init.signal } : {}) }
      const request =
        url.protocol === 'https:'
          ? nodeHttps().request(url, { ...options, ...tls, agent: agents.https })
          : nodeHttp.request(url, { ...options, agent: agents.http })
      request.once('error', reject)
      request.once('response', (message) => resolve(toResponse(message)))
      request.end(body)
    })
  return Object.assign(fetch, {
    close: () => {
      agents.http.destroy()
      agents.https.destroy()
    },
  })
}
