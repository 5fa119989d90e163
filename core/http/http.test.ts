import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../kit/system-clock.ts'
import {
  bearerOf,
  compress,
  createHttpClient,
  endpointProblems,
  guardedLookup,
  hostAllowed,
  isLinkLocal,
  isLoopback,
  isRetryable,
  originAllowed,
  parseEndpoint,
  retryAfterMs,
  sameToken,
  statusError,
} from './index.ts'
import type { HttpClientOptions } from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const serve = async (listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const client = (options: Partial<HttpClientOptions> = {}) => {
  const made = createHttpClient({ clock: systemClock, ...options })
  cleanups.push(() => made.close())
  return made
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

describe('the client', () => {
  it('sends a body with headers and hands back any status', async () => {
    const url = await serve((request, response) => {
      request.pipe(
        response.writeHead(request.headers['x-fail'] === undefined ? 200 : 500, { 'x-method': request.method ?? '' }),
      )
    })
    const answer = await client({ headers: { 'x-a': '1' } }).request({ method: 'POST', url, body: 'hello' })
    expect(answer).toMatchObject({ status: 200, truncated: false, headers: { 'x-method': 'POST' } })
    expect(text(answer.body)).toBe('hello')
    expect((await client().request({ url, headers: { 'x-fail': '1' } })).status).toBe(500)
  })

  it('keeps connections', async () => {
    const ports = new Set<number | undefined>()
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      response.end('ok')
    })
    const one = client()
    for (let i = 0; i < 5; i++) await one.request({ url })
    expect(ports.size).toBe(1)
  })

  it('cuts an answer at its bound', async () => {
    const url = await serve((_, response) => response.end('x'.repeat(1_000_000)))
    const answer = await client({ maxResponseBytes: 1000 }).request({ url })
    expect(answer.truncated).toBe(true)
    expect(answer.body.length).toBe(1000)
  })

  it('gives up in time, and when told to', async () => {
    const url = await serve(() => undefined)
    await expect(client().request({ url, timeoutMs: 30 })).rejects.toMatchObject({ code: 'timeout', retryable: true })
    const giveUp = new AbortController()
    const asked = client().request({ url, signal: giveUp.signal })
    giveUp.abort()
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('follows redirects within the origin only', async () => {
    const seen: string[] = []
    const other = await serve((_, response) => {
      seen.push('other')
      response.end()
    })
    const url = await serve((request, response) => {
      if (request.url === '/here') response.writeHead(307, { location: '/there' }).end()
      else if (request.url === '/away') response.writeHead(307, { location: `${other}/there` }).end()
      else if (request.url === '/get') response.writeHead(302, { location: '/there' }).end()
      else response.end(request.method)
    })
    const one = client()
    expect(text((await one.request({ method: 'POST', url: `${url}/here`, body: 'x' })).body)).toBe('POST')
    expect((await one.request({ url: `${url}/away` })).status).toBe(307)
    expect((await one.request({ url: `${url}/get` })).status).toBe(302)
    expect(seen).toEqual([])
  })

  it('says why nobody answered', async () => {
    await expect(client().request({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
  })

  it('refuses link-local addresses when guarded, as they stand and after DNS', async () => {
    const guarded = client({ guarded: true, proxy: false })
    for (const url of [
      'http://169.254.169.254/latest/meta-data',
      'http://[fe80::1]/',
      'http://[::ffff:169.254.169.254]/',
      'http://0xa9fea9fe/',
    ]) {
      await expect(guarded.request({ url, timeoutMs: 2000 }), url).rejects.toMatchObject({
        code: 'rejected',
        retryable: false,
      })
    }
    const answered = await new Promise((resolve) =>
      guardedLookup('localhost', { all: false }, (error, address) => resolve(error ?? address)),
    )
    expect(isLoopback(String(answered))).toBe(true)
    const refused = await new Promise((resolve) =>
      guardedLookup('169.254.1.1', { all: true }, (error) => resolve(error)),
    )
    expect(refused).toMatchObject({ code: 'rejected' })
  })

  it('goes through a proxy of the environment unless told not to', async () => {
    const proxied: (string | undefined)[] = []
    const proxy = await serve((request, response) => {
      proxied.push(request.url)
      response.end('by proxy')
    })
    const before = process.env['HTTP_PROXY']
    process.env['HTTP_PROXY'] = proxy
    try {
      expect(text((await client().request({ url: 'http://example.invalid/x' })).body)).toBe('by proxy')
      await expect(client({ proxy: false }).request({ url: 'http://example.invalid/x' })).rejects.toMatchObject({
        code: 'unavailable',
      })
    } finally {
      if (before === undefined) delete process.env['HTTP_PROXY']
      else process.env['HTTP_PROXY'] = before
    }
    expect(proxied).toEqual(['http://example.invalid/x'])
  })
})

describe('compression', () => {
  it.each([10, 200_000])('of %i bytes is undone by its counterpart', async (size) => {
    const body = Buffer.from('abc '.repeat(size / 2))
    expect(gunzipSync((await compress(body, 'gzip')).body).equals(body)).toBe(true)
    expect(zstdDecompressSync((await compress(body, 'zstd')).body).equals(body)).toBe(true)
    expect(inflateSync((await compress(body, 'deflate')).body).equals(body)).toBe(true)
    expect(await compress(body, 'zlib')).toMatchObject({ encoding: 'deflate' })
    expect(await compress(body, 'none')).toEqual({ body, encoding: undefined })
  })
})

describe('a status', () => {
  const now = Date.parse('2026-11-23T20:00:00Z')
  it('with Retry-After in seconds or as a date gives the wait', () => {
    expect(retryAfterMs('120', now)).toBe(120_000)
    expect(retryAfterMs('0.5', now)).toBe(500)
    expect(retryAfterMs('Mon, 23 Nov 2026 20:00:30 GMT', now)).toBe(30_000)
    expect(retryAfterMs('Mon, 23 Nov 2026 19:00:30 GMT', now)).toBe(0)
    expect(retryAfterMs('9999999999', now)).toBe(24 * 3_600_000)
    for (const wrong of [undefined, '', 'soon', '-5', '1e3', '5 s'])
      expect(retryAfterMs(wrong, now), String(wrong)).toBeUndefined()
  })

  it('becomes an error that says what was answered, on one line', () => {
    const error = statusError({
      what: 'http://x',
      status: 503,
      headers: { 'retry-after': '2' },
      body: 'come\n\u001b[31mback  later',
      now,
      retryable: isRetryable(503),
    })
    expect(error).toMatchObject({
      code: 'unavailable',
      retryable: true,
      retryAfterMs: 2000,
      message: 'http://x answered 503: come [31mback later',
    })
    expect(statusError({ what: 'x', status: 410, headers: {}, now, retryable: isRetryable(410) })).toMatchObject({
      code: 'not_found',
      retryable: false,
    })
    expect(
      statusError({ what: 'x', status: 302, headers: { location: 'http://y' }, now, retryable: false }).message,
    ).toContain('redirect')
  })
})

const request = (headers: IncomingMessage['headers']): IncomingMessage => ({ headers }) as IncomingMessage

describe('a server of ours', () => {
  it('listens on loopback unless the danger is named', () => {
    const problems = (endpoint: string, hasAuth = false, insecure = false) =>
      [...endpointProblems({ endpoint, hasAuth, insecure })].map((problem) => problem.message)
    expect(problems('localhost:4319')).toEqual([])
    expect(problems('127.0.0.1:0')).toEqual([])
    expect(problems('[::1]:4319')).toEqual([])
    expect(problems('0.0.0.0:4319')[0]).toContain('can be reached from other machines')
    expect(problems(':4319')[0]).toContain('can be reached from other machines')
    expect(problems('0.0.0.0:4319', true)).toEqual([])
    expect(problems('0.0.0.0:4319', false, true)).toEqual([])
    for (const wrong of ['localhost', 'localhost:99999', 'http://localhost:1', 'a b:1', '::1:4319'])
      expect(problems(wrong)[0], wrong).toContain('is no address')
  })

  it('takes the names of its own machine in Host', () => {
    const local = parseEndpoint('localhost:4319')
    expect(hostAllowed(request({ host: 'localhost:4319' }), local, [])).toBe(true)
    expect(hostAllowed(request({ host: '127.0.0.1:4319' }), local, [])).toBe(true)
    expect(hostAllowed(request({ host: '[::1]:4319' }), local, [])).toBe(true)
    expect(hostAllowed(request({ host: 'evil.example:4319' }), local, [])).toBe(false)
    expect(hostAllowed(request({ host: 'localhost.evil.example' }), local, [])).toBe(false)
    expect(hostAllowed(request({}), local, [])).toBe(false)
    expect(hostAllowed(request({ host: 'board.lan' }), local, ['board.lan'])).toBe(true)
    expect(hostAllowed(request({ host: 'anything' }), parseEndpoint('0.0.0.0:1'), [])).toBe(true)
    expect(hostAllowed(request({ host: 'anything' }), parseEndpoint('0.0.0.0:1'), ['board.lan'])).toBe(false)
  })

  it('lets in programs and pages of this machine; others by name', () => {
    expect(originAllowed(request({ host: 'localhost:4319' }), [])).toBe(true)
    expect(originAllowed(request({ origin: 'http://localhost:5173', host: 'localhost:4319' }), [])).toBe(true)
    expect(originAllowed(request({ origin: 'https://evil.example', host: 'localhost:4319' }), [])).toBe(false)
    expect(originAllowed(request({ origin: 'null', host: 'localhost:4319' }), [])).toBe(false)
    expect(originAllowed(request({ origin: 'null', host: 'localhost:4319' }), ['null'])).toBe(true)
    expect(originAllowed(request({ origin: 'https://board.example.com', host: 'x' }), ['https://*.example.com'])).toBe(
      true,
    )
    expect(
      originAllowed(request({ origin: 'https://evil.com/.example.com', host: 'x' }), ['https://*.example.com']),
    ).toBe(false)
    expect(originAllowed(request({ origin: 'http://10.0.0.5:4319', host: '10.0.0.5:4319' }), [])).toBe(true)
  })

  it('compares tokens without telling how much was right', () => {
    expect(bearerOf(request({ authorization: 'Bearer abc' }))).toBe('abc')
    expect(bearerOf(request({ authorization: 'Basic abc' }))).toBeUndefined()
    expect(sameToken('abc', 'abc')).toBe(true)
    expect(sameToken('ab', 'abc')).toBe(false)
    expect(sameToken(undefined, 'abc')).toBe(false)
  })

  it('knows link-local addresses in every spelling', () => {
    for (const bad of ['169.254.169.254', '[fe80::1]', 'fe80::1%eth0', '::ffff:a9fe:a9fe', '100.100.100.200'])
      expect(isLinkLocal(bad), bad).toBe(true)
    for (const good of ['127.0.0.1', '10.0.0.1', '::1', 'example.com']) expect(isLinkLocal(good), good).toBe(false)
  })
})
