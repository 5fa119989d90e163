import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import protobuf from 'protobufjs'
import { afterEach, describe, expect, it } from 'vitest'
import { decode, logs } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { requestType } from '../../../core/model/testing/otlp-proto.ts'
import otlpHttp from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Taken {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}
interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string>
  readonly body?: Uint8Array | string
}

const inflate = { gzip: gunzipSync, zstd: zstdDecompressSync, deflate: inflateSync } as const

/** A backend: takes requests and answers as it is told. */
const backend = async (answer: () => Answer = () => ({})) => {
  const taken: Taken[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const encoding = request.headers['content-encoding'] as keyof typeof inflate | undefined
      const body = Buffer.concat(chunks)
      taken.push({
        url: request.url ?? '',
        headers: request.headers,
        body: encoding === undefined ? body : inflate[encoding](body),
      })
      const { status = 200, headers = {}, body: said = '' } = answer()
      response.writeHead(status, { 'content-type': 'application/x-protobuf', ...headers }).end(said)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { taken, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

const exporter = async (options: object) => {
  const made = await harness(otlpHttp, options)
  cleanups.push(() => made.stop())
  return made
}

const event = decode(
  'logs',
  'envelope',
  Buffer.from(
    `${JSON.stringify({
      id: '0123456789abcdef0123456789abcdef',
      type: 'task.blocked',
      source: 'marcus_logs',
      timestamp: '2026-11-23T20:00:00.123456Z',
      data: { task_id: 't1', agent_id: 'a1', severity: 'high', nested: { deep: [1, 2.5, null] } },
      metadata: { severity: 'warning', category: 'task_execution' },
      version: '1',
    })}\n`,
  ),
)

const attributesOf = (list: readonly { key: string; value: Record<string, unknown> }[]): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]))

interface Decoded {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly {
        readonly eventName: string
        readonly severityNumber: number
        readonly attributes: readonly { key: string; value: Record<string, unknown> }[]
      }[]
    }[]
  }[]
}
const firstRecord = (request: Decoded) => request.resourceLogs[0]?.scopeLogs[0]?.logRecords[0]

describe('a batch', () => {
  it.each(['gzip', 'zstd', 'deflate', 'none'])(
    'is a request that protobufjs understands, with compression %s',
    async (compression) => {
      const { taken, url } = await backend()
      await (await exporter({ endpoint: `${url}/`, compression })).consume(event)
      expect(taken[0]).toMatchObject({ url: '/v1/logs', headers: { 'content-type': 'application/x-protobuf' } })
      const record = firstRecord(
        requestType.toObject(requestType.decode(taken[0]?.body as Buffer), { longs: Number }) as Decoded,
      )
      expect(record).toMatchObject({ eventName: 'task.blocked', severityNumber: 13 })
      expect(attributesOf(record?.attributes ?? [])).toMatchObject({
        'event.name': 'task.blocked',
        'marcus.task.id': 't1',
        'log.record.uid': '0123456789abcdef0123456789abcdef',
      })
    },
  )

  it('is the same as JSON', async () => {
    const { taken, url } = await backend()
    await (await exporter({ logs_endpoint: `${url}/ingest/otlp`, encoding: 'json' })).consume(event)
    expect(taken[0]).toMatchObject({ url: '/ingest/otlp', headers: { 'content-type': 'application/json' } })
    const record = firstRecord(JSON.parse(taken[0]?.body.toString() ?? '') as Decoded)
    expect(record).toMatchObject({ eventName: 'task.blocked' })
    expect(attributesOf(record?.attributes ?? [])).toMatchObject({ 'event.name': 'task.blocked' })
  })

  it('keeps what stands in event.name already, and records that are no events as they are', async () => {
    const { taken, url } = await backend()
    const one = await exporter({ endpoint: url })
    await one.consume(logs([{ eventName: 'a.b', attributes: { 'event.name': 'mine' } }, { body: 'plain' }]))
    const request = requestType.toObject(requestType.decode(taken[0]?.body as Buffer)) as Decoded
    const records = request.resourceLogs.flatMap((resource) => resource.scopeLogs.flatMap((scope) => scope.logRecords))
    expect(attributesOf(records[0]?.attributes ?? [])).toEqual({ 'event.name': 'mine' })
    expect(records[1]?.attributes ?? []).toEqual([])
    await (await exporter({ endpoint: url, mirror_event_name: false })).consume(event)
    const second = firstRecord(requestType.toObject(requestType.decode(taken[1]?.body as Buffer)) as Decoded)
    expect(attributesOf(second?.attributes ?? [])).not.toHaveProperty('event.name')
  })

  it.each([{ 'X-Api-Key': 'k' }, [{ name: 'X-Api-Key', value: 'k' }]])(
    'carries headers, which are secrets: %j',
    async (headers) => {
      const { taken, url } = await backend()
      const one = await exporter({ endpoint: url, headers })
      await one.consume(event)
      expect(taken[0]?.headers['x-api-key']).toBe('k')
      expect(JSON.stringify(one.options)).not.toContain('"k"')
    },
  )

  it('of nothing is no request', async () => {
    const { taken, url } = await backend()
    await (await exporter({ endpoint: url })).consume(logs([]))
    expect(taken).toEqual([])
  })
})

