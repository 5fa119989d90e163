import { CollectorError, logs, metrics, spans } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import routing from './index.ts'

const outputs = ['logs/alerts', 'logs/archive', 'logs/b']
const batch = () =>
  logs([
    { eventName: 'a', severity: 21, attributes: { n: 0 } },
    { eventName: 'b', severity: 9, attributes: { n: 1 } },
    { eventName: 'c', severity: 9, attributes: { n: 2 } },
  ])

const routed = async (options: object) => {
  const h = await harness(routing, options, { outputs })
  await h.consume(batch())
  const names = Object.fromEntries(
    [...h.outputs].map(([pipeline, batches]) => [
      pipeline,
      batches.flatMap((each) => [...(each as ReturnType<typeof batch>)].map((record) => record.eventName)),
    ]),
  )
  return { h, names }
}

const critical = { context: 'event', condition: 'metadata["severity"] == "critical"', pipelines: ['logs/alerts'] }

describe('routing', () => {
  const prepare = () => ({ environment: { outputs } })
  for (const check of conformance(routing, { folder: import.meta.dirname, prepare })) it(check.name, check.run)

  it('sends each record to the first route that takes it and the rest to the default', async () => {
    const table = [critical, { context: 'log', statement: 'route() where event_name == "b"', pipelines: ['logs/b'] }]
    const { names } = await routed({ table, default_pipelines: ['logs/archive'] })
    expect(names).toEqual({ 'logs/alerts': ['a'], 'logs/b': ['b'], 'logs/archive': ['c'] })
  })

  it('lets later routes see a record that was copied', async () => {
    const table = [
      { ...critical, action: 'copy' },
      { context: 'log', condition: 'true', pipelines: ['logs/archive'] },
    ]
    const { names } = await routed({ table })
    expect(names).toEqual({ 'logs/alerts': ['a'], 'logs/archive': ['a', 'b', 'c'] })
  })

  it('counts what has no route as filtered when there is no default', async () => {
    const { h, names } = await routed({ table: [critical] })
    expect([names, h.filtered]).toEqual([{ 'logs/alerts': ['a'] }, { no_route: 2 }])
  })

  it('reads paths over the resource unless told otherwise', async () => {
    const h = await harness(
      routing,
      { table: [{ condition: 'attributes["tenant"] == "acme"', pipelines: ['logs/b'] }] },
      { outputs },
    )
    await h.consume(logs([{ eventName: 'x' }], { resource: { attributes: { tenant: 'acme' } } }))
    expect([...h.outputs.keys()]).toEqual(['logs/b'])
  })

  it('refuses the record a condition fails on under propagate, and sends it to the default under ignore', async () => {
    const table = [{ context: 'log', condition: '10 / attributes["n"] == 10', pipelines: ['logs/b'] }]
    const strict = await routed({ table, default_pipelines: ['logs/archive'] })
    expect(strict.names).toEqual({ 'logs/b': ['b'], 'logs/archive': ['c'] })
    expect(strict.h.refused).toHaveLength(1)
    const lenient = await routed({ table, default_pipelines: ['logs/archive'], error_mode: 'ignore' })
    expect(lenient.names).toEqual({ 'logs/b': ['b'], 'logs/archive': ['a', 'c'] })
  })

  it('rejects the input when an output rejects, after all outputs have answered', async () => {
    const h = await harness(routing, { table: [critical], default_pipelines: ['logs/archive'] }, { outputs })
    h.follow((_, __, output) => {
      if (output === 'logs/alerts') throw new CollectorError('unavailable', 'down', { retryable: true })
    })
    await expect(h.consume(batch())).rejects.toThrow('down')
    expect([...h.outputs.keys()]).toEqual(['logs/archive'])
  })

  it('finds unknown pipelines, unsupported contexts and mistakes in statements', () => {
    const config = {
      error_mode: 'propagate',
      default_pipelines: ['logs/nowhere'],
      table: [
        { context: 'request', condition: 'request["x"] == "y"', pipelines: ['logs/b'], action: 'move' },
        { context: 'log', statement: 'route() where boddy == 1', pipelines: ['logs/b'], action: 'move' },
        { context: 'log', pipelines: ['logs/b'], action: 'move' },
      ],
    }
    const problems = [
      ...routing.check!(config as never, { id: 'routing', folder: '', pipelines: outputs, extensions: [] }),
    ]
    expect(problems.map(({ path, offset }) => [path.join('.'), offset])).toEqual([
      ['default_pipelines.0', undefined],
      ['table.0.context', undefined],
      ['table.1.statement', 14],
      ['table.2', undefined],
    ])
  })

  it('routes spans and metrics among the pipelines of their signal', async () => {
    const options = {
      default_pipelines: ['traces/rest', 'metrics/rest'],
      table: [
        { context: 'span', condition: 'name == "slow"', pipelines: ['traces/slow'] },
        { context: 'metric', condition: 'unit == "s"', pipelines: ['metrics/seconds'] },
        { context: 'log', condition: 'true', pipelines: ['logs/all'] },
      ],
    }
    const h = await harness(routing, options, {
      outputs: ['traces/rest', 'metrics/rest', 'traces/slow', 'metrics/seconds', 'logs/all'],
    })
    await h.consume(spans([{ name: 'slow' }, { name: 'fast' }]))
    await h.consume(
      metrics([
        { name: 'a', unit: 's', type: 'gauge' },
        { name: 'b', type: 'gauge' },
      ]),
    )
    const counts = Object.fromEntries([...h.outputs].map(([id, batches]) => [id, batches.map(({ count }) => count)]))
    expect(counts).toEqual({ 'traces/slow': [1], 'traces/rest': [1], 'metrics/seconds': [1], 'metrics/rest': [1] })
  })
})
