import { createServer } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import protobuf from 'protobufjs'
import { uncompressSync } from 'snappy'
import { afterEach, describe, expect, it } from 'vitest'
import { metrics } from 'seneca-collector'
import type { Batch, MetricInit } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import remoteWrite from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const list = (type: string, id: number) => ({ type, id, rule: 'repeated' as const })
const one = (type: string, id: number) => ({ type, id })
const requestType = protobuf.Root.fromJSON({
  nested: {
    WriteRequest: { fields: { timeseries: list('TimeSeries', 1), metadata: list('Metadata', 3) } },
    TimeSeries: {
      fields: { labels: list('Label', 1), samples: list('Sample', 2), exemplars: list('Exemplar', 3) },
    },
    Label: { fields: { name: one('string', 1), value: one('string', 2) } },
    Sample: { fields: { value: one('double', 1), timestamp: one('int64', 2) } },
    Exemplar: { fields: { labels: list('Label', 1), value: one('double', 2), timestamp: one('int64', 3) } },
    Metadata: {
      fields: { type: one('int32', 1), name: one('string', 2), help: one('string', 4), unit: one('string', 5) },
    },
  },
}).lookupType('WriteRequest')

interface Labelled {
  readonly labels: readonly { readonly name: string; readonly value: string }[]
}
interface Request {
  readonly timeseries: readonly (Labelled & {
    readonly samples: readonly { readonly value: number; readonly timestamp: number }[]
    readonly exemplars?: readonly (Labelled & { readonly value: number; readonly timestamp: number })[]
  })[]
  readonly metadata?: readonly object[]
}

const named = ({ labels }: Labelled): string => labels.map(({ name, value }) => `${name}=${value}`).join(',')

