import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { Double, metrics } from 'seneca-collector'
import type { MetricInit, ValueMap } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import type { Harness } from 'seneca-collector/testing'
import { findProgram, missing } from '../../../test/setup/programs.ts'
import prometheus from './index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const started = async (options: object = {}, environment: object = {}): Promise<Harness> => {
  const made = await harness(prometheus, { endpoint: 'localhost:0', ...options }, environment)
  await made.start()
  cleanups.push(() => made.stop())
  return made
}

const addressOf = (run: Harness): string => (run.inspect() as { endpoint: string }).endpoint

const scrape = async (run: Harness, accept = ''): Promise<string> => {
  const response = await fetch(`http://${addressOf(run)}/metrics`, { headers: { accept } })
  expect(response.status).toBe(200)
  return response.text()
}

const T = 1_700_000_000_000_000_000n
const SECOND = 1_000_000_000n
const shop = {
  resource: {
    attributes: { 'service.name': 'shop', 'service.namespace': 'eu', 'service.instance.id': 'i1', 'host.name': 'h' },
  },
}

const counter = (value: number, from: bigint, to: bigint, temporality = 2): MetricInit => ({
  name: 'tasks.done',
  description: 'Tasks that are done.',
  type: 'sum',
  isMonotonic: true,
  aggregationTemporality: temporality,
  dataPoints: [{ value, startTime: from, time: to, attributes: { 'agent.role': 'coder' } }],
})

/** Lines that are no comment, without the labels of the target where a test is not about them. */
const series = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

const shown = async (list: readonly MetricInit[], options: object = {}, accept = ''): Promise<string[]> => {
  const run = await started(options)
  await run.consume(metrics(list))
  return series(await scrape(run, accept))
}

