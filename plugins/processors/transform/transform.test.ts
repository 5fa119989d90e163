import { logs, metrics, spans } from 'seneca-collector'
import type { Batch, LogRecord } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import transform from './index.ts'

const batch = (...names: string[]) =>
  logs(names.map((name, i) => ({ eventName: name, severity: 9, body: `token=${name}`, attributes: { n: i } })))

const attribute = (name: string) => (record: LogRecord) => record.attributes.get(name)

describe('transform', () => {
  for (const check of conformance(transform, { folder: import.meta.dirname })) it(check.name, check.run)

  it('runs plain statements in order on every record', async () => {
    const h = await harness(transform, {
      log_statements: [
        'set(log.attributes["a"], log.attributes["n"] + 1)',
        'set(log.attributes["b"], log.attributes["a"] * 10)',
      ],
    })
    await h.consume(batch('x', 'y'))
    expect(h.records().map(attribute('b'))).toEqual([10, 20])
  })

  it('runs a group where one of its conditions holds, with its own context', async () => {
    const h = await harness(transform, {
      log_statements: [
        {
          context: 'event',
          conditions: ['type == "x"', 'type == "z"'],
          statements: ['set(data["agent_id"], Concat(["agent", type], "-"))'],
        },
      ],
    })
    await h.consume(batch('x', 'y', 'z'))
    expect(h.records().map(attribute('marcus.agent.id'))).toEqual(['agent-x', undefined, 'agent-z'])
  })

  it('hands on the same batch when no record changed', async () => {
    const h = await harness(transform, { log_statements: ['set(log.body, "x") where log.event_name == "nobody"'] })
    const input = batch('x', 'y')
    await h.consume(input)
    expect(h.batches[0]).toBe(input)
  })

  it('refuses only the record a statement fails on, as it was, and hands on the rest', async () => {
    const h = await harness(transform, {
      error_mode: 'propagate',
      log_statements: ['set(log.attributes["touched"], true)', 'set(log.attributes["out"], 10 / log.attributes["n"])'],
    })
    await h.consume(batch('zero', 'one', 'two'))
    expect(h.records().map((record) => record.eventName)).toEqual(['one', 'two'])
    expect(h.refused).toHaveLength(1)
    const refused = h.refused[0]!
    expect(refused.error.message).toContain('divide by 0')
    expect(refused.batch.count).toBe(1)
    const record = refused.batch.at(0) as LogRecord
    expect([record.eventName, record.attributes.has('touched')]).toEqual(['zero', false])
  })

  it('passes over a failing statement under ignore, counts every failure and logs one', async () => {
    const h = await harness(transform, {
      error_mode: 'ignore',
      log_statements: [
        'set(log.attributes["out"], log.attributes["missing"] + 1)',
        'set(log.attributes["after"], true)',
      ],
    })
    await h.consume(batch('a', 'b', 'c'))
    expect(h.records().map(attribute('after'))).toEqual([true, true, true])
    expect(h.metrics.value('seneca_ottl_errors')).toBe(3)
    expect(h.logs.filter((entry) => entry.level === 'warn')).toHaveLength(1)
  })

  it('says nothing under silent', async () => {
    const h = await harness(transform, {
      error_mode: 'silent',
      log_statements: ['set(log.attributes["out"], log.attributes["missing"] + 1)'],
    })
    await h.consume(batch('a'))
    expect([h.records().length, h.logs.length]).toEqual([1, 0])
  })

  it('keeps one cache a record inside a group', async () => {
    const h = await harness(transform, {
      log_statements: [
        {
          context: 'log',
          statements: [
            'set(attributes["seen"], cache["n"])',
            'set(cache["n"], attributes["n"])',
            'set(attributes["out"], cache["n"])',
          ],
        },
      ],
    })
    await h.consume(batch('a', 'b'))
    expect(h.records().map(attribute('out'))).toEqual([0, 1])
    expect(h.records().map(attribute('seen'))).toEqual([null, null])
  })

  it('points at the character of every mistake, plain statements and groups alike', () => {
    const config = {
      error_mode: 'propagate' as const,
      log_statements: [
        'set(log.body, 1)',
        'set(log.bdoy, 1)',
        { statements: ['ste(attributes["x"], 1)'], conditions: ['severity_number > SEVERITY_NUMBER_WARM'] },
      ],
    }
    const problems = [
      ...transform.check!(config as never, { id: 'transform', folder: '', pipelines: [], extensions: [] }),
    ]
    expect(problems.map(({ path, offset, length, suggestion }) => ({ path, offset, length, suggestion }))).toEqual([
      { path: ['log_statements', 1], offset: 4, length: 8, suggestion: 'log.body' },
      { path: ['log_statements', 2, 'statements', 0], offset: 0, length: 3, suggestion: 'set' },
      { path: ['log_statements', 2, 'conditions', 0], offset: 18, length: 20, suggestion: 'SEVERITY_NUMBER_WARN' },
    ])
  })

  it('refuses statements for profiles by name', async () => {
    await expect(harness(transform, { profile_statements: ['set(profile.name, "x")'] })).rejects.toThrow(
      /profile_statements.*not supported/,
    )
  })

  it('asks for the context of a path of a span, with the path that is meant', async () => {
    await expect(harness(transform, { trace_statements: ['set(name, "x")'] })).rejects.toThrow(
      /the path name has no context/,
    )
  })

  const traced = () =>
    spans(
      [
        { name: 'a', attributes: { n: 1 }, events: [{ name: 'e1' }, { name: 'e2' }] },
        { name: 'b', attributes: { n: 2 } },
      ],
      { resource: { attributes: { 'service.name': 's' } } },
    )

  it('infers the context of spans and span events from their paths', async () => {
    const h = await harness(transform, {
      trace_statements: [
        { statements: ['set(span.attributes["kind"], span.kind.string)', 'set(span.status.code, STATUS_CODE_OK)'] },
        { statements: ['set(spanevent.name, Concat([span.name, spanevent.name], "/"))'] },
      ],
    })
    await h.consume(traced())
    const [a, b] = h.batches[0] as Batch<'traces'>
    expect([a!.attributes.get('kind'), a!.status.code, a!.events.map(({ name }) => name)]).toEqual([
      'Unspecified',
      1,
      ['a/e1', 'a/e2'],
    ])
    expect(b!.status.code).toBe(1)
  })

  it('runs statements of the resource context once for a resource', async () => {
    const h = await harness(transform, { log_statements: ['set(resource.attributes["id"], UUID())'] })
    await h.consume(logs([{ body: 1 }, { body: 2 }, { body: 3 }], { resource: { attributes: { a: 1 } } }))
    const ids = h.records().map((record) => record.resource.attributes.get('id'))
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(new Set(ids).size).toBe(1)
  })

  it('shares what a record makes of its resource with the others of it', async () => {
    const h = await harness(transform, {
      trace_statements: [
        {
          context: 'span',
          statements: ['set(resource.attributes["seen"], name) where resource.attributes["seen"] == nil'],
        },
      ],
    })
    await h.consume(traced())
    const seen = Array.from(h.batches[0] as Batch<'traces'>, ({ resource }) => resource.attributes.get('seen'))
    expect(seen).toEqual(['a', 'a'])
  })

  it('makes metrics of metrics, with the functions for them', async () => {
    const h = await harness(transform, {
      metric_statements: [
        {
          context: 'metric',
          statements: [
            'extract_count_metric(true) where type == METRIC_DATA_TYPE_HISTOGRAM',
            'extract_sum_metric(true) where type == METRIC_DATA_TYPE_HISTOGRAM',
            'convert_sum_to_gauge() where name == "h_sum"',
            'scale_metric(2.0) where name == "g"',
            'aggregate_on_attributes("sum", ["zone"]) where name == "g"',
          ],
        },
        'set(datapoint.attributes["unit"], metric.unit)',
      ],
    })
    const point = { count: 3, sum: 4.5, bucketCounts: [1, 2], explicitBounds: [1] }
    await h.consume(
      metrics([
        { name: 'h', type: 'histogram', unit: 's', aggregationTemporality: 1, dataPoints: [point] },
        {
          name: 'g',
          type: 'gauge',
          dataPoints: [
            { attributes: { zone: 'a', host: 'x' }, value: 1.5 },
            { attributes: { zone: 'a', host: 'y' }, value: 2.5 },
          ],
        },
      ]),
    )
    const out = Array.from(h.batches[0] as Batch<'metrics'>, (metric) => [
      metric.name,
      metric.type,
      metric.dataPoints.map(({ value, attributes }) => [Number(value), attributes.get('unit')]),
    ])
    expect(out).toEqual([
      ['h', 'histogram', [[NaN, 's']]],
      ['g', 'gauge', [[8, '']]],
      ['h_count', 'sum', [[3, '1']]],
      ['h_sum', 'gauge', [[4.5, 's']]],
    ])
    expect(h.created).toBe(2)
  })
})
