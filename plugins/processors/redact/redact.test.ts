import { logs, metrics, spans } from 'seneca-collector'
import type { Batch, LogRecord, Value } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import redact from './index.ts'

const run = async (
  options: unknown,
  record: { readonly body?: Value; readonly attributes?: Record<string, Value> },
) => {
  const h = await harness(redact, options)
  await h.consume(logs([{ eventName: 'x', ...record }]))
  return { h, record: h.records()[0] as LogRecord }
}

describe('redact', () => {
  for (const check of conformance(redact, { folder: import.meta.dirname })) it(check.name, check.run)

  it.each([
    ['mail bob@example.com now', 'mail **** now'],
    ['Authorization: Bearer abcdefghijkl.mnop', 'Authorization: Bearer ****'],
    [`key sk-ant-${'a1'.repeat(12)} ok`, 'key **** ok'],
    ['api_key="hunter22" rest', 'api_key="****" rest'],
    ['postgres://joe:s3cret@db/x', 'postgres://joe:****@db/x'],
    ['card 4111 1111 1111 1111.', 'card ****.'],
    ['order 4111 1111 1111 1112.', 'order 4111 1111 1111 1112.'],
    ['at /home/alice/work/a.ts:3', 'at /home/****/work/a.ts:3'],
    ['nothing to see', 'nothing to see'],
  ])('makes of %j %j', async (before, after) => {
    const { record } = await run({}, { body: before })
    expect(record.body).toBe(after)
  })

  it('searches nested values of attributes and body', async () => {
    const { record } = await run({}, { body: { a: ['x@y.org', 1] }, attributes: { m: { deep: 'x@y.org' }, n: 5 } })
    expect([record.body, record.attributes.get('m'), record.attributes.get('n')]).toEqual([
      { a: ['****', 1] },
      { deep: '****' },
      5,
    ])
  })

  it('redacts whole values by name, at any depth, and counts by rule', async () => {
    const { h, record } = await run(
      { blocked_key_patterns: ['(?i)prompt'] },
      { attributes: { Prompt: 'do it', m: { prompt: [1, 2] }, mail: 'x@y.org' } },
    )
    expect([record.attributes.get('Prompt'), record.attributes.get('m')]).toEqual(['****', { prompt: '****' }])
    expect([
      h.metrics.value('seneca_redactions', { rule: 'blocked_key' }),
      h.metrics.value('seneca_redactions', { rule: 'email' }),
    ]).toEqual([2, 1])
  })

  it('keeps equal values equal under hash', async () => {
    const { record } = await run({ action: 'hash' }, { attributes: { a: 'x@y.org', b: 'x@y.org', c: 'z@y.org' } })
    const [a, b, c] = ['a', 'b', 'c'].map((key) => record.attributes.get(key))
    expect([a === b, a === c, (a as string).length]).toEqual([true, false, 16])
  })

  it('removes what is not allowed, never the event’s identity, and sums up', async () => {
    const { record } = await run(
      { allow_all_keys: false, allowed_keys: ['a'], ignored_keys: ['i'], summary: 'debug' },
      { attributes: { a: 'x@y.org', i: 'i@y.org', z: 1, 'log.record.uid': 'u' } },
    )
    expect(Object.fromEntries(record.attributes)).toEqual({
      a: '****',
      i: 'i@y.org',
      'log.record.uid': 'u',
      'redaction.masked.count': 1,
      'redaction.masked.keys': 'a',
      'redaction.redacted.count': 1,
      'redaction.redacted.keys': 'z',
    })
  })

  it('leaves allowed values and records without a finding alone', async () => {
    const { record } = await run({ allowed_values: ['@example\\.com$'] }, { body: 'a@example.com b@other.com' })
    expect(record.body).toBe('a@example.com ****')
    const h = await harness(redact, {})
    const input = logs([{ body: 'clean', attributes: { n: 1 } }])
    await h.consume(input)
    expect(h.batches[0]).toBe(input)
  })

  it('refuses patterns that are none', async () => {
    await expect(harness(redact, { blocked_values: ['('] })).rejects.toThrow(/blocked_values\.0.*not a valid pattern/)
  })

  it('searches spans with their events, links and status', async () => {
    const h = await harness(redact, {})
    await h.consume(
      spans([
        {
          attributes: { a: 'x@y.org' },
          events: [{ name: 'e', attributes: { b: 'x@y.org' } }],
          links: [{ attributes: { c: 'x@y.org' } }],
          status: { code: 2, message: 'mail x@y.org failed' },
        },
      ]),
    )
    const [span] = Array.from(h.batches[0] as Batch<'traces'>)
    expect([
      span!.attributes.get('a'),
      span!.events[0]!.attributes.get('b'),
      span!.links[0]!.attributes.get('c'),
      span!.status.message,
    ]).toEqual(['****', '****', '****', 'mail **** failed'])
  })

  it('searches the data points of metrics, and nothing else of them', async () => {
    const h = await harness(redact, { summary: 'debug' })
    const point = { value: 1, attributes: { user: 'x@y.org' } }
    await h.consume(metrics([{ name: 'x@y.org', type: 'gauge', dataPoints: [point, { value: 2 }] }]))
    const [metric] = Array.from(h.batches[0] as Batch<'metrics'>)
    expect([metric!.name, ...metric!.dataPoints.map((each) => Object.fromEntries(each.attributes))]).toEqual([
      'x@y.org',
      { user: '****' },
      {},
    ])
  })
})
