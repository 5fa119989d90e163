import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { createServer as createNetServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import * as grpc from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../kit/testing/fake-clock.ts'
import { systemClock } from '../kit/system-clock.ts'
import { waitFor } from '../../test/setup/wait-for.ts'
import { freePort } from '../http/free-port.ts'
import { tlsOptions, tlsSchema } from '../http/index.ts'
import type { TlsConfig } from '../http/index.ts'
import { prepareOptions } from '../kit/prepare.ts'
import { createGrpcClient, parseGrpcTarget } from './index.ts'
import type { GrpcClient, GrpcClientOptions } from './index.ts'
import { encodeStatus } from '../otlp/write-answer.ts'

const folder = new URL('../../test/fixtures/tls', import.meta.url).pathname
const PATH = '/test.Echo/Say'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type Handler = (call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: grpc.sendUnaryData<Buffer>) => void

const echo: Handler = (call, answer) => answer(null, call.request)

const same = (bytes: Buffer): Buffer => bytes
const codec = {
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
}

interface Official {
  readonly credentials?: grpc.ServerCredentials
  readonly options?: grpc.ServerOptions
  readonly port?: number
}

/** The official implementation as the server. */
const official = async (handler: Handler = echo, { credentials, options, port }: Official = {}) => {
  const server = new grpc.Server(options)
  server.addService({ say: { path: PATH, ...codec } }, { say: handler } as grpc.UntypedServiceImplementation)
  // Nobody else gets it when the server is gone.
  const place = `127.0.0.1:${port ?? (await freePort())}`
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(place, credentials ?? grpc.ServerCredentials.createInsecure(), (error, number) =>
      error ? reject(error) : resolve(number),
    ),
  )
  cleanups.push(() => server.forceShutdown())
  return { server, port: bound }
}

const client = (endpoint: string, options: Partial<GrpcClientOptions> = {}): GrpcClient => {
  const made = createGrpcClient({ clock: systemClock, target: parseGrpcTarget(endpoint, true), ...options })
  cleanups.push(() => made.close())
  return made
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const pieces = (...texts: string[]): Buffer[] => texts.map((one) => Buffer.from(one))

/** A server of bare streams, for what the official one never does. */
const bare = async (
  onStream: (stream: ServerHttp2Stream, session: ServerHttp2Session, n: number) => void,
): Promise<{ port: number; server: Http2Server; sessions: () => number }> => {
  const server = createHttp2Server()
  let sessions = 0
  let streams = 0
  const open = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions++
    open.add(session)
    session.on('error', () => {})
  })
  server.on('stream', (stream) => {
    stream.on('error', () => {})
    onStream(stream, stream.session as ServerHttp2Session, ++streams)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    for (const session of open) session.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, server, sessions: () => sessions }
}

const succeed = (stream: ServerHttp2Stream): void => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.from([0, 0, 0, 0, 2, 111, 107]))
}

