import { concat, decode, logs, metrics } from 'seneca-collector'
import type { Batch } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import filter from './index.ts'

const batch = () =>
  logs(
    [
      { eventName: 'a', severity: 5, attributes: { env: 'test', n: 0 } },
      { eventName: 'b', severity: 9, attributes: { env: 'prod', n: 1 } },
      { eventName: 'c', severity: 17, attributes: { env: 'prod', n: 2, 'marcus.agent.id': 'agent-1' } },
    ],
    { resource: { attributes: { host: 'h1' } } },
  )

describe('filter', () => {
  for (const check of conformance(filter, { folder: import.meta.dirname })) it(check.name, check.run)

  const kept = async (options: unknown) => {
    const h = await harness(filter, options)
    await h.consume(batch())
    return { h, names: h.records().map((record) => record.eventName) }
  }

  it('leaves out what a condition holds for and counts it under that condition', async () => {
    const conditions = ['severity_number < SEVERITY_NUMBER_INFO', 'attributes["n"] == 2']
    const { h, names } = await kept({ logs: { log_record: conditions } })
    expect(names).toEqual(['b'])
    expect(h.filtered).toEqual({ [conditions[0]!]: 1, [conditions[1]!]: 1 })
  })

  it('takes the newer form: strings and groups with a context', async () => {
    const { names } = await kept({
      log_conditions: [
        'log.attributes["env"] == "test"',
        { context: 'event', conditions: ['data["agent_id"] == "agent-1"'] },
      ],
    })
    expect(names).toEqual(['b'])
  })

  it('reads resource conditions over the resource', async () => {
    const { h, names } = await kept({ logs: { resource: ['attributes["host"] == "h1"'] } })
    expect([names, h.batches.length]).toEqual([[], 0])
  })

  it('hands on the same batch when everything stays', async () => {
    const h = await harness(filter, { logs: { log_record: ['body == "x"'] } })
    const input = batch()
    await h.consume(input)
    expect(h.batches[0]).toBe(input)
  })

  it('refuses only the record a condition fails on under propagate', async () => {
    const { h, names } = await kept({
      error_mode: 'propagate',
      logs: { log_record: ['10 / attributes["n"] == 5'] },
    })
    expect(names).toEqual(['b'])
    expect(h.refused.map(({ batch: refused }) => refused.count)).toEqual([1])
  })

  it('keeps the record a condition fails on under ignore, and tells', async () => {
    const { h, names } = await kept({ error_mode: 'ignore', logs: { log_record: ['10 / attributes["n"] == 5'] } })
    expect(names).toEqual(['a', 'b'])
    expect(h.metrics.value('seneca_ottl_errors')).toBe(1)
  })

  it('points at mistakes in either form and refuses older forms by name', () => {
    const config = {
      error_mode: 'propagate',
      logs: { log_record: ['body = "x"'], resource: [], scope: [], event: [] },
      log_conditions: ['log.boddy == 1'],
      spans: {},
    }
    const problems = [...filter.check!(config as never, { id: 'filter', folder: '', pipelines: [], extensions: [] })]
    expect(problems.map(({ path, offset }) => [path, offset])).toEqual([
      [['spans'], undefined],
      [['logs', 'log_record', 0], 5],
      [['log_conditions', 0], 0],
    ])
  })

  const request = (signal: 'traces' | 'metrics', json: unknown) =>
    decode(signal, 'otlp_json', Buffer.from(JSON.stringify(json)))

  const spans = request('traces', {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              { name: 'a', events: [{ name: 'x' }, { name: 'y' }] },
              { name: 'b', events: [{ name: 'x' }] },
            ],
          },
        ],
      },
    ],
  }) as Batch<'traces'>

  it('leaves out spans, and span events alone', async () => {
    const h = await harness(filter, { traces: { span: ['name == "b"'], spanevent: ['name == "x"'] } })
    await h.consume(spans)
    const [out] = h.batches as Batch<'traces'>[]
    expect(Array.from(out!, (span) => [span.name, span.events.map(({ name }) => name)])).toEqual([['a', ['y']]])
    expect(h.filtered).toEqual({ 'name == "b"': 1 })
    expect(h.metrics.value('seneca_filter_parts')).toBe(1)
  })

  it('leaves out metrics and data points, and a metric whose points are all gone', async () => {
    const gauge = (name: string, ...hosts: string[]) => ({
      name,
      gauge: {
        dataPoints: hosts.map((host) => ({ asInt: '1', attributes: [{ key: 'host', value: { stringValue: host } }] })),
      },
    })
    const input = request('metrics', {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [gauge('a', 'x', 'y'), gauge('b', 'x'), gauge('c', 'y')] }] }],
    }) as Batch<'metrics'>
    const h = await harness(filter, {
      metric_conditions: ['metric.name == "c"', 'datapoint.attributes["host"] == "x"'],
    })
    await h.consume(input)
    const [out] = h.batches as Batch<'metrics'>[]
    expect(
      Array.from(out!, (metric) => [metric.name, metric.dataPoints.map((point) => point.attributes.get('host'))]),
    ).toEqual([['a', ['y']]])
  })

  it('leaves out a metric that lost its points to several groups, or came without any, but not one without data', async () => {
    // As the OpenTelemetry Collector's processor (contrib 0.158) does.
    const point = (host: string) => ({ value: 1, attributes: { host } })
    const input = metrics([
      { name: 'a', type: 'gauge', dataPoints: [point('x'), point('y')] },
      { name: 'b', type: 'gauge', dataPoints: [point('x'), point('y'), point('z')] },
      { name: 'empty', type: 'gauge', dataPoints: [] },
    ])
    const bare = request('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'bare' }] }] }] })
    const group = (host: string) => ({ context: 'datapoint', conditions: [`attributes["host"] == "${host}"`] })
    const h = await harness(filter, { metric_conditions: [group('x'), group('y')] })
    await h.consume(concat([input, bare as Batch<'metrics'>]))
    expect(Array.from(h.batches[0] as Batch<'metrics'>, ({ name, pointCount }) => [name, pointCount])).toEqual([
      ['b', 1],
      ['bare', 0],
    ])
    expect(h.filtered).toEqual({ 'attributes["host"] == "x"': 1, no_data_points: 1 })
  })

  it.each([
    ['HasAttrOnDatapoint("k", "v")', ['b', 'c']],
    ['HasAttrKeyOnDatapoint("k")', ['c']],
  ])('asks metrics by attributes of their points: %s', async (condition, left) => {
    const input = metrics([
      { name: 'a', type: 'gauge', dataPoints: [{ attributes: { k: 'v' }, value: 1 }] },
      { name: 'b', type: 'gauge', dataPoints: [{ attributes: { k: 'w' }, value: 1 }] },
      { name: 'c', type: 'gauge', dataPoints: [{ value: 1 }] },
    ])
    const h = await harness(filter, { metrics: { metric: [condition] } })
    await h.consume(input)
    expect(Array.from(h.batches[0] as Batch<'metrics'>, ({ name }) => name)).toEqual(left)
  })
})