const root = protobuf.Root.fromJSON({
  nested: {
    Response: { fields: { partialSuccess: { type: 'Partial', id: 1 } } },
    Partial: { fields: { rejectedLogRecords: { type: 'int64', id: 1 }, errorMessage: { type: 'string', id: 2 } } },
    Status: {
      fields: {
        code: { type: 'int32', id: 1 },
        message: { type: 'string', id: 2 },
        details: { type: 'bytes', id: 3, rule: 'repeated' },
      },
    },
  },
})
const encode = (type: string, value: object): Uint8Array => root.lookupType(type).encode(value).finish()

describe('an answer', () => {
  it.each([429, 502, 503, 504])('of %i is tried again, after Retry-After', async (status) => {
    const { url } = await backend(() => ({ status, headers: { 'retry-after': '7' } }))
    await expect((await exporter({ endpoint: url })).consume(event)).rejects.toMatchObject({
      retryable: true,
      retryAfterMs: 7000,
    })
  })

  it.each([400, 401, 404, 413, 500, 501])('of %i is final, in the server’s words', async (status) => {
    const { url } = await backend(() => ({
      status,
      body: encode('Status', { code: 3, message: 'no such tenant' }),
      headers: { 'retry-after': '7' },
    }))
    await expect((await exporter({ endpoint: url })).consume(event)).rejects.toMatchObject({
      retryable: false,
      retryAfterMs: undefined,
      message: expect.stringContaining(`${status}: no such tenant`),
    })
  })

  it('in JSON or in plain text is read too', async () => {
    const json = await backend(() => ({
      status: 400,
      body: '{"code":3,"message":"bad"}',
      headers: { 'content-type': 'application/json' },
    }))
    await expect((await exporter({ endpoint: json.url })).consume(event)).rejects.toThrow(/400: bad$/)
    const plain = await backend(() => ({
      status: 400,
      body: '<html>go away</html>',
      headers: { 'content-type': 'text/html' },
    }))
    await expect((await exporter({ endpoint: plain.url })).consume(event)).rejects.toThrow(
      /400: <html>go away<\/html>$/,
    )
  })

  it('that took a part is not sent again: what was refused is counted', async () => {
    const proto = await backend(() => ({
      body: encode('Response', { partialSuccess: { rejectedLogRecords: 3, errorMessage: 'too old' } }),
    }))
    const one = await exporter({ endpoint: proto.url })
    await one.consume(logs([{}, {}, {}, {}]))
    expect(one.dropped).toEqual({ 'rejected by the server': 3 })
    expect(one.logs.at(-1)).toMatchObject({ level: 'warn', fields: { rejected: 3, message: 'too old' } })
    const json = await backend(() => ({
      body: '{"partialSuccess":{"rejectedLogRecords":"2"}}',
      headers: { 'content-type': 'application/json' },
    }))
    const two = await exporter({ endpoint: json.url, encoding: 'json' })
    await two.consume(logs([{}, {}, {}, {}]))
    expect(two.dropped).toEqual({ 'rejected by the server': 2 })
    const all = await exporter({ endpoint: proto.url })
    await all.consume(event)
    expect(all.dropped, 'no more than there were').toEqual({ 'rejected by the server': 1 })
  })

  it('that only warns, is empty, or is nonsense, is a success', async () => {
    const bodies = [
      encode('Response', { partialSuccess: { errorMessage: 'soon too old' } }),
      new Uint8Array(),
      Uint8Array.of(255, 255, 1, 2, 3),
      Uint8Array.of(10, 99, 1),
    ]
    const { url } = await backend(() => ({ body: bodies.shift() ?? '' }))
    const one = await exporter({ endpoint: url })
    for (let i = 0; i < 4; i++) await one.consume(event)
    expect(one.dropped).toEqual({})
    expect(one.logs.filter((entry) => entry.level === 'warn')).toHaveLength(1)
  })

  it('that does not come is tried again', async () => {
    const { url } = await backend()
    for (const cleanup of cleanups.splice(0)) await cleanup()
    await expect((await exporter({ endpoint: url })).consume(event)).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
  })
})

