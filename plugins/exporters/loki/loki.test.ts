import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import protobuf from 'protobufjs'
import { uncompressSync } from 'snappy'
import { afterEach, describe, expect, it } from 'vitest'
import { decode, logs } from 'seneca-collector'
import type { Batch } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import loki from './index.ts'

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
  readonly body?: string
}

const server = async (answer: () => Answer = () => ({})) => {
  const taken: Taken[] = []
  const listening = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      taken.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) })
      const { status = 204, headers = {}, body } = answer()
      response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    listening.closeAllConnections()
    listening.close()
  })
  return { taken, url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}` }
}

const exporter = async (options: object) => {
  const made = await harness(loki, options)
  cleanups.push(() => made.stop())
  return made
}

interface Pushed {
  readonly streams: readonly {
    readonly stream: Record<string, string>
    readonly values: readonly [string, string, Record<string, string>?][]
  }[]
}

const pushed = async (batch: Batch, options: object = {}): Promise<Pushed['streams']> => {
  const { taken, url } = await server()
  await (await exporter({ endpoint: url, ...options })).consume(batch)
  return (JSON.parse(gunzipSync(taken[0]?.body as Buffer).toString()) as Pushed).streams
}

const sample = logs(
  [
    {
      time: 1_700_000_000_123_456_789n,
      body: 'first',
      severity: 9,
      severityText: 'INFO',
      attributes: { 'http.route': '/a' },
    },
    { observedTime: 5n, body: { a: [1, 2] }, traceId: '0102030405060708090a0b0c0d0e0f10', spanId: '0102030405060708' },
  ],
  {
    resource: { attributes: { 'service.name': 'shop', 'host.name': 'h1', 'k8s.pod': { name: 'p', uid: 7 } } },
    scope: { name: 'lib', version: '1' },
  },
)

describe('records', () => {
  it('are streams by their labels, with the rest beside the line', async () => {
    expect(await pushed(sample)).toEqual([
      {
        stream: { service_name: 'shop' },
        values: [
          [
            '1700000000123456789',
            'first',
            {
              host_name: 'h1',
              k8s_pod_name: 'p',
              k8s_pod_uid: '7',
              http_route: '/a',
              severity_text: 'INFO',
              severity_number: '9',
              scope_name: 'lib',
              scope_version: '1',
            },
          ],
          [
            '5',
            '{"a":[1,2]}',
            expect.objectContaining({ trace_id: '0102030405060708090a0b0c0d0e0f10', span_id: '0102030405060708' }),
          ],
        ],
      },
    ])
  })

  it('have the labels that were asked for', async () => {
    const batch = logs([
      { body: '1', attributes: { kind: 'a', id: 1 } },
      { body: '2', attributes: { kind: 'b' } },
      { body: '3', attributes: { kind: 'a' } },
    ])
    const streams = await pushed(batch, {
      labels: { cluster: 'home' },
      attribute_labels: ['kind'],
      structured_metadata: false,
    })
    expect(streams.map(({ stream, values }) => [stream, values.map((value) => value.slice(1))])).toEqual([
      [{ cluster: 'home', kind: 'a' }, [['1'], ['3']]],
      [{ cluster: 'home', kind: 'b' }, [['2']]],
    ])
  })

  it('that name no sender are streams all the same, and those without a time get ours', async () => {
    const [stream] = await pushed(logs([{ body: 'x' }]))
    expect(stream?.stream).toEqual({ service_name: 'unknown_service' })
    expect(BigInt(stream?.values[0]?.[0] ?? 0)).toBeGreaterThan(1_000_000_000_000_000_000n)
  })

  it('that are events are lines with the envelope', async () => {
    const line = {
      id: '0123456789abcdef0123456789abcdef',
      type: 'task.blocked',
      source: 'marcus_logs',
      timestamp: '2026-11-23T20:00:00.123456Z',
      data: { task_id: 't1' },
      metadata: { severity: 'warning' },
      version: '1',
    }
    const batch = decode('logs', 'envelope', Buffer.from(`${JSON.stringify(line)}\n`))
    const [stream] = await pushed(batch)
    expect(JSON.parse(stream?.values[0]?.[1] ?? '')).toEqual(line)
    expect(stream?.values[0]?.[2]).toMatchObject({ event_name: 'task.blocked', marcus_task_id: 't1' })
    const [bodied] = await pushed(logs([{ eventName: 'a.b', body: 'text' }]), { line: 'envelope' })
    expect(JSON.parse(bodied?.values[0]?.[1] ?? '')).toMatchObject({ type: 'a.b' })
  })
})

const root = protobuf.Root.fromJSON({
  nested: {
    PushRequest: { fields: { streams: { type: 'Stream', id: 1, rule: 'repeated' } } },
    Stream: { fields: { labels: { type: 'string', id: 1 }, entries: { type: 'Entry', id: 2, rule: 'repeated' } } },
    Entry: {
      fields: {
        timestamp: { type: 'Timestamp', id: 1 },
        line: { type: 'string', id: 2 },
        structuredMetadata: { type: 'LabelPair', id: 3, rule: 'repeated' },
      },
    },
    Timestamp: { fields: { seconds: { type: 'int64', id: 1 }, nanos: { type: 'int32', id: 2 } } },
    LabelPair: { fields: { name: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
  },
})

describe('the request', () => {
  it('as protobuf is one that protobufjs understands, in snappy', async () => {
    const { taken, url } = await server()
    const one = await exporter({
      endpoint: `${url}/`,
      encoding: 'proto',
      labels: { q: 'a"b\\ü\n' },
      tenant_id: 'team-a',
    })
    await one.consume(sample)
    expect(taken[0]).toMatchObject({
      url: '/loki/api/v1/push',
      headers: { 'content-type': 'application/x-protobuf', 'x-scope-orgid': 'team-a' },
    })
    const type = root.lookupType('PushRequest')
    const request = type.toObject(type.decode(uncompressSync(taken[0]?.body as Buffer) as Buffer), { longs: Number })
    expect(request).toMatchObject({
      streams: [
        {
          labels: '{q="a\\"b\\\\ü\\n", service_name="shop"}',
          entries: [
            {
              timestamp: { seconds: 1_700_000_000, nanos: 123_456_789 },
              line: 'first',
              structuredMetadata: expect.arrayContaining([{ name: 'http_route', value: '/a' }]),
            },
            { timestamp: { nanos: 5 }, line: '{"a":[1,2]}' },
          ],
        },
      ],
    })
  })

  it('goes where the path says', async () => {
    const { taken, url } = await server()
    await (await exporter({ endpoint: `${url}/insert/loki/api/v1/push?x=1`, compression: 'none' })).consume(sample)
    expect(taken[0]?.url).toBe('/insert/loki/api/v1/push?x=1')
    expect(taken[0]?.headers).toMatchObject({ 'content-type': 'application/json' })
    expect(JSON.parse(taken[0]?.body.toString() ?? '')).toHaveProperty('streams')
  })

  it('of nothing is none', async () => {
    const { taken, url } = await server()
    await (await exporter({ endpoint: url })).consume(logs([]))
    expect(taken).toEqual([])
  })

  it.each([
    [429, true],
    [500, true],
    [503, true],
    [400, false],
    [401, false],
  ])('answered with %i may be sent again: %s', async (status, retryable) => {
    const { url } = await server(() => ({ status, headers: { 'retry-after': '3' }, body: 'entry too far behind' }))
    await expect((await exporter({ endpoint: url })).consume(sample)).rejects.toMatchObject({
      retryable,
      retryAfterMs: retryable ? 3000 : undefined,
      message: expect.stringContaining(`${status}: entry too far behind`),
    })
  })
})

it('options that Loki would not understand are refused', async () => {
  await expect(harness(loki, { endpoint: 'localhost:3100' })).rejects.toThrow(/no http or https URL/)
  await expect(harness(loki, { endpoint: 'http://x', labels: { 'a.b': '1' } })).rejects.toThrow(
    /"a.b" is no label name/,
  )
})

describe('the plugin', () => {
  for (const check of conformance(loki, { folder: import.meta.dirname })) it(check.name, check.run)
})
