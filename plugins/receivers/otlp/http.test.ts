import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { CollectorError } from 'seneca-collector'
import { partialSuccess, readStatus } from 'seneca-collector/otlp'
import { afterEach, describe, expect, it } from 'vitest'
import { ask, askJson, cleanups, open, raw, requestOf } from '../../../test/otlp/receiver.ts'
import { waitFor } from '../../../test/setup/wait-for.ts'

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const json = (...bodies: string[]): string =>
  JSON.stringify(
    { resourceLogs: [{ scopeLogs: [{ logRecords: bodies.map((stringValue) => ({ body: { stringValue } })) }] }] },
    undefined,
    2,
  )
const status = (body: Buffer) => readStatus(body)

describe('OTLP over HTTP', () => {
  it('takes protobuf and JSON, over several lines too, and answers in kind', async () => {
    const { test, http } = await open()
    const proto = await ask(http, { body: requestOf(3) })
    expect(proto).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-protobuf' } })
    expect(proto.body).toHaveLength(0)
    const text = await askJson(http, json('a', 'b'), { headers: { 'content-type': 'application/json; charset=utf-8' } })
    expect([text.status, text.body.toString()]).toEqual([200, '{}'])
    expect(test.records().map(({ body }) => body)).toEqual(['0', '1', '2', 'a', 'b'])
    expect(test.batches.map(({ count }) => count)).toEqual([3, 2])
  })

  it('takes a request without records', async () => {
    const { test, http } = await open()
    expect((await ask(http, { body: '' })).status).toBe(200)
    expect((await askJson(http, '{}')).status).toBe(200)
    expect((await askJson(http, '{"resourceLogs":[]}')).body.toString()).toBe('{}')
    expect(test.records()).toEqual([])
    expect(test.inspect()).toMatchObject({ refused_requests: {} })
    const empty = await askJson(http, '')
    expect([empty.status, empty.body.toString()]).toEqual([400, expect.stringContaining('the body is empty')])
  })

  it('says in the log why JSON of something else brought nothing', async () => {
    const { test, http } = await open()
    for (const [body, reason] of [
      ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"}]}]}]}', /has resourceSpans: those are traces/],
      ['{"logs":[{"message":"a"}]}', /has no resourceLogs, but logs/],
    ] as const) {
      expect((await askJson(http, body)).status).toBe(200)
      expect(test.inspect()).toMatchObject({
        last_refusal: { reason: 'no_records', message: expect.stringMatching(reason) },
      })
    }
  })

  it('takes a target in absolute form', async () => {
    const { http } = await open()
    const head = `POST http://${http}/v1/logs HTTP/1.1\r\nHost: ${http}\r\n`
    const answer = await raw(
      http,
      `${head}Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    )
    expect(answer).toContain(' 200 ')
  })

  it('takes every encoding it names', async () => {
    const { test, http } = await open()
    const body = requestOf(1)
    const encoded: [string, Buffer][] = [
      ['gzip', gzipSync(body)],
      ['deflate', deflateSync(body)],
      ['deflate', deflateRawSync(body)],
      ['zlib', deflateSync(body)],
      ['zstd', zstdCompressSync(body)],
      ['identity', body],
      ['gzip', gzipSync(requestOf(20_000))],
    ]
    for (const [encoding, bytes] of encoded)
      expect((await ask(http, { body: bytes, headers: { 'content-encoding': encoding } })).status, encoding).toBe(200)
    expect(test.records()).toHaveLength(20_006)
    const br = await ask(http, { body, headers: { 'content-encoding': 'br' } })
    expect(br).toMatchObject({ status: 415, headers: { 'accept-encoding': 'gzip, zstd, zlib, deflate' } })
    expect(status(br.body).message).toBe('content-encoding br is not taken; use gzip, zstd, zlib, deflate or none')
    for (const encoding of ['snappy', 'x-snappy-framed', 'lz4'])
      expect((await ask(http, { body, headers: { 'content-encoding': encoding } })).status, encoding).toBe(415)
    const strict = await open({ http: { compression_algorithms: ['gzip'] } })
    expect((await ask(strict.http, { body })).status).toBe(415)
  })

  it('says where a body is broken', async () => {
    const { http } = await open()
    const proto = await ask(http, { body: requestOf(2).subarray(0, -1) })
    expect(proto.status).toBe(400)
    expect(status(proto.body)).toMatchObject({ code: 3, message: expect.stringMatching(/at byte \d+$/) })
    const text = await askJson(http, '{"resourceLogs": [}')
    expect(text.status).toBe(400)
    expect(JSON.parse(text.body.toString())).toMatchObject({
      code: 3,
      message: expect.stringMatching(/what stands there is no JSON, at byte 18$/),
    })
    const typed = await askJson(http, '{"resourceLogs": 5}')
    expect(JSON.parse(typed.body.toString())).toMatchObject({ message: expect.stringMatching(/resourceLogs/) })
    const gzip = await ask(http, { body: requestOf(1), headers: { 'content-encoding': 'gzip' } })
    expect([gzip.status, status(gzip.body).message]).toEqual([400, expect.stringMatching(/no valid gzip/)])
  })

  it('names the records that were refused for good, and refuses all of them with 400', async () => {
    const { test, http } = await open()
    test.follow((batch) => ({ refused: batch.count === 3 ? 2 : batch.count, reason: 'filter: no body' }))
    const part = await ask(http, { body: requestOf(3) })
    expect(part.status).toBe(200)
    expect(partialSuccess('logs', part.body)).toEqual({ rejected: 2, message: '2 of 3 records: filter: no body' })
    const text = await askJson(http, json('a', 'b', 'c'))
    expect(JSON.parse(text.body.toString())).toEqual({
      partialSuccess: { rejectedLogRecords: '2', errorMessage: '2 of 3 records: filter: no body' },
    })
    const all = await ask(http, { body: requestOf(2) })
    expect([all.status, status(all.body).message]).toEqual([400, 'filter: no body'])
  })

  it('asks to come again: 429 without room, 503 when what follows is down', async () => {
    const { test, http } = await open()
    const errors = [
      new CollectorError('memory_limit', 'full', { retryable: true, retryAfterMs: 2_100 }),
      new CollectorError('queue_full', 'full', { retryable: true }),
      new CollectorError('unavailable', 'down', { retryable: true }),
      new CollectorError('stopping', 'stopping', { retryable: true }),
      new CollectorError('plugin_failed', 'a bug'),
      new CollectorError('rejected', 'never'),
    ]
    test.follow(() => {
      throw errors.shift() as Error
    })
    const answers = []
    for (let i = 0; i < 6; i++) answers.push(await ask(http, { body: requestOf(1) }))
    expect(answers.map((one) => [one.status, one.headers['retry-after']])).toEqual([
      [429, '3'],
      [429, '1'],
      [503, '5'],
      [503, '5'],
      [500, undefined],
      [400, undefined],
    ])
    expect(status(answers[0]!.body)).toEqual({ code: 8, message: 'full', retryAfterMs: 2_100 })
  })

  it('acks when what follows has it, not before', async () => {
    const { test, http } = await open()
    let release = (): void => {}
    test.follow(() => new Promise<void>((resolve) => (release = resolve)))
    let isAnswered = false
    const answer = ask(http, { body: requestOf(1) }).then((one) => {
      isAnswered = true
      return one
    })
    await waitFor('it is there', () => release.length === 1 || test.inspect())
    await test.clock.settle()
    expect(isAnswered).toBe(false)
    await waitFor('it waits', () => (test.inspect() as { request_bytes: number }).request_bytes > 0)
    release()
    expect((await answer).status).toBe(200)
  })

  it('serves the paths it was given', async () => {
    const { http } = await open({ http: { logs_url_path: 'in/logs' } })
    expect((await ask(http, { path: '/in/logs?x=1', body: requestOf(1) })).status).toBe(200)
    expect((await ask(http, { body: requestOf(1) })).status).toBe(404)
  })

  it('adds the headers it was told to, and closes when it should', async () => {
    const { http } = await open({ http: { response_headers: { 'X-From': 'here' }, keep_alives_enabled: false } })
    expect((await ask(http, { body: requestOf(1) })).headers).toMatchObject({ 'x-from': 'here', connection: 'close' })
  })
})

describe('a person whose exporter does not get through', () => {
  it('is told what the right path, method and type are', async () => {
    const { test, http, grpc } = await open({}, { signals: ['logs'] })
    const said = async (path: string, more: object = {}) => {
      const answer = await askJson(http, '{}', { path, ...more })
      return [answer.status, (JSON.parse(answer.body.toString()) as { message: string }).message]
    }
    expect(await said('/v1/log')).toEqual([
      404,
      expect.stringMatching(/^there is nothing at \/v1\/log: it is \/v1\/logs/),
    ])
    expect(await said('/')).toEqual([404, expect.stringMatching(/OTLP over HTTP is at \/v1\/logs/)])
    expect(await said('/v1/traces')).toEqual([404, expect.stringMatching(/no pipeline of traces names this receiver/)])
    expect(await said('/opentelemetry.proto.collector.logs.v1.LogsService/Export')).toEqual([
      404,
      expect.stringMatching(`OTLP over gRPC is another port, at http://${grpc}`),
    ])
    expect(await said('/v1/logs', { method: 'PUT' })).toEqual([405, expect.stringMatching(/POST/)])
    const plain = await ask(http, { body: 'x', headers: { 'content-type': 'text/plain' } })
    expect([plain.status, plain.body.toString()]).toEqual([
      415,
      'content-type text/plain: it must be application/x-protobuf or application/json\n',
    ])
    expect(test.inspect()).toMatchObject({
      refused_requests: { unknown_path: 4, method: 1, content_type: 1 },
      last_refusal: { protocol: 'http', reason: 'content_type', message: expect.stringMatching(/text\/plain/) },
    })
    const labels = { protocol: 'http', reason: 'unknown_path' }
    expect(test.metrics.value('seneca_otlp_refused_requests', labels)).toBe(4)
  })

  it('finds it in the log, once in ten seconds a reason', async () => {
    const { test, http } = await open()
    for (let i = 0; i < 5; i++) await ask(http, { path: '/', body: '' })
    await test.clock.advance(10_000)
    await ask(http, { path: '/', body: '' })
    const warnings = test.logs.filter(({ level }) => level === 'warn')
    expect(warnings.map(({ fields }) => fields)).toEqual([
      { protocol: 'http', reason: 'unknown_path' },
      { protocol: 'http', reason: 'unknown_path', more_like_it: 4 },
    ])
    expect(warnings[0]?.message).toMatch(/^not taken: there is nothing at \//)
  })

  it('reads the remedy when gRPC or TLS comes to the HTTP port', async () => {
    const { test, http, grpc } = await open()
    const sentence = `gRPC came to the HTTP port: OTLP over gRPC is another port, at http://${grpc}`
    expect(await raw(http, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toMatch(sentence)
    expect(await raw(http, Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]))).toBe('')
    expect(await raw(http, 'garbage\r\n\r\n')).toMatch(/^HTTP\/1.1 400/)
    expect(test.logs.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      expect.stringMatching(sentence),
      expect.stringMatching(/no HTTP\/1.1/),
    ])
    expect(test.inspect()).toMatchObject({ refused_requests: { wrong_protocol: 2, malformed: 1 } })
  })

  it('is refused with 401 and the reason, before the body is read', async () => {
    const auth = { refusal: (headers: object) => ('x-key' in headers ? undefined : 'no x-key'), challenge: 'Key' }
    const { test, http } = await open(
      { http: { auth: { authenticator: 'keys' } }, grpc: null },
      { extensions: { keys: auth } },
    )
    const refused = await ask(http, { body: requestOf(1) })
    expect([refused.status, refused.headers['www-authenticate'], status(refused.body)]).toEqual([
      401,
      'Key',
      { code: 16, message: 'no x-key', retryAfterMs: undefined },
    ])
    expect((await ask(http, { body: requestOf(1), headers: { 'x-key': 'k' } })).status).toBe(200)
    expect(test.inspect()).toMatchObject({ last_refusal: { reason: 'unauthenticated', message: 'no x-key' } })
  })
})

