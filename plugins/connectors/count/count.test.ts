import { concat, logs, metrics, spans } from 'seneca-collector'
import type { Batch } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import count from './index.ts'

const run = async (options: unknown, batch: Batch): Promise<unknown[]> => {
  const h = await harness(count, options, { outputs: ['metrics/out'] })
  await h.consume(batch)
  return h.batches.flatMap((each) =>
    Array.from(each as Batch<'metrics'>, (metric) => [
      metric.name,
      ...metric.dataPoints.map((point) => [Number(point.value), Object.fromEntries(point.attributes)]),
    ]),
  )
}

describe('count', () => {
  for (const check of conformance(count, { folder: import.meta.dirname, consumes: true })) it(check.name, check.run)

  it('counts everything when nothing is said', async () => {
    expect(await run({}, logs([{ body: 1 }, { body: 2 }]))).toEqual([['log.record.count', [2, {}]]])
    expect(await run({}, spans([{ name: 'a', events: [{ name: 'e' }, { name: 'f' }] }, { name: 'b' }]))).toEqual([
      ['trace.span.count', [2, {}]],
      ['trace.span.event.count', [2, {}]],
    ])
    const gauge = { name: 'm', type: 'gauge', dataPoints: [{ value: 1 }, { value: 2 }] } as const
    expect(await run({}, metrics([gauge, { ...gauge, name: 'n' }]))).toEqual([
      ['metric.count', [2, {}]],
      ['metric.datapoint.count', [4, {}]],
    ])
  })

  it('counts what a condition holds for, by attributes', async () => {
    const options = {
      logs: {
        'my.errors': {
          conditions: ['severity_number >= 17', 'body == "boom"'],
          attributes: [{ key: 'env', default_value: 'none' }],
        },
      },
    }
    const batch = logs([
      { severity: 17, attributes: { env: 'prod' } },
      { severity: 9, body: 'boom', attributes: { env: 'prod' } },
      { severity: 17 },
      { severity: 9, attributes: { env: 'prod' } },
    ])
    expect(await run(options, batch)).toEqual([['my.errors', [2, { env: 'prod' }], [1, { env: 'none' }]]])
  })

  it('does not count what lacks an attribute without a default', async () => {
    expect(await run({ logs: { x: { attributes: [{ key: 'env' }] } } }, logs([{ body: 1 }]))).toEqual([])
  })

  // What the OpenTelemetry Collector's connector (contrib 0.158) made of the same records.
  it('looks for an attribute in the record, its scope, its resource, and takes an empty value for one', async () => {
    const options = { logs: { x: { attributes: [{ key: 'env', default_value: 'none' }] } } }
    const of = (init: { record?: object; scope?: object; resource?: object }) =>
      logs([{ attributes: { ...init.record } }], {
        scope: { name: 's', attributes: { ...init.scope } },
        resource: { attributes: { ...init.resource } },
      })
    const [record, scope, resource] = [{ env: 'r' }, { env: 's' }, { env: 't' }]
    expect(await run(options, of({ record, scope, resource }))).toEqual([['x', [1, { env: 'r' }]]])
    expect(await run(options, of({ scope, resource }))).toEqual([['x', [1, { env: 's' }]]])
    expect(await run(options, of({ resource }))).toEqual([['x', [1, { env: 't' }]]])
    expect(await run(options, of({ record: { env: null }, resource }))).toEqual([['x', [1, { env: null }]]])
  })

  it('says from when to when it counted, and describes only what has a description', async () => {
    const h = await harness(count, { spans: { x: {} } }, { outputs: ['metrics/out'] })
    await h.consume(
      spans([
        { startTime: 20n, endTime: 30n, events: [{ name: 'e', time: 25n }, { name: 'f' }] },
        { startTime: 10n, endTime: 15n },
      ]),
    )
    const made = h.batches.flatMap((batch) => Array.from(batch as Batch<'metrics'>))
    expect(
      made.map(({ name, description, dataPoints: [point] }) => [name, description, point!.startTime, point!.time]),
    ).toEqual([
      ['x', '', 10n, 30n],
      ['trace.span.event.count', 'The number of span events observed.', 25n, 25n],
    ])
  })

  it('counts span events and data points by their own attributes', async () => {
    const events = spans([
      {
        events: [
          { name: 'e', attributes: { k: 'a' } },
          { name: 'f', attributes: { k: 'b' } },
        ],
      },
    ])
    expect(
      (await run({ spanevents: { x: { conditions: ['name == "e"'], attributes: [{ key: 'k' }] } } }, events)).at(-1),
    ).toEqual(['x', [1, { k: 'a' }]])
    const points = metrics([
      { name: 'm', type: 'gauge', dataPoints: [{ value: 1, attributes: { k: 'a' } }, { value: 2 }] },
    ])
    expect((await run({ datapoints: { x: { attributes: [{ key: 'k' }] } } }, points)).at(-1)).toEqual([
      'x',
      [1, { k: 'a' }],
    ])
  })

  it('keeps resources apart, and gives each count the resource of what it counted', async () => {
    const of = (name: string, n: number) =>
      logs(
        Array.from({ length: n }, () => ({ body: 1 })),
        { resource: { attributes: { 'service.name': name } } },
      )
    const h = await harness(count, {}, { outputs: ['metrics/out'] })
    await h.consume(concat([of('a', 1), of('b', 2)]))
    expect(
      h.batches.map((batch) => {
        const metric = (batch as Batch<'metrics'>).at(0)
        return [
          metric.resource.attributes.get('service.name'),
          Number(metric.dataPoints[0]!.value),
          metric.aggregationTemporality,
        ]
      }),
    ).toEqual([
      ['a', 1, 1],
      ['b', 2, 1],
    ])
  })

  it.each([
    [{ logs: { x: { conditions: ['nope =='] } } }, 'logs.x.conditions.0'],
    [{ metrics: { x: { attributes: [{ key: 'k' }] } } }, 'a metric has no attributes'],
  ])('refuses %j', async (options, message) => {
    await expect(harness(count, options)).rejects.toThrow(message)
  })
})