describe('a metric', () => {
  it('that is a counter, a gauge, a histogram or a summary is text as Prometheus writes it', async () => {
    const run = await started()
    await run.consume(
      metrics(
        [
          counter(3, T, T + SECOND),
          { name: 'queue.size', unit: '{batches}', type: 'gauge', dataPoints: [{ value: 1.5, time: T }] },
          {
            name: 'up.down',
            unit: '1',
            type: 'sum',
            aggregationTemporality: 2,
            dataPoints: [{ value: new Double(-2), time: T }],
          },
          {
            name: 'task.duration',
            unit: 's',
            type: 'histogram',
            aggregationTemporality: 2,
            dataPoints: [{ count: 6, sum: 21.5, bucketCounts: [1, 2, 3], explicitBounds: [1, 2.5], time: T }],
          },
          {
            name: 'rpc',
            type: 'summary',
            dataPoints: [
              {
                count: 4,
                sum: 10,
                quantileValues: [
                  { quantile: 0.5, value: 2 },
                  { quantile: 1, value: 4 },
                ],
                time: T,
              },
            ],
          },
        ],
        { ...shop, scope: { name: 'lib', version: '1', attributes: { kind: 'x' } } },
      ),
    )
    const scope = 'instance="i1",job="eu/shop",otel_scope_kind="x",otel_scope_name="lib",otel_scope_version="1"'
    expect((await scrape(run)).trimEnd().split('\n')).toEqual([
      '# HELP queue_size ',
      '# TYPE queue_size gauge',
      `queue_size{${scope}} 1.5`,
      '# HELP rpc ',
      '# TYPE rpc summary',
      `rpc{${scope},quantile="0.5"} 2`,
      `rpc{${scope},quantile="1"} 4`,
      `rpc_sum{${scope}} 10`,
      `rpc_count{${scope}} 4`,
      '# HELP task_duration_seconds ',
      '# TYPE task_duration_seconds histogram',
      `task_duration_seconds_bucket{${scope},le="1"} 1`,
      `task_duration_seconds_bucket{${scope},le="2.5"} 3`,
      `task_duration_seconds_bucket{${scope},le="+Inf"} 6`,
      `task_duration_seconds_sum{${scope}} 21.5`,
      `task_duration_seconds_count{${scope}} 6`,
      '# HELP tasks_done_total Tasks that are done.',
      '# TYPE tasks_done_total counter',
      `tasks_done_total{agent_role="coder",${scope}} 3`,
      '# HELP up_down ',
      '# TYPE up_down gauge',
      `up_down{${scope}} -2`,
      '# HELP target_info Target metadata',
      '# TYPE target_info gauge',
      'target_info{host_name="h",instance="i1",job="eu/shop"} 1',
    ])
  })

  it('of deltas is added up, whatever was lost between them; the same delta again changes nothing', async () => {
    const run = await started()
    const deltas = [counter(2, T, T + SECOND, 1), counter(3, T + SECOND, T + 2n * SECOND, 1)]
    for (const one of [...deltas, ...deltas, counter(5, T + 9n * SECOND, T + 10n * SECOND, 1)])
      await run.consume(metrics([one]))
    expect(series(await scrape(run))).toEqual(['tasks_done_total{agent_role="coder"} 10'])
    expect(run.dropped).toEqual({})
  })

  it('that is a histogram of deltas is added up as long as its buckets are the same', async () => {
    const delta = (counts: number[], bounds: number[], at: bigint): MetricInit => ({
      name: 'h',
      type: 'histogram',
      aggregationTemporality: 1,
      dataPoints: [
        {
          count: counts.reduce((a, b) => a + b),
          sum: 1,
          bucketCounts: counts,
          explicitBounds: bounds,
          startTime: at,
          time: at + SECOND,
        },
      ],
    })
    expect(await shown([delta([1, 2], [10], T), delta([3, 4], [10], T + SECOND)])).toEqual([
      'h_bucket{le="10"} 4',
      'h_bucket{le="+Inf"} 10',
      'h_sum 2',
      'h_count 10',
    ])
    expect((await shown([delta([1, 2], [10], T), delta([3, 4], [20], T + SECOND)]))[0]).toBe('h_bucket{le="20"} 3')
  })

  it('that is an exponential histogram has buckets at powers of two', async () => {
    const lines = await shown([
      {
        name: 'e',
        type: 'exponential_histogram',
        aggregationTemporality: 2,
        dataPoints: [
          {
            count: 10,
            sum: 20,
            scale: 1,
            zeroCount: 1,
            // Bounds of scale 1: √2, 2, 2√2, 4 …
            positive: { offset: 0, bucketCounts: [1, 2, 3] },
            negative: { offset: 2, bucketCounts: [3] },
            time: T,
          },
        ],
      },
    ])
    expect(lines).toEqual([
      'e_bucket{le="-2"} 3',
      'e_bucket{le="0"} 4',
      'e_bucket{le="2"} 7',
      'e_bucket{le="4"} 10',
      'e_bucket{le="+Inf"} 10',
      'e_sum 20',
      'e_count 10',
    ])
  })

  it('keeps its newest point, ends when told so, and expires when nobody updates it', async () => {
    const gauge = (value: number, time: bigint, flags = 0): MetricInit => ({
      name: 'g',
      type: 'gauge',
      dataPoints: [{ value, time, flags }],
    })
    const run = await started({ metric_expiration: '1m' })
    for (const one of [gauge(2, T + SECOND), gauge(1, T)]) await run.consume(metrics([one]))
    expect(series(await scrape(run))).toEqual(['g 2'])
    await run.consume(metrics([gauge(0, T + 2n * SECOND, 1)]))
    expect(series(await scrape(run))).toEqual([])
    await run.consume(metrics([gauge(7, T + 3n * SECOND)], shop))
    await run.clock.advance(60_000)
    expect(series(await scrape(run))).toHaveLength(2)
    await run.clock.advance(1)
    expect(series(await scrape(run))).toEqual([])
    expect(run.inspect()).toMatchObject({ series: 0 })
  })

  it('that Prometheus cannot have is dropped, counted and told once', async () => {
    const run = await started({ max_series: 2 })
    const wrong: MetricInit[] = [
      { name: 'a', type: 'sum', aggregationTemporality: 1, dataPoints: [{ value: 1, time: T }] },
      { name: 'b', type: 'sum', isMonotonic: true, dataPoints: [{ value: 1, time: T }] },
      { name: '…', type: 'gauge', dataPoints: [{ value: 1, time: T }] },
      { name: 'c', type: 'gauge', dataPoints: [{ value: 1, time: T }] },
      { name: 'c', type: 'summary', dataPoints: [{ count: 1, time: T }] },
      {
        name: 'd',
        type: 'histogram',
        aggregationTemporality: 2,
        dataPoints: [{ count: 1, bucketCounts: [1], explicitBounds: [2, 1] }],
      },
      {
        name: 'e',
        type: 'gauge',
        dataPoints: [
          { value: 1, attributes: { k: 1 } },
          { value: 1, attributes: { k: 2 } },
        ],
      },
      { name: 'f', type: 'gauge', dataPoints: [{ value: 1 }] },
    ]
    await run.consume(metrics(wrong))
    await run.consume(metrics(wrong.slice(0, 1)))
    expect(run.dropped).toEqual({
      'a delta sum that is not monotonic': 2,
      'no aggregation temporality': 1,
      'a name of which nothing is left': 1,
      'c is a gauge already': 1,
      'a data point without a value, or with unusable buckets': 1,
      'more than 2 series': 1,
    })
    expect(run.logs.filter(({ level }) => level === 'warn')).toHaveLength(7)
    expect(series(await scrape(run))).toEqual(['c 1', 'e{k="1"} 1'])
  })
})

