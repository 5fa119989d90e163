import { readFileSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import type { ClientHttp2Session, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import * as grpc from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../test/setup/wait-for.ts'
import { createByteBudget } from '../http/byte-budget.ts'
import type { ByteBudget } from '../http/byte-budget.ts'
import { decompressions } from '../http/decompression.ts'
import { fakeClock } from '../kit/testing/fake-clock.ts'
import type { FakeClock } from '../kit/testing/fake-clock.ts'
import { frameOf } from './frame.ts'
import { createGrpcServer, GrpcError } from './index.ts'
import type { GrpcMethod, GrpcServer, GrpcServerOptions } from './index.ts'
import { statusOf } from './status.ts'

const PATH = '/test.Echo/Say'
const tlsFile = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/tls/${name}`, import.meta.url), 'utf8')

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Serving {
  readonly server: GrpcServer
  readonly address: string
  readonly clock: FakeClock
  readonly budget: ByteBudget
  readonly refusals: (readonly [string, string])[]
}

const echo: GrpcMethod = async (message) => message

const serve = async (method: GrpcMethod = echo, options: Partial<GrpcServerOptions> = {}): Promise<Serving> => {
  const clock = fakeClock()
  const budget = options.budget ?? createByteBudget(64 * 1024 * 1024)
  const refusals: (readonly [string, string])[] = []
  const server = createGrpcServer({
    clock,
    budget,
    methods: new Map([[PATH, method]]),
    maxMessageBytes: 4 * 1024 * 1024,
    maxConnections: 10,
    maxConcurrentStreams: 100,
    encodings: decompressions,
    explain: (spoken) => `this is not ${spoken}`,
    onRefused: (why, sentence) => void refusals.push([why, sentence]),
    ...options,
  })
  const address = await server.listen('127.0.0.1:0')
  cleanups.push(async () => {
    const closed = server.close()
    server.cut()
    await closed
    expect(server.openCalls).toBe(0)
    expect(budget.taken).toBe(0)
  })
  return { server, address, clock, budget, refusals }
}

const official = (
  address: string,
  credentials = grpc.credentials.createInsecure(),
  options: grpc.ChannelOptions = {},
) => {
  const client = new grpc.Client(address, credentials, options)
  cleanups.push(() => client.close())
  const same = (bytes: Buffer): Buffer => bytes
  return (message: Buffer, call: grpc.CallOptions = {}, metadata = new grpc.Metadata()): Promise<Buffer> =>
    new Promise((resolve, reject) =>
      client.makeUnaryRequest(PATH, same, same, message, metadata, call, (error, answer) =>
        error ? reject(error) : resolve(answer as Buffer),
      ),
    )
}

interface Answer {
  readonly http: number
  readonly headers: IncomingHttpHeaders
  readonly status: ReturnType<typeof statusOf>
  readonly body: Buffer
}

/** A peer of bare HTTP/2, for what the official one never does. */
const bare = (address: string) => {
  const session: ClientHttp2Session = connectHttp2(`http://${address}`)
  session.on('error', () => {})
  cleanups.push(() => session.destroy())
  const ask = (body: Buffer | undefined, headers: OutgoingHttpHeaders = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': PATH,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      })
      let answered: IncomingHttpHeaders = {}
      let trailers: IncomingHttpHeaders | undefined
      const chunks: Buffer[] = []
      stream.on('response', (one) => (answered = one))
      stream.on('trailers', (one) => (trailers = one))
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', reject)
      stream.on('close', () =>
        resolve({
          http: Number(answered[':status']),
          headers: answered,
          status: statusOf(trailers ?? answered),
          body: Buffer.concat(chunks),
        }),
      )
      if (body === undefined) return
      stream.end(body)
    })
  return { session, ask }
}

const framed = (text: string): Buffer => frameOf([Buffer.from(text)], false)

/** What a peer of bare bytes is sent until the connection ends. */
const raw = (address: string, bytes: Buffer | string): Promise<string> =>
  new Promise((resolve) => {
    const [host, port] = address.split(':')
    const socket = connect(Number(port), host)
    const chunks: Buffer[] = []
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')))
    cleanups.push(() => socket.destroy())
    socket.write(bytes)
  })

