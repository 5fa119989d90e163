import { logs } from 'seneca-collector'
import type { LogRecord } from 'seneca-collector'
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

  it('refuses statements for other signals by name', async () => {
    await expect(harness(transform, { trace_statements: ['set(span.name, "x")'] })).rejects.toThrow(
      /trace_statements.*only log records/,
    )
  })
})