describe('a call to the official implementation', () => {
  it('brings the message there and the answer back, with metadata, in every compression', async () => {
    const seen: string[] = []
    const { port } = await official((call, answer) => {
      seen.push(String(call.metadata.get('x-key')[0]), String(call.metadata.get('x-more')[0]))
      answer(null, call.request)
    })
    for (const compression of ['none', 'gzip', 'deflate'] as const) {
      const one = client(`127.0.0.1:${port}`, { compression, headers: { 'x-key': 'a' } })
      expect(text(await one.call(PATH, pieces('he', 'llo'), { headers: { 'x-more': 'b' } }))).toBe('hello')
    }
    expect(seen).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
  })

  it('may be empty, and may be megabytes', async () => {
    const { port } = await official()
    const one = client(`http://127.0.0.1:${port}`)
    expect(await one.call(PATH, [])).toHaveLength(0)
    const large = Buffer.alloc(3_000_000, 'x')
    expect(Buffer.from(await one.call(PATH, [large])).equals(large)).toBe(true)
  })

  it('reads compressed answers', async () => {
    const gzip = { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip }
    const { port } = await official(echo, { options: gzip })
    const message = 'x'.repeat(10_000)
    expect(text(await client(`127.0.0.1:${port}`).call(PATH, pieces(message)))).toBe(message)
  })

  it('fails with the code and the words of the server, and its wait', async () => {
    const metadata = new grpc.Metadata()
    metadata.set(
      'grpc-status-details-bin',
      Buffer.from(encodeStatus({ code: 8, message: 'später', retryAfterMs: 2_500 })),
    )
    const answers: Partial<grpc.ServiceError>[] = [
      { code: grpc.status.RESOURCE_EXHAUSTED, details: 'später: 100 %', metadata },
      { code: grpc.status.RESOURCE_EXHAUSTED, details: 'never' },
      { code: grpc.status.INVALID_ARGUMENT, details: 'bad' },
      { code: grpc.status.UNAVAILABLE, details: 'down' },
      { code: grpc.status.UNAUTHENTICATED, details: 'who?' },
    ]
    const { port } = await official((_, answer) => answer(answers.shift() as grpc.ServiceError))
    const one = client(`127.0.0.1:${port}`)
    const errors = []
    for (let i = 0; i < 5; i++) errors.push(await one.call(PATH, pieces('x')).catch((error: unknown) => error))
    expect(errors).toMatchObject([
      {
        status: 'RESOURCE_EXHAUSTED',
        retryable: true,
        retryAfterMs: 2_500,
        message: expect.stringContaining('später: 100 %'),
      },
      { status: 'RESOURCE_EXHAUSTED', retryable: false },
      { status: 'INVALID_ARGUMENT', retryable: false, code: 'rejected' },
      { status: 'UNAVAILABLE', retryable: true, code: 'unavailable' },
      { status: 'UNAUTHENTICATED', retryable: false, code: 'unauthenticated' },
    ])
    await expect(one.call('/test.Echo/Shout', [])).rejects.toMatchObject({ status: 'UNIMPLEMENTED' })
  })

  it('ends at its deadline, which the server hears of, and when its caller gives up', async () => {
    const deadlines: grpc.Deadline[] = []
    let cancelled = 0
    const { port } = await official((call) => {
      deadlines.push(call.getDeadline())
      call.on('cancelled', () => cancelled++)
    })
    const clock = fakeClock()
    const one = client(`127.0.0.1:${port}`, { clock })
    const late = one.call(PATH, pieces('x'), { timeoutMs: 3_600_000 }).catch((error: unknown) => error)
    await waitFor('the first call is there', () => deadlines.length === 1)
    await clock.advance(3_600_000)
    expect(await late).toMatchObject({ status: 'DEADLINE_EXCEEDED', code: 'timeout', retryable: true })
    const controller = new AbortController()
    const call = one.call(PATH, pieces('x'), { signal: controller.signal })
    await waitFor('the second call is there', () => deadlines.length === 2)
    controller.abort()
    await expect(call).rejects.toMatchObject({ status: 'CANCELLED' })
    await waitFor('the server knows', () => cancelled === 2)
    expect(Number(deadlines[0])).toBeGreaterThan(Date.now())
    expect(Number(deadlines[0])).toBeLessThanOrEqual(Date.now() + 3_600_000)
    expect(deadlines[1]).toBe(Number.POSITIVE_INFINITY)
  })

  it('makes many at a time on one connection', async () => {
    let open = 0
    let most = 0
    const { port } = await official((call, answer) => {
      most = Math.max(most, ++open)
      setImmediate(() => {
        open--
        answer(null, call.request)
      })
    })
    const one = client(`127.0.0.1:${port}`)
    const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => one.call(PATH, pieces(String(i)))))
    expect(answers.map(text)).toEqual(Array.from({ length: 300 }, (_, i) => String(i)))
    expect(most).toBeGreaterThan(10)
  })

  it('trusts whom it is told to, under mutual TLS', async () => {
    const pem = (name: string): Buffer => readFileSync(`${folder}/${name}`)
    const credentials = grpc.ServerCredentials.createSsl(
      pem('ca.pem'),
      [{ private_key: pem('server.key'), cert_chain: pem('server.pem') }],
      true,
    )
    const { port } = await official(echo, { credentials })
    const tls = (options: object) => tlsOptions(prepareOptions(tlsSchema, options).options as TlsConfig, folder)
    const trusted = { ca_file: 'ca.pem', server_name_override: 'collector.test' }
    const dial = async (options: object): Promise<string> =>
      text(await client(`https://127.0.0.1:${port}`, { tls: await tls(options) }).call(PATH, pieces('hi')))
    expect(await dial({ ...trusted, cert_file: 'client.pem', key_file: 'client.key' })).toBe('hi')
    await expect(dial(trusted)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(dial({ cert_file: 'client.pem', key_file: 'client.key' })).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/certificate/),
    })
  })
})