describe('a server of unary gRPC', () => {
  it('answers the official implementation, plain and compressed', async () => {
    const { address } = await serve()
    const plain = official(address)
    expect((await plain(Buffer.from('hello'))).toString()).toBe('hello')
    expect(await plain(Buffer.alloc(0))).toHaveLength(0)
    const large = Buffer.alloc(3_000_000, 'x')
    expect((await plain(large)).equals(large)).toBe(true)
    const gzip = official(address, undefined, {
      'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
    })
    expect((await gzip(large)).equals(large)).toBe(true)
  })

  it('passes on what a method says went wrong, with the wait', async () => {
    const errors = [
      new GrpcError({ code: 'UNAVAILABLE', message: 'später: 100 %', retryAfterMs: 1_500 }),
      new Error('a bug'),
    ]
    const { address } = await serve(() => Promise.reject(errors.shift() as Error))
    const call = official(address)
    const first = (await call(Buffer.from('x')).catch((error: unknown) => error)) as grpc.ServiceError
    expect(first).toMatchObject({ code: grpc.status.UNAVAILABLE, details: 'später: 100 %' })
    const [details] = first.metadata.get('grpc-status-details-bin')
    expect(
      statusOf({ 'grpc-status': '14', 'grpc-status-details-bin': (details as Buffer).toString('base64') }),
    ).toEqual({
      code: 'UNAVAILABLE',
      message: 'später: 100 %',
      retryAfterMs: 1_500,
    })
    await expect(call(Buffer.from('x'))).rejects.toMatchObject({ code: grpc.status.INTERNAL, details: 'a bug' })
  })

  it('takes zstd and deflate, and refuses other encodings by name', async () => {
    const { address, refusals } = await serve()
    const { ask } = bare(address)
    const zstd = frameOf([zstdCompressSync(Buffer.from('zipped'))], true)
    expect((await ask(zstd, { 'grpc-encoding': 'zstd' })).body.subarray(5).toString()).toBe('zipped')
    const refused = await ask(zstd, { 'grpc-encoding': 'snappy' })
    expect(refused.status).toMatchObject({
      code: 'UNIMPLEMENTED',
      message: expect.stringMatching(/snappy is not taken; use gzip/),
    })
    expect(refused.headers['grpc-accept-encoding']).toMatch(/^identity,gzip,zstd/)
    expect(await ask(zstd)).toMatchObject({ status: { code: 'INTERNAL' } })
    expect(await ask(zstd, { 'grpc-encoding': 'gzip' })).toMatchObject({
      status: { code: 'INVALID_ARGUMENT', message: expect.stringMatching(/no valid gzip/) },
    })
    expect(refusals.map(([why]) => why)).toEqual(['encoding', 'malformed', 'malformed'])
  })

  it('says what is wrong with a call', async () => {
    const { address, refusals } = await serve()
    const { ask } = bare(address)
    expect(await ask(framed('x'), { 'content-type': 'application/json' })).toMatchObject({ http: 415 })
    expect(await ask(framed('x'), { 'content-type': 'application/grpc+json' })).toMatchObject({ http: 415 })
    expect(await ask(framed('x'), { ':path': '/v1/logs' })).toMatchObject({
      http: 200,
      status: { code: 'UNIMPLEMENTED', message: `there is no method /v1/logs; there is ${PATH}` },
    })
    expect(await ask(framed('x'), { 'grpc-timeout': '10' })).toMatchObject({ status: { code: 'INVALID_ARGUMENT' } })
    expect(await ask(Buffer.concat([framed('x'), framed('y')]))).toMatchObject({ status: { code: 'UNIMPLEMENTED' } })
    expect(await ask(Buffer.alloc(0))).toMatchObject({ status: { code: 'INTERNAL' } })
    expect(await ask(framed('hello').subarray(0, 7))).toMatchObject({ status: { code: 'INTERNAL' } })
    expect((await ask(framed('still here'))).body.subarray(5).toString()).toBe('still here')
    expect(refusals).toHaveLength(7)
  })

  it('asks who is there before it reads', async () => {
    const auth = {
      refusal: (headers: object) => ('x-key' in headers ? undefined : 'no x-key'),
    }
    const { address, refusals } = await serve(echo, { auth })
    const { ask } = bare(address)
    expect(await ask(framed('x'))).toMatchObject({ status: { code: 'UNAUTHENTICATED', message: 'no x-key' } })
    expect((await ask(framed('x'), { 'x-key': 'k' })).status).toMatchObject({ code: 'OK' })
    const slow = await serve(echo, { auth: { refusal: async (headers: object) => auth.refusal(headers) } })
    const other = bare(slow.address)
    expect(await other.ask(framed('x'))).toMatchObject({ status: { code: 'UNAUTHENTICATED' } })
    expect((await other.ask(framed('x'), { 'x-key': 'k' })).body.subarray(5).toString()).toBe('x')
    expect(refusals).toEqual([['unauthenticated', 'no x-key']])
  })

  it('ends a call at its deadline, and tells a method that its caller has gone', async () => {
    const signals: AbortSignal[] = []
    const { address, clock } = await serve((_, { signal }) => {
      signals.push(signal)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    })
    const { ask, session } = bare(address)
    const call = ask(framed('x'), { 'grpc-timeout': '2S' })
    await waitFor('it is there', () => signals.length === 1)
    await clock.advance(2_000)
    expect(await call).toMatchObject({ status: { code: 'DEADLINE_EXCEEDED' } })
    const other = ask(framed('x')).catch(() => 'gone')
    await waitFor('the other is there', () => signals.length === 2)
    session.destroy()
    await waitFor('the method knows', () => signals[1]?.aborted)
    expect(signals[1]?.reason).toMatchObject({ code: 'cancelled' })
    expect(await other).toBeDefined()
  })

  it('ends what is open when it stops, and takes no more', async () => {
    const open: (() => void)[] = []
    const { server, address } = await serve((message) => new Promise((resolve) => open.push(() => resolve(message))))
    const call = official(address)(Buffer.from('last'))
    await waitFor('it is there', () => open.length === 1)
    const closed = server.close()
    await expect(official(address)(Buffer.from('late'))).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE })
    open[0]?.()
    expect((await call).toString()).toBe('last')
    await closed
  })

  it('speaks TLS and knows its clients', async () => {
    const tls = { cert: tlsFile('server.pem'), key: tlsFile('server.key'), ca: [tlsFile('ca.pem')] }
    const { address, refusals } = await serve(echo, { tls: { ...tls, requestCert: true, rejectUnauthorized: true } })
    const dial = (...pair: Buffer[]): Promise<Buffer> =>
      official(address, grpc.credentials.createSsl(Buffer.from(tlsFile('ca.pem')), ...pair), {
        'grpc.ssl_target_name_override': 'collector.test',
      })(Buffer.from('hi'))
    expect((await dial(Buffer.from(tlsFile('client.key')), Buffer.from(tlsFile('client.pem')))).toString()).toBe('hi')
    await expect(dial()).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE })
    await expect(official(address)(Buffer.from('plain'))).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE })
    expect(refusals.map(([why]) => why)).toContain('tls')
    expect(refusals).toContainEqual(['wrong_protocol', 'this is not http2'])
  })
})

