/** A real Prometheus fetches from the exporter prometheus, and takes what prometheusremotewrite sends. */
import { afterEach, describe, expect, it } from 'vitest'
import { metrics } from 'seneca-collector'
import type { MetricInit } from 'seneca-collector'
import { harness } from 'seneca-collector/testing'
import prometheus from '../../plugins/exporters/prometheus/index.ts'
import remoteWrite from '../../plugins/exporters/prometheusremotewrite/index.ts'
import { findProgram, missing } from '../setup/programs.ts'
import { startPrometheus } from '../setup/prometheus-server.ts'
import type { PrometheusServer } from '../setup/prometheus-server.ts'
import { waitFor } from '../setup/wait-for.ts'

const binary = findProgram('prometheus')

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const traceId = '0102030405060708090a0b0c0d0e0f10'
const shop = (instance: string) => ({
  resource: { attributes: { 'service.name': 'shop', 'service.instance.id': instance, 'host.name': 'h' } },
})

/** All types, at this time; the histogram has an exemplar. */
const everything = (time: bigint): MetricInit[] => [
  {
    name: 'tasks.done',
    type: 'sum',
    isMonotonic: true,
    aggregationTemporality: 1,
    dataPoints: [{ value: 3, startTime: time - 1_000_000_000n, time, attributes: { 'agent.role': 'quo"te' } }],
  },
  { name: 'load', unit: '1', type: 'gauge', dataPoints: [{ value: 0.5, time }] },
  {
    name: 'task.duration',
    unit: 's',
    type: 'histogram',
    aggregationTemporality: 2,
    dataPoints: [
      {
        count: 3,
        sum: 6.5,
        bucketCounts: [1, 2],
        explicitBounds: [1],
        time,
        exemplars: [{ value: 2.5, time, traceId }],
      },
    ],
  },
  {
    name: 'rpc',
    type: 'summary',
    dataPoints: [{ count: 2, sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }], time }],
  },
]

const nowNanos = (): bigint => BigInt(Date.now()) * 1_000_000n

/** What PromQL says of them, by the query; `I` is the sender's instance. */
const expected = {
  'tasks_done_total{agent_role="quo\\"te",job="shop",I}': '3',
  'load_ratio{job="shop",I}': '0.5',
  'task_duration_seconds_bucket{le="+Inf",I}': '3',
  'task_duration_seconds_sum{I}': '6.5',
  'histogram_quantile(0.25, task_duration_seconds_bucket{I})': '0.75',
  'rpc{quantile="0.5",I}': '1',
  'load_ratio{I} * on (job, instance) group_left(host_name) target_info{host_name="h"}': '0.5',
}

const checkAll = async (server: PrometheusServer, instance: string): Promise<void> => {
  for (const [template, value] of Object.entries(expected)) {
    const query = template.replace('I}', `instance="${instance}"}`)
    expect(
      (await server.query(query)).map((found) => found.value[1]),
      query,
    ).toEqual([value])
  }
}

const exemplarsIn = (server: PrometheusServer): Promise<unknown> => {
  const now = Date.now() / 1000
  return server.ask(`query_exemplars?query=task_duration_seconds_bucket&start=${now - 60}&end=${now + 60}`)
}
const theExemplar = [{ exemplars: [{ labels: { trace_id: traceId }, value: '2.5' }] }]

describe.skipIf(binary === undefined)(`Prometheus${binary === undefined ? ` (${missing('prometheus')})` : ''}`, () => {
  it('fetches every type of metric as text and as OpenMetrics', async () => {
    const addresses: string[] = []
    for (const format of ['text', 'open']) {
      const exporter = await harness(prometheus, { endpoint: 'localhost:0', enable_open_metrics: format === 'open' })
      await exporter.start()
      cleanups.push(() => exporter.stop())
      await exporter.consume(metrics(everything(nowNanos()), shop(format)))
      addresses.push((exporter.inspect() as { endpoint: string }).endpoint)
    }
    const server = await startPrometheus(binary ?? '', addresses)
    cleanups.push(() => server.remove())
    await waitFor('both scrapes', async () => (await server.query('load_ratio')).length === 2)
    for (const instance of ['text', 'open']) await checkAll(server, instance)
    const up = { health: 'up', lastError: '' }
    expect(await server.ask('targets')).toMatchObject({ activeTargets: [up, up] })
    expect(await exemplarsIn(server)).toMatchObject(theExemplar)
  })

  it('takes every type of metric over remote write, and refuses for good what is out of order', async () => {
    const server = await startPrometheus(binary ?? '')
    cleanups.push(() => server.remove())
    const exporter = await harness(remoteWrite, { endpoint: `${server.url}/api/v1/write`, send_metadata: true })
    cleanups.push(() => exporter.stop())
    const now = nowNanos()
    await exporter.consume(metrics(everything(now), shop('i1')))
    await checkAll(server, 'i1')
    expect(await exemplarsIn(server)).toMatchObject(theExemplar)

    const load = (value: number, time: bigint, flags = 0): MetricInit => ({
      name: 'load',
      unit: '1',
      type: 'gauge',
      dataPoints: [{ value, time, flags }],
    })
    await expect(exporter.consume(metrics([load(1, now - 1_000_000_000n)], shop('i1')))).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('out of order'),
    })
    await exporter.consume(metrics([load(0, now + 1_000_000n, 1)], shop('i1')))
    expect(await server.query('load_ratio')).toEqual([])
  })
})