describe('a connection', () => {
  it('comes back after the server was gone', async () => {
    const { server, port } = await official()
    const one = client(`127.0.0.1:${port}`)
    expect(text(await one.call(PATH, pieces('a')))).toBe('a')
    server.forceShutdown()
    await expect(one.call(PATH, pieces('b'))).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await official(echo, { port })
    expect(text(await one.call(PATH, pieces('c')))).toBe('c')
  })

  it('is left at a GOAWAY: open calls end there, new ones go elsewhere, none is lost', async () => {
    const waiting: ServerHttp2Stream[] = []
    const peer = await bare((stream, session, n) => {
      if (n === 1) {
        waiting.push(stream)
        session.goaway(0)
      } else succeed(stream)
    })
    const one = client(`127.0.0.1:${peer.port}`)
    const first = one.call(PATH, pieces('first'))
    await waitFor('the first is there', () => waiting.length === 1)
    const others = await Promise.all(Array.from({ length: 20 }, () => one.call(PATH, pieces('more'))))
    expect(others.map(text)).toEqual(Array.from({ length: 20 }, () => 'ok'))
    succeed(waiting[0] as ServerHttp2Stream)
    expect(text(await first)).toBe('ok')
    expect(peer.sessions()).toBe(2)
  })

  it('sends again what the server refused to look at, and only that', async () => {
    const peer = await bare((stream, _, n) => {
      if (n === 1) stream.close(7)
      else if (n === 2) succeed(stream)
      else stream.close(2)
    })
    const one = client(`127.0.0.1:${peer.port}`)
    expect(text(await one.call(PATH, pieces('x')))).toBe('ok')
    await expect(one.call(PATH, pieces('x'))).rejects.toMatchObject({ status: 'UNAVAILABLE', retryable: true })
    const refusing = await bare((stream) => stream.close(7))
    await expect(client(`127.0.0.1:${refusing.port}`).call(PATH, [])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/refuses new calls/),
    })
  })

  it('that breaks under a call fails it as unavailable', async () => {
    const peer = await bare((_, session) => session.destroy())
    await expect(client(`127.0.0.1:${peer.port}`).call(PATH, pieces('x'))).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
  })

  it('is dead when nothing answers a ping', async () => {
    const clock = fakeClock()
    let bytes = 0
    const mute = createNetServer((socket) => {
      socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]))
      socket.on('data', (chunk) => (bytes += chunk.length))
      socket.on('error', () => {})
    })
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => mute.close())
    const keepalive = { timeMs: 10_000, timeoutMs: 5_000 }
    const one = client(`127.0.0.1:${(mute.address() as AddressInfo).port}`, { clock, keepalive })
    let failed: unknown
    one.call(PATH, pieces('x')).catch((error: unknown) => (failed = error))
    await waitFor('the call is there', () => bytes > 60)
    await waitFor('it is given up', async () => {
      await clock.advance(5_000)
      return failed
    })
    expect(failed).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/ping/) })
  })

  it('is refused: the sentence names the place', async () => {
    const { server, port } = await official()
    server.forceShutdown()
    await expect(client(`127.0.0.1:${port}`).call(PATH, [])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(`http://127.0.0.1:${port}: .*ECONNREFUSED`),
    })
  })
})

describe('a peer that is no gRPC server', () => {
  it('speaks HTTP/1: unavailable, in words', async () => {
    const server = createHttpServer((_, response) => response.end('hi'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => server.close())
    await expect(client(`127.0.0.1:${(server.address() as AddressInfo).port}`).call(PATH, [])).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  it('answers with a page, or with too much, or with half a message', async () => {
    const peer = await bare((stream, _, n) => {
      if (n === 1) {
        stream.respond({ ':status': 404, 'content-type': 'text/html' })
        stream.end('<html>')
      } else if (n === 2) {
        stream.respond({ ':status': 503, 'content-type': 'text/html' }, { endStream: true })
      } else {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        stream.end(n === 3 ? Buffer.from([0, 127, 255, 255, 255, 1]) : Buffer.from([0, 0, 0, 0, 9, 1]))
      }
    })
    const one = client(`127.0.0.1:${peer.port}`)
    const errors = []
    for (let i = 0; i < 4; i++) errors.push(await one.call(PATH, []).catch((error: unknown) => error))
    expect(errors).toMatchObject([
      { status: 'UNIMPLEMENTED', message: expect.stringMatching(/HTTP 404 with text\/html: is it a gRPC server/) },
      { status: 'UNAVAILABLE', retryable: true },
      { status: 'RESOURCE_EXHAUSTED', message: expect.stringMatching(/2147483647 bytes is larger/) },
      { status: 'INTERNAL', message: expect.stringMatching(/cut off/) },
    ])
  })
})

describe('a target', () => {
  it('is spelled as OpenTelemetry spells it', () => {
    const of = (endpoint: string, insecure = false) => parseGrpcTarget(endpoint, insecure)
    expect(of('localhost:4317')).toEqual({ origin: 'https://localhost:4317', isSecure: true })
    expect(of('localhost:4317', true)).toEqual({ origin: 'http://localhost:4317', isSecure: false })
    expect(of('http://localhost:4317/')).toEqual({ origin: 'http://localhost:4317', isSecure: false })
    expect(of('https://otlp.example.com', true)).toEqual({ origin: 'https://otlp.example.com', isSecure: true })
    expect(of('dns:///otlp.example.com:443')).toEqual({ origin: 'https://otlp.example.com:443', isSecure: true })
    expect(of('[::1]:4317', true)).toEqual({ origin: 'http://[::1]:4317', isSecure: false })
    for (const wrong of ['localhost', 'http://localhost:4317/v1/logs', 'localhost:99999', 'ftp://x:1'])
      expect(() => of(wrong), wrong).toThrow(/"/)
  })
})