describe('pages', () => {
  it('of other sites are not let in unless they are named', async () => {
    const { http } = await open()
    const from = (origin: string, host = http) => ask(http, { body: requestOf(1), headers: { origin, host } })
    expect((await from('http://localhost:5173')).status).toBe(200)
    expect((await from('https://evil.example')).status).toBe(403)
    expect((await from('http://evil.example:4318', 'evil.example:4318')).status).toBe(403)
    const named = await open({ http: { cors: { allowed_origins: ['https://*.example.com'], max_age: 60 } } })
    const page = { origin: 'https://board.example.com' }
    const answer = await ask(named.http, { body: requestOf(1), headers: page })
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': page.origin, vary: 'Origin' },
    })
    const question = await ask(named.http, { method: 'OPTIONS', headers: page })
    expect(question).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-methods': 'POST', 'access-control-max-age': '60' },
    })
    const evil = { origin: 'https://evil.example' }
    const other = await ask(named.http, { method: 'OPTIONS', headers: evil })
    expect(other.headers['access-control-allow-origin']).toBeUndefined()
    expect((await ask(named.http, { body: requestOf(1), headers: evil })).status).toBe(403)
  })
})

describe('hostile senders over HTTP', () => {
  it('cannot send, or decompress to, more than is allowed', async () => {
    const { test, http } = await open({ http: { max_request_body_size: 10_000 } })
    expect(await ask(http, { body: Buffer.alloc(10_001) })).toMatchObject({ status: 413 })
    const chunked = await raw(
      http,
      `POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n${'1000\r\n'}${'x'.repeat(4096)}\r\n${'2000\r\n'}${'x'.repeat(8192)}\r\n0\r\n\r\n`,
    )
    expect(chunked).toMatch(/^HTTP\/1.1 413/)
    for (const bomb of [gzipSync(Buffer.alloc(50_000_000)), gzipSync(Buffer.alloc(1_000_000))]) {
      const answer = await ask(http, { body: bomb.subarray(0, 9_999), headers: { 'content-encoding': 'gzip' } })
      expect(answer.status).toBe(413)
    }
    const liar = await raw(
      http,
      'POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n{',
    )
    expect(liar).toMatch(/^HTTP\/1.1 413 [^]*connection: close/i)
    expect(test.inspect()).toMatchObject({ request_bytes: 0, refused_requests: { too_large: 5 } })
  })

  it('share one budget of bytes', async () => {
    const { test, http } = await open({ request_limit_mib: 1 })
    let release = (): void => {}
    test.follow(() => new Promise<void>((resolve) => (release = resolve)))
    const first = ask(http, { body: requestOf(60_000) })
    await waitFor('it is held', () => (test.inspect() as { request_bytes: number }).request_bytes > 500_000)
    const second = await ask(http, { body: requestOf(60_000) })
    expect([second.status, second.headers['retry-after']]).toEqual([429, '1'])
    await test.clock.settle()
    release()
    expect((await first).status).toBe(200)
    expect(test.inspect()).toMatchObject({ request_bytes: 0 })
  })

  it('that are slow are cut off', async () => {
    const { test, http } = await open({ http: { read_header_timeout: '400ms', read_timeout: '500ms' } })
    expect(await raw(http, 'POST /v1/logs HTTP/1.1\r\nhost: x\r\n')).toMatch(/took too long/)
    expect(
      await raw(
        http,
        'POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{',
      ),
    ).toMatch(/took too long/)
    expect(test.inspect()).toMatchObject({ request_bytes: 0, refused_requests: { slow: 2 } })
  })

  it('that go away in the middle leave nothing behind, and end what waits for them', async () => {
    const { test, http } = await open()
    const signals: (AbortSignal | undefined)[] = []
    test.follow((_, signal) => {
      signals.push(signal)
      return new Promise<void>((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      )
    })
    const body = requestOf(1)
    const head = `POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${body.length}\r\n\r\n`
    void raw(http, Buffer.concat([Buffer.from(head), body]))
    await waitFor('it waits', () => signals.length === 1)
    cleanups.pop()?.()
    await waitFor('it was told', () => signals[0]?.aborted)
    void raw(http, Buffer.concat([Buffer.from(head), body.subarray(0, 2)]))
    await waitFor('it is read', () => (test.inspect() as { request_bytes: number }).request_bytes === 2)
    cleanups.pop()?.()
    await waitFor('it is forgotten', () => (test.inspect() as { request_bytes: number }).request_bytes === 0)
  })

  it('are so many and no more', async () => {
    const { test, http } = await open({ http: { max_connections: 1 } })
    void raw(http, 'POST')
    await waitFor('one is in', async () => {
      const answer = await raw(http, 'POST')
      return answer === '' && 'busy' in (test.inspect() as { refused_requests: object }).refused_requests
    })
  })
})