const server = async (
  answer: () => { status?: number; headers?: Record<string, string>; body?: string } = () => ({}),
) => {
  const taken: { headers: IncomingHttpHeaders; raw: Buffer; request: Request }[] = []
  const listening = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const raw = uncompressSync(Buffer.concat(chunks)) as Buffer
      const request = requestType.toObject(requestType.decode(raw), { longs: Number }) as Request
      taken.push({ headers: incoming.headers, raw, request })
      const { status = 204, headers = {}, body } = answer()
      response.writeHead(status, headers).end(body)
    })
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    listening.closeAllConnections()
    listening.close()
  })
  return { taken, endpoint: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/api/v1/write` }
}

const exporter = async (options: object) => {
  const made = await harness(remoteWrite, options)
  cleanups.push(() => made.stop())
  return made
}

/** `labels value@ms value@ms …` of every series. */
const written = async (batches: readonly Batch[], options: object = {}): Promise<string[]> => {
  const { taken, endpoint } = await server()
  const made = await exporter({ endpoint, ...options })
  for (const batch of batches) await made.consume(batch)
  return taken.flatMap(({ request }) =>
    request.timeseries.map(
      (series) => `${named(series)} ${series.samples.map(({ value, timestamp }) => `${value}@${timestamp}`).join(' ')}`,
    ),
  )
}

const T = 1_700_000_000_000_000_000n
const MS = 1_000_000n

const sum = (value: number, time: bigint, temporality = 2, startTime = 0n): MetricInit => ({
  name: 'tasks.done',
  description: 'Tasks that are done.',
  unit: '{tasks}',
  type: 'sum',
  isMonotonic: true,
  aggregationTemporality: temporality,
  dataPoints: [{ value, time, startTime }],
})
const shop = {
  resource: { attributes: { 'service.name': 'shop', 'service.instance.id': 'i1', 'host.name': 'h' } },
  scope: { name: 'lib' },
}

describe('metrics', () => {
  it('are series with sorted labels, and one of who sent them', async () => {
    expect(
      await written([metrics([sum(3, T), sum(4, T + MS)], shop)], { external_labels: { Zone: 'a', zone: 'b' } }),
    ).toEqual([
      'Zone=a,__name__=tasks_done_total,instance=i1,job=shop,otel_scope_name=lib,zone=b 3@1700000000000 4@1700000000001',
      'Zone=a,__name__=target_info,host_name=h,instance=i1,job=shop,zone=b 1@1700000000001',
    ])
  })

  it('have the namespace before every name', async () => {
    const [one, target] = await written([metrics([sum(3, T)], shop)], { namespace: 'ns' })
    expect([one, target]).toEqual([
      '__name__=ns_tasks_done_total,instance=i1,job=shop,otel_scope_name=lib 3@1700000000000',
      '__name__=ns_target_info,host_name=h,instance=i1,job=shop 1@1700000000000',
    ])
  })

  it('of every type have the series that Prometheus knows', async () => {
    const batch = metrics([
      { name: 'g', unit: '1', type: 'gauge', dataPoints: [{ value: 0.5, time: T, attributes: { 'a.b': 'x' } }] },
      {
        name: 'h',
        unit: 's',
        type: 'histogram',
        aggregationTemporality: 2,
        dataPoints: [{ count: 3, sum: 4.5, bucketCounts: [1, 2], explicitBounds: [0.5], time: T }],
      },
      {
        name: 's',
        type: 'summary',
        dataPoints: [{ count: 2, sum: 3, quantileValues: [{ quantile: 0.9, value: 2 }], time: T }],
      },
    ])
    expect(await written([batch])).toEqual(
      [
        '__name__=g_ratio,a_b=x 0.5',
        '__name__=h_seconds_bucket,le=0.5 1',
        '__name__=h_seconds_bucket,le=+Inf 3',
        '__name__=h_seconds_sum 4.5',
        '__name__=h_seconds_count 3',
        '__name__=s,quantile=0.9 2',
        '__name__=s_sum 3',
        '__name__=s_count 2',
      ].map((line) => `${line}@1700000000000`),
    )
  })

  it('that are deltas are added up, and the same when they are sent again', async () => {
    const [first, second] = [metrics([sum(2, T + MS, 1, T)]), metrics([sum(3, T + 2n * MS, 1, T + MS)])]
    expect(await written([first, second, second])).toEqual([
      '__name__=tasks_done_total 2@1700000000001',
      '__name__=tasks_done_total 5@1700000000002',
      '__name__=tasks_done_total 5@1700000000002',
    ])
  })

  it('that end are marked stale with the bits that Prometheus means', async () => {
    const { taken, endpoint } = await server()
    const ended: MetricInit = { name: 'g', type: 'gauge', dataPoints: [{ time: T, flags: 1 }] }
    await (await exporter({ endpoint })).consume(metrics([ended]))
    expect(taken[0]?.request.timeseries.map(named)).toEqual(['__name__=g'])
    expect(taken[0]?.raw.includes(Buffer.from('020000000000f07f', 'hex'))).toBe(true)
  })

  it('bring their exemplars and, where told so, what they are', async () => {
    const { taken, endpoint } = await server()
    const traceId = '0102030405060708090a0b0c0d0e0f10'
    const base = sum(3, T)
    const batch = metrics([
      {
        ...base,
        dataPoints: [{ value: 3, time: T, exemplars: [{ value: 1, time: T, traceId, spanId: '0102030405060708' }] }],
      } as MetricInit,
      {
        name: 'h',
        unit: 'By',
        type: 'histogram',
        aggregationTemporality: 2,
        dataPoints: [
          { count: 2, bucketCounts: [1, 1], explicitBounds: [1], time: T, exemplars: [{ value: 2, time: T, traceId }] },
        ],
      },
    ])
    await (await exporter({ endpoint, send_metadata: true })).consume(batch)
    const request = taken[0]?.request
    const exemplars = request?.timeseries.flatMap((series) =>
      (series.exemplars ?? []).map(
        (exemplar) => `${named(series)} ${named(exemplar)} ${exemplar.value}@${exemplar.timestamp}`,
      ),
    )
    expect(exemplars).toEqual([
      `__name__=tasks_done_total span_id=0102030405060708,trace_id=${traceId} 1@1700000000000`,
      `__name__=h_bytes_bucket,le=+Inf trace_id=${traceId} 2@1700000000000`,
    ])
    expect(request?.metadata).toEqual(
      expect.arrayContaining([
        { type: 1, name: 'tasks_done_total', help: 'Tasks that are done.' },
        { type: 3, name: 'h_bytes', unit: 'bytes' },
      ]),
    )
  })

  it('that cannot be had are counted as dropped', async () => {
    const { taken, endpoint } = await server()
    const made = await exporter({ endpoint })
    await made.consume(metrics([{ name: 'x', type: 'sum', dataPoints: [{ value: 1, time: T }] }]))
    expect(made.dropped).toEqual({ 'no aggregation temporality': 1 })
    expect(taken).toEqual([])
  })
})

describe('a request', () => {
  it('is snappy protobuf of remote write 1.0, and no larger than it may be', async () => {
    const { taken, endpoint } = await server()
    const many = Array.from({ length: 100 }, (_, i): MetricInit => ({
      name: `g${i}`,
      type: 'gauge',
      dataPoints: [{ value: i, time: T }],
    }))
    await (
      await exporter({ endpoint, max_batch_size_bytes: 1_000, headers: { 'X-Scope-OrgID': 't' } })
    ).consume(metrics(many))
    expect(taken[0]?.headers).toMatchObject({
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      'x-scope-orgid': 't',
    })
    expect(taken.length).toBeGreaterThan(2)
    expect(Math.max(...taken.map(({ raw }) => raw.length))).toBeLessThanOrEqual(1_000)
    const names = taken.flatMap(({ request }) => request.timeseries.map(named))
    expect(new Set(names).size).toBe(100)
    expect(names).toHaveLength(100)
  })

  it.each([
    [429, true],
    [500, true],
    [503, true],
    [400, false],
    [404, false],
  ])('answered with %i may be sent again: %s', async (status, retryable) => {
    const { endpoint } = await server(() => ({ status, headers: { 'retry-after': '3' }, body: 'out of order sample' }))
    await expect((await exporter({ endpoint })).consume(metrics([sum(1, T)]))).rejects.toMatchObject({
      retryable,
      retryAfterMs: retryable ? 3000 : undefined,
      message: expect.stringContaining(`${status}: out of order sample`),
    })
  })
})

describe('the plugin', () => {
  for (const check of conformance(remoteWrite, { folder: import.meta.dirname })) it(check.name, check.run)
})