describe('hostile peers', () => {
  it('that announce gigabytes, or send more than is allowed, are told at once', async () => {
    const { address, refusals } = await serve(echo, { maxMessageBytes: 1_000 })
    const { ask } = bare(address)
    expect(await ask(Buffer.from([0, 255, 255, 255, 255, 1]))).toMatchObject({
      status: { code: 'RESOURCE_EXHAUSTED', message: 'a message of 4294967295 bytes is larger than the 1000 allowed' },
    })
    const bomb = frameOf([gzipSync(Buffer.alloc(50_000_000))], true)
    const { address: large, budget } = await serve()
    expect(await bare(large).ask(bomb, { 'grpc-encoding': 'gzip' })).toMatchObject({
      status: { code: 'RESOURCE_EXHAUSTED', message: expect.stringMatching(/once it is decompressed/) },
    })
    expect(budget.taken).toBe(0)
    expect(refusals.map(([why]) => why)).toEqual(['too_large'])
  })

  it('share one budget of bytes; past it they are asked to come again', async () => {
    const { address, budget } = await serve(echo, { budget: createByteBudget(1_000) })
    const { ask, session } = bare(address)
    const slow = session.request({ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc' })
    slow.on('error', () => {})
    slow.write(frameOf([Buffer.alloc(2_000)], false).subarray(0, 900))
    await waitFor('it is counted', () => budget.taken === 900)
    expect(await ask(framed('x'.repeat(200)))).toMatchObject({
      status: { code: 'RESOURCE_EXHAUSTED', retryAfterMs: 1_000 },
    })
    slow.close(8)
    await waitFor('it is given back', () => budget.taken === 0)
    expect((await ask(framed('x'))).status).toMatchObject({ code: 'OK' })
  })

  it('that dribble are cut off after a minute; crumbs cost no object each', async () => {
    const { address, clock, refusals, server } = await serve()
    const { session } = bare(address)
    const stream = session.request({ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc' })
    let trailers: IncomingHttpHeaders | undefined
    stream.on('response', (headers) => (trailers = headers))
    stream.on('error', () => {})
    stream.write(Buffer.from([0, 0, 0, 4, 0]))
    for (let i = 0; i < 300; i++) stream.write(Buffer.from('x'))
    await waitFor('it is open', () => server.openCalls === 1)
    await clock.advance(70_000)
    await waitFor('it is told', () => trailers)
    expect(statusOf(trailers as IncomingHttpHeaders)).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    expect(refusals).toEqual([['slow', 'the message took too long to come']])
  })

  it('that say nothing are let go, and those of another protocol are told', async () => {
    const { address, clock, refusals } = await serve()
    const silent = raw(address, 'PO')
    await waitFor('it is waited for', () => clock.pending > 1)
    await clock.advance(10_000)
    expect(await silent).toBe('')
    expect(await raw(address, 'POST /v1/logs HTTP/1.1\r\nhost: x\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 Bad Request\r\n[^]*this is not http1\n$/,
    )
    expect(await raw(address, Buffer.from([22, 3, 1, 2, 0, 1]))).toBe('')
    expect(await raw(address, '\0\0\0\0\0\0 garbage')).toMatch(/this is not unknown/)
    expect(refusals.map(([why]) => why)).toEqual(['wrong_protocol', 'wrong_protocol', 'wrong_protocol'])
  })

  it('that send garbage after the preface only end their own connection', async () => {
    const { address, refusals } = await serve()
    await raw(address, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'\xff'.repeat(200)}`)
    await raw(address, Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x7f\xff\xff\x01\x04\x00\x00\x00\x01', 'latin1'))
    expect((await official(address)(Buffer.from('fine'))).toString()).toBe('fine')
    const refusal = ['malformed', 'no HTTP/2: the first frame is not SETTINGS']
    expect(refusals).toEqual([refusal, refusal])
  })

  it('that send more metadata than a call may have are told', async () => {
    const { address, refusals } = await serve()
    const { ask } = bare(address)
    expect(await ask(framed('x'), { 'x-long': 'v'.repeat(20_000) })).toMatchObject({
      http: 431,
      status: { code: 'RESOURCE_EXHAUSTED', message: expect.stringMatching(/metadata of a call is larger than 16384/) },
    })
    expect((await ask(framed('x'), { 'x-long': 'v'.repeat(10_000) })).status).toMatchObject({ code: 'OK' })
    expect(refusals.map(([why]) => why)).toEqual(['too_large'])
  })

  it('that take back what they ask in the same breath leave the server alone', async () => {
    const { address, refusals } = await serve()
    const part = (type: number, flags: number, payload: readonly number[]): number[] => [
      0,
      0,
      payload.length,
      type,
      flags,
      0,
      0,
      0,
      1,
      ...payload,
    ]
    const headers = part(1, 4, [0x83, 0x86, 0x84, 0x41, 0x01, 0x78])
    const reset = part(3, 0, [0, 0, 0, 8])
    const bytes = Buffer.from([...part(4, 0, []).fill(0, 8, 9), ...headers, ...reset])
    void raw(address, Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), bytes]))
    await waitFor('it was refused', () => refusals.length === 1)
    expect((await official(address)(Buffer.from('fine'))).toString()).toBe('fine')
  })

  it('are so many and no more', async () => {
    const { address, refusals } = await serve(echo, { maxConnections: 1 })
    const first = official(address)
    await first(Buffer.from('x'))
    await raw(address, 'PRI')
    await waitFor('it was refused', () => refusals.length === 1)
    expect(refusals[0]?.[0]).toBe('busy')
    expect((await first(Buffer.from('y'))).toString()).toBe('y')
  })
})

describe('a connection to the server', () => {
  it('is told to go when it is idle or old', async () => {
    const none = { idleMs: 0, ageMs: 0, ageGraceMs: 0, pingMs: 0, pingTimeoutMs: 0 }
    const idle = await serve(echo, { session: { ...none, idleMs: 60_000 } })
    const one = bare(idle.address)
    await one.ask(framed('x'))
    await idle.clock.advance(80_000)
    await waitFor('it is gone', () => one.session.closed)
    const old = await serve(echo, { session: { ...none, ageMs: 60_000, pingMs: 20_000, pingTimeoutMs: 5_000 } })
    const two = bare(old.address)
    await two.ask(framed('x'))
    await old.clock.advance(61_000)
    await waitFor('it is gone too', () => two.session.closed)
  })
})