describe('labels', () => {
  const gauge = (attributes: ValueMap): MetricInit => ({
    name: 'g',
    type: 'gauge',
    dataPoints: [{ value: 1, time: T, attributes }],
  })

  it('are escaped, joined where names become the same, and left out where empty', async () => {
    const [line] = await shown([
      gauge({ 'a.b': 'x', a_b: 'y', 'a-b': 'w', q: 'quo"te\\back\nline', n: 5, t: true, l: ['p', 'q'], empty: '' }),
    ])
    expect(line).toBe('g{a_b="w;x;y",l="[\\"p\\",\\"q\\"]",n="5",q="quo\\"te\\\\back\\nline",t="true"} 1')
  })

  it('are JSON with sorted keys where a value is a list or map, bytes in base64', async () => {
    // What the OpenTelemetry Collector (contrib 0.158) shows of these.
    const [line] = await shown([gauge({ l: [false, new Double(0), Buffer.from('abc')], m: { z: 1, a: 2.5 } })])
    expect(line).toBe('g{l="[false,0,\\"YWJj\\"]",m="{\\"a\\":2.5,\\"z\\":1}"} 1')
  })

  it('of the configuration and the resource come with them', async () => {
    const run = await started({
      namespace: 'marcus',
      const_labels: { env: 'dev', 'two words': 'x' },
      resource_to_telemetry_conversion: { enabled: true, exclude_service_attributes: true },
      without_scope_info: true,
    })
    await run.consume(metrics([gauge({ env: 'loses' })], { ...shop, scope: { name: 'lib' } }))
    expect(series(await scrape(run))).toEqual([
      'marcus_g{env="dev",host_name="h",instance="i1",job="eu/shop",two_words="x"} 1',
      // Of the OpenTelemetry Collector's exporter (contrib 0.158) as well, and of its remote write.
      'marcus_target_info{env="dev",host_name="h",instance="i1",job="eu/shop",two_words="x"} 1',
    ])
  })

  it('and names stay without suffixes where told so', async () => {
    expect(await shown([counter(1, T, T)], { add_metric_suffixes: false })).toEqual([
      'tasks_done{agent_role="coder"} 1',
    ])
    const strategy = 'UnderscoreEscapingWithoutSuffixes'
    expect(await shown([counter(1, T, T)], { translation_strategy: strategy })).toEqual([
      'tasks_done{agent_role="coder"} 1',
    ])
  })
})

const OPEN = 'application/openmetrics-text; version=1.0.0'
const traceId = '0102030405060708090a0b0c0d0e0f10'
const spanId = '0102030405060708'

const traced: MetricInit[] = [
  {
    ...counter(3, T, T + SECOND),
    dataPoints: [{ value: 3, time: T + SECOND, exemplars: [{ value: 1, time: T, traceId, spanId }] }],
  } as MetricInit,
  {
    name: 'task.duration',
    description: 'How "long" a task takes.',
    unit: 's',
    type: 'histogram',
    aggregationTemporality: 2,
    dataPoints: [
      {
        count: 3,
        sum: 6,
        bucketCounts: [1, 2],
        explicitBounds: [1],
        time: T,
        exemplars: [{ value: new Double(3), time: T + 500_000_000n, traceId }],
      },
    ],
  },
]

describe('OpenMetrics', () => {
  it('has exemplars, units, times in seconds and an end, for those who take it', async () => {
    const run = await started({ enable_open_metrics: true, send_timestamps: true })
    await run.consume(metrics(traced, shop))
    const target = 'instance="i1",job="eu/shop"'
    expect((await scrape(run, OPEN)).trimEnd().split('\n')).toEqual([
      '# HELP task_duration_seconds How \\"long\\" a task takes.',
      '# TYPE task_duration_seconds histogram',
      '# UNIT task_duration_seconds seconds',
      `task_duration_seconds_bucket{${target},le="1.0"} 1 1700000000`,
      `task_duration_seconds_bucket{${target},le="+Inf"} 3 1700000000 # {trace_id="${traceId}"} 3 1700000000.5`,
      `task_duration_seconds_sum{${target}} 6 1700000000`,
      `task_duration_seconds_count{${target}} 3 1700000000`,
      '# HELP tasks_done Tasks that are done.',
      '# TYPE tasks_done counter',
      `tasks_done_total{${target}} 3 1700000001 # {trace_id="${traceId}",span_id="${spanId}"} 1 1700000000`,
      '# HELP target Target metadata',
      '# TYPE target info',
      `target_info{host_name="h",${target}} 1`,
      '# EOF',
    ])
    const text = await scrape(run)
    expect(text).toContain(`tasks_done_total{${target}} 3 1700000001000\n`)
    expect(text).not.toContain('trace_id')
  })

  it('is spoken only where it is switched on', async () => {
    expect(await shown(traced, {}, OPEN)).toContain('tasks_done_total 3')
  })
})

describe('promtool', () => {
  const promtool = findProgram('promtool')
  it.skipIf(promtool === undefined)(
    promtool === undefined ? `(${missing('promtool')})` : 'finds nothing wrong',
    async () => {
      const run = await started({ const_labels: { env: 'quo"te\\' } })
      const described = traced.map((one) => ({ ...one, description: 'With \\ and\nnewline "quoted".' }))
      await run.consume(metrics(described, shop))
      const checked = spawnSync(promtool ?? '', ['check', 'metrics'], { input: await scrape(run), encoding: 'utf8' })
      expect(`${checked.stdout}${checked.stderr}`).toBe('')
      expect(checked.status).toBe(0)
    },
  )
})

describe('the plugin', () => {
  const prepare = (options: unknown) => ({ options: { ...(options as object), endpoint: 'localhost:0' } })
  for (const check of conformance(prometheus, { folder: import.meta.dirname, prepare })) it(check.name, check.run)
})