describe('a server that misbehaves', () => {
  it('and never answers costs the call its time, and no more', async () => {
    const server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const one = await exporter({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
    const limit = new AbortController()
    const sent = one.consume(event, limit.signal)
    limit.abort()
    await expect(sent).rejects.toMatchObject({ retryable: true })
  })

  it('and answers a flood is read to a bound only', async () => {
    const { url } = await backend(() => ({
      status: 503,
      body: 'x'.repeat(20_000_000),
      headers: { 'content-type': 'text/plain' },
    }))
    const error = await (await exporter({ endpoint: url })).consume(event).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ retryable: true })
    expect(String(error).length).toBeLessThan(1000)
  })

  it('and sends us to another host is told no: nothing leaves for there', async () => {
    const there = await backend()
    const { url } = await backend(() => ({ status: 308, headers: { location: `${there.url}/v1/logs` } }))
    await expect((await exporter({ endpoint: url })).consume(event)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('a redirect to another host, which is not followed'),
    })
    expect(there.taken).toEqual([])
  })
})

describe('an authenticator', () => {
  it('is asked for its headers at each request, and they win', async () => {
    const { taken, url } = await backend()
    let token = 0
    const made = await harness(
      otlpHttp,
      { endpoint: url, auth: { authenticator: 'bearertokenauth' }, headers: { authorization: 'Basic eDp5' } },
      {
        extensions: {
          bearertokenauth: { clientHeaders: async () => ({ authorization: `Bearer ${++token}` }) },
        },
      },
    )
    cleanups.push(() => made.stop())
    await made.consume(event)
    await made.consume(event)
    expect(taken.map((request) => request.headers.authorization)).toEqual(['Bearer 1', 'Bearer 2'])
  })

  it('must be there, and authenticate clients', async () => {
    const options = { endpoint: 'http://x', auth: { authenticator: 'who' } }
    await expect(harness(otlpHttp, options)).rejects.toThrow(/there is no extension 'who'/)
    await expect(harness(otlpHttp, options, { extensions: { who: {} } })).rejects.toThrow(/authenticates no clients/)
  })
})

describe('the options', () => {
  it.each([
    [{}, /needs `endpoint`/],
    [{ endpoint: 'localhost:4318' }, /is no http or https URL/],
    [{ endpoint: 'http://x', compression: 'snappy' }, /compression/],
    [{ endpoint: 'http://x', encoding: 'text' }, /encoding/],
    [{ endpoint: 'http://x', traces_endpoint: 'x:1' }, /traces_endpoint: "x:1" is no http or https URL/],
    [{ endpoint: 'http://x', proxy_url: 'x:1' }, /proxy_url: "x:1" is no http or https URL/],
    [{ endpoint: 'http://x', compression_params: { level: 12 } }, /gzip has the levels 0 to 9/],
  ])('%j are refused', async (options, message) => {
    await expect(harness(otlpHttp, options)).rejects.toThrow(message)
  })

  it('must lead somewhere for every signal that is sent', async () => {
    const options = { logs_endpoint: 'http://x/v1/logs' }
    await expect(harness(otlpHttp, options, { outputs: ['logs', 'traces/a'] })).rejects.toThrow(
      /needs `endpoint` \(or `traces_endpoint`\)/,
    )
  })

  it('name a file that cannot be read', async () => {
    await expect(harness(otlpHttp, { endpoint: 'https://x', tls: { ca_file: 'nowhere.pem' } })).rejects.toThrow(
      /tls.ca_file: nowhere.pem cannot be read \(ENOENT\)/,
    )
    await expect(harness(otlpHttp, { endpoint: 'https://x', tls: { cert_pem: 'x' } })).rejects.toThrow(/needs both/)
  })
})

describe('the plugin', () => {
  for (const check of conformance(otlpHttp, { folder: import.meta.dirname })) it(check.name, check.run)
})
