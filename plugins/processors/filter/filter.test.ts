import { logs } from 'seneca-collector'
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
    const { h, names } = await kept({ logs: { log_record: ['10 / attributes["n"] == 5'] } })
    expect(names).toEqual(['b'])
    expect(h.refused.map(({ batch: refused }) => refused.count)).toEqual([1])
  })

  it('keeps the record a condition fails on under ignore, and tells', async () => {
    const { h, names } = await kept({ error_mode: 'ignore', logs: { log_record: ['10 / attributes["n"] == 5'] } })
    expect(names).toEqual(['a', 'b'])
    expect(h.metrics.value('seneca_ottl_errors')).toBe(1)
  })

  it('points at mistakes in either form and refuses other signals by name', () => {
    const config = {
      error_mode: 'propagate',
      logs: { log_record: ['body = "x"'], resource: [], scope: [], event: [] },
      log_conditions: ['log.boddy == 1'],
      traces: {},
    }
    const problems = [...filter.check!(config as never, { id: 'filter', folder: '', pipelines: [], extensions: [] })]
    expect(problems.map(({ path, offset }) => [path, offset])).toEqual([
      [['traces'], undefined],
      [['logs', 'log_record', 0], 5],
      [['log_conditions', 0], 0],
    ])
  })
})
