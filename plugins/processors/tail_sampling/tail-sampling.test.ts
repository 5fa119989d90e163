import { createHash } from 'node:crypto'
import { spans } from 'seneca-collector'
import type { Batch, SpanInit, ValueMap } from 'seneca-collector'
import { conformance, fakeClock, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import tailSampling from './index.ts'

const traceId = (name: string): string => createHash('md5').update(name).digest('hex')
const span = (trace: string, init: SpanInit = {}): SpanInit => ({ traceId: traceId(trace), name: trace, ...init })
const always = { name: 'all', type: 'always_sample' }

const start = async (policies: readonly object[], more: object = {}) => {
  const h = await harness(tailSampling, { decision_wait: '10s', policies, ...more }, { clock: fakeClock() })
  await h.start()
  return h
}
type Started = Awaited<ReturnType<typeof start>>
const names = (h: Started): string[] =>
  h.batches.flatMap((batch) => Array.from(batch as Batch<'traces'>, ({ name }) => name))

/** Which of the traces pass. */
const passing = async (
  policy: object,
  traces: Readonly<Record<string, readonly SpanInit[]>>,
  resource: ValueMap = {},
) => {
  const h = await start([{ name: 'p', ...policy }])
  for (const [name, list] of Object.entries(traces))
    await h.consume(
      spans(
        list.map((init) => span(name, init)),
        { resource: { attributes: resource } },
      ),
    )
  await h.clock.advance(11_000)
  return [...new Set(names(h))]
}

describe('tail_sampling', () => {
  for (const check of conformance(tailSampling, {
    folder: import.meta.dirname,
    acksEarly: true,
    options: { policies: [always] },
    input: () => [spans([span('a'), span('b')]), spans([span('a')])],
  }))
    it(check.name, check.run)

  it('waits for the spans of a trace, and lets all of it through or none', async () => {
    const h = await start([{ name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } }])
    await h.consume(spans([span('bad'), span('good')]))
    await h.consume(spans([span('bad', { status: { code: 2 } })]))
    await h.clock.advance(9_000)
    expect([names(h), h.held]).toEqual([[], 3])
    await h.clock.advance(2_000)
    expect(names(h)).toEqual(['bad', 'bad'])
    expect([h.filtered, h.held]).toEqual([{ no_policy: 1 }, 0])
  })

  it('lets late spans follow the decision on their trace', async () => {
    const h = await start([{ name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } }])
    await h.consume(spans([span('bad', { status: { code: 2 } }), span('good')]))
    await h.clock.advance(11_000)
    await h.consume(spans([span('bad'), span('good')]))
    expect(names(h)).toEqual(['bad', 'bad'])
    expect(h.filtered).toEqual({ no_policy: 1, 'trace was left out': 1 })
  })

  it('decides sooner when the root has come, if told to', async () => {
    const h = await start([always], { decision_wait_after_root_received: '2s' })
    await h.consume(spans([span('a', { parentSpanId: '0102030405060708' }), span('b')]))
    await h.clock.advance(3_000)
    expect(names(h)).toEqual(['b'])
  })

  it('decides on the oldest before its time rather than hold too much, and says so', async () => {
    const h = await start([always], { num_traces: 2 })
    await h.consume(spans([span('a'), span('b'), span('c')]))
    await h.clock.advance(0)
    expect(names(h)).toEqual(['a'])
    expect(h.metrics.value('seneca_sampled_early')).toBe(1)
  })

  it('decides on what is there at the stop, or leaves it out when told to', async () => {
    const kept = await start([always])
    await kept.consume(spans([span('a')]))
    await kept.stop()
    expect(names(kept)).toEqual(['a'])
    const dropped = await start([always], { drop_pending_traces_on_shutdown: true })
    await dropped.consume(spans([span('a')]))
    await dropped.stop()
    expect([names(dropped), dropped.filtered]).toEqual([[], { 'pending at the shutdown': 1 }])
  })

  it('keeps what was decided on until it is taken', async () => {
    const h = await start([always])
    let down = true
    h.follow(() => {
      if (down) throw new Error('down')
    })
    await h.consume(spans([span('a')]))
    await h.clock.advance(15_000)
    expect([names(h), h.held]).toEqual([[], 1])
    down = false
    await h.clock.advance(5_000)
    expect([names(h), h.held]).toEqual([['a'], 0])
  })

  const second = 1_000_000_000n
  it.each<[string, object, Readonly<Record<string, readonly SpanInit[]>>, readonly string[]]>([
    [
      'latency over a threshold',
      { type: 'latency', latency: { threshold_ms: 1_000 } },
      {
        slow: [
          { startTime: second, endTime: 2n * second },
          { startTime: 2n * second, endTime: 3n * second },
        ],
        // As much as the threshold, in whole milliseconds, is not more.
        quick: [{ startTime: second, endTime: 2n * second + 999_999n }],
      },
      ['slow'],
    ],
    [
      'latency up to a limit',
      { type: 'latency', latency: { threshold_ms: 1_000, upper_threshold_ms: 1_500 } },
      { slow: [{ startTime: 0n, endTime: 2n * second }], fits: [{ startTime: 0n, endTime: (3n * second) / 2n }] },
      ['fits'],
    ],
    [
      'a number in a range',
      { type: 'numeric_attribute', numeric_attribute: { key: 'n', min_value: 5, max_value: 9 } },
      { low: [{ attributes: { n: 4 } }], fits: [{}, { attributes: { n: 9 } }], text: [{ attributes: { n: '7' } }] },
      ['fits'],
    ],
    [
      'a text',
      { type: 'string_attribute', string_attribute: { key: 's', values: ['a'] } },
      { a: [{ attributes: { s: 'a' } }], ab: [{ attributes: { s: 'ab' } }] },
      ['a'],
    ],
    [
      'a text by pattern',
      { type: 'string_attribute', string_attribute: { key: 's', values: ['^a'], enabled_regex_matching: true } },
      { ab: [{ attributes: { s: 'ab' } }], ba: [{ attributes: { s: 'ba' } }] },
      ['ab'],
    ],
    [
      'other texts, inverted',
      { type: 'string_attribute', string_attribute: { key: 's', values: ['a'], invert_match: true } },
      { a: [{}, { attributes: { s: 'a' } }], b: [{ attributes: { s: 'b' } }], none: [{}] },
      ['b', 'none'],
    ],
    [
      'a boolean',
      { type: 'boolean_attribute', boolean_attribute: { key: 'b', value: true } },
      { yes: [{ attributes: { b: true } }], no: [{ attributes: { b: false } }] },
      ['yes'],
    ],
    [
      'the tracestate',
      { type: 'trace_state', trace_state: { key: 'k', values: ['v'] } },
      { yes: [{ traceState: 'a=b,k=v' }], no: [{ traceState: 'k=w' }] },
      ['yes'],
    ],
    ['the sampled flag', { type: 'trace_flags' }, { yes: [{ flags: 1 }], no: [{ flags: 2 }] }, ['yes']],
    [
      'the number of spans',
      { type: 'span_count', span_count: { min_spans: 2, max_spans: 3 } },
      { one: [{}], two: [{}, {}], four: [{}, {}, {}, {}] },
      ['two'],
    ],
    [
      'a condition on spans or events',
      { type: 'ottl_condition', ottl_condition: { span: ['attributes["a"] == 1'], spanevent: ['name == "e"'] } },
      { span: [{ attributes: { a: 1 } }], event: [{ events: [{ name: 'e' }] }], none: [{}] },
      ['span', 'event'],
    ],
    [
      'all of several',
      {
        type: 'and',
        and: {
          and_sub_policy: [
            { name: '1', type: 'span_count', span_count: { min_spans: 2 } },
            { name: '2', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
          ],
        },
      },
      { both: [{}, { status: { code: 2 } }], one: [{ status: { code: 2 } }] },
      ['both'],
    ],
    [
      'the opposite of another, alone',
      { type: 'not', not: { not_sub_policy: { name: '1', type: 'span_count', span_count: { min_spans: 2 } } } },
      { two: [{}, {}], one: [{}] },
      ['one'],
    ],
    [
      'the opposite of another, among several',
      {
        type: 'and',
        and: {
          and_sub_policy: [
            { name: '1', type: 'span_count', span_count: { min_spans: 2 } },
            {
              name: '2',
              type: 'not',
              not: { not_sub_policy: { name: '3', type: 'status_code', status_code: { status_codes: ['ERROR'] } } },
            },
          ],
        },
      },
      { bad: [{}, { status: { code: 2 } }], good: [{}, {}], one: [{}] },
      ['good'],
    ],
    [
      'several, each with its share',
      {
        type: 'composite',
        composite: {
          max_total_spans_per_second: 100,
          policy_order: ['1'],
          composite_sub_policy: [
            {
              name: '1',
              type: 'and',
              and: { and_sub_policy: [{ name: '2', type: 'span_count', span_count: { min_spans: 2 } }] },
            },
          ],
        },
      },
      { two: [{}, {}], one: [{}] },
      ['two'],
    ],
  ])('samples by %s', async (_, policy, traces, expected) => {
    expect(await passing(policy, traces)).toEqual(expected)
  })

  // What the OpenTelemetry Collector's processor (contrib 0.158) made of the same traces.
  const inverted = { type: 'string_attribute', string_attribute: { key: 's', values: ['a'], invert_match: true } }
  it('weighs an inverted policy as any other', async () => {
    const errors = { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } }
    const h = await start([{ name: 'others', ...inverted }, errors])
    const s = { attributes: { s: 'a' } }
    await h.consume(spans([span('bad', { ...s, status: { code: 2 } }), span('fits', s), span('other')]))
    await h.clock.advance(11_000)
    expect(names(h)).toEqual(['bad', 'other'])
  })

  it('asks those that drop first, also when the first match counts', async () => {
    const drop = { name: 'd', type: 'drop', drop: { drop_sub_policy: [{ name: 'i', ...inverted }] } }
    const h = await start([always, drop], { sample_on_first_match: true })
    await h.consume(spans([span('other'), span('fits', { attributes: { s: 'a' } })]))
    await h.clock.advance(11_000)
    expect(names(h)).toEqual(['fits'])
  })

  it('wants nothing of a trace that a condition fails on, nor by the opposite', async () => {
    const failing = {
      type: 'ottl_condition',
      ottl_condition: { error_mode: 'propagate', span: ['Len(attributes["s"]) > 5'] },
    }
    const traces = { number: [{ attributes: { s: 1 } }], text: [{ attributes: { s: 'b' } }] }
    expect(await passing({ type: 'not', not: { not_sub_policy: { name: 'c', ...failing } } }, traces)).toEqual(['text'])
  })

  it.each([
    ['k=v', true],
    [' k=v ', true],
    ['a=b,k=v', true],
    ['k = v', false],
    ['K=x,k=v', false],
    ['k=w,k=v', false],
  ])('finds an entry in the tracestate %j: %s', async (traceState, found) => {
    const policy = { type: 'trace_state', trace_state: { key: 'k', values: ['v'] } }
    expect(await passing(policy, { t: [{ traceState }] })).toEqual(found ? ['t'] : [])
  })

  it('looks at the resource for attributes, too', async () => {
    const policy = { type: 'string_attribute', string_attribute: { key: 'service.name', values: ['marcus'] } }
    expect(await passing(policy, { a: [{}] }, { 'service.name': 'marcus' })).toEqual(['a'])
  })

  it('leaves out what a drop policy holds for, whatever the others say', async () => {
    const drop = {
      name: 'health',
      type: 'drop',
      drop: {
        drop_sub_policy: [{ name: 'h', type: 'string_attribute', string_attribute: { key: 'p', values: ['/health'] } }],
      },
    }
    const h = await start([always, drop])
    await h.consume(spans([span('a', { attributes: { p: '/health' } }), span('b')]))
    await h.clock.advance(11_000)
    expect([names(h), h.filtered]).toEqual([['b'], { 'policy health': 1 }])
  })

  it('samples a share of traces, the same one everywhere', async () => {
    const many = Array.from({ length: 2_000 }, (_, i) => span(`t${i}`))
    const sample = async (share: number, salt = 's') => {
      const h = await start([
        { name: 'p', type: 'probabilistic', probabilistic: { sampling_percentage: share, hash_salt: salt } },
      ])
      await h.consume(spans(many))
      await h.clock.advance(11_000)
      return names(h)
    }
    const quarter = await sample(25)
    expect(quarter.length).toBeGreaterThan(400)
    expect(quarter.length).toBeLessThan(600)
    expect(await sample(25)).toEqual(quarter)
    expect(await sample(25, 'other')).not.toEqual(quarter)
    const half = new Set(await sample(50))
    expect(quarter.filter((name) => !half.has(name))).toEqual([])
    expect(await sample(0)).toEqual([])
  })

  it('limits spans and bytes a second', async () => {
    const limited = async (options: object): Promise<string[]> => {
      const h = await start([{ name: 'p', type: 'rate_limiting', rate_limiting: options }])
      await h.consume(spans([span('a'), span('a'), span('b'), span('b'), span('c')]))
      await h.clock.advance(11_000)
      return names(h)
    }
    expect(await limited({ spans_per_second: 3, burst_capacity: 3 })).toEqual(['a', 'a', 'c'])
    // Twice the rate at once, unless it is said otherwise.
    expect(await limited({ spans_per_second: 2 })).toEqual(['a', 'a', 'b', 'b'])
    expect(await limited({ spans_per_second: 2, burst_capacity: 0 })).toEqual(['a', 'a', 'b', 'b'])
    const b = await start([
      { name: 'p', type: 'bytes_limiting', bytes_limiting: { bytes_per_second: 1, burst_capacity: 1 } },
    ])
    await b.consume(spans([span('a')]))
    await b.clock.advance(11_000)
    expect(names(b)).toEqual([])
  })

  it('gives each policy of a composite its share', async () => {
    const composite = {
      name: 'c',
      type: 'composite',
      composite: {
        max_total_spans_per_second: 4,
        policy_order: ['errors', 'rest'],
        composite_sub_policy: [
          { name: 'rest', type: 'always_sample' },
          { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
        ],
        rate_allocation: [
          { policy: 'errors', percent: 50 },
          { policy: 'rest', percent: 25 },
        ],
      },
    }
    const h = await start([composite])
    await h.consume(
      spans([...['e1', 'e2', 'e3'].map((name) => span(name, { status: { code: 2 } })), span('r1'), span('r2')]),
    )
    await h.clock.advance(11_000)
    expect(names(h)).toEqual(['e1', 'e2', 'e3'])
  })

  it.each<[object, string]>([
    [{ type: 'latency' }, "a policy of type latency needs 'latency'"],
    [{ type: 'numeric_attribute', numeric_attribute: { key: 'n' } }, "'min_value' or 'max_value'"],
    [
      { type: 'string_attribute', string_attribute: { key: 's', values: ['('], enabled_regex_matching: true } },
      'not a valid pattern',
    ],
    [{ type: 'ottl_condition', ottl_condition: { span: ['nope =='] } }, 'policies.0.ottl_condition.span.0'],
    [{ type: 'and', and: { and_sub_policy: [{ name: 'x', type: 'drop' }] } }, 'drop cannot stand inside and'],
    [{ type: 'not', not: { not_sub_policy: { name: 'x', type: 'and' } } }, 'and cannot stand inside not'],
    [
      { type: 'and', and: { and_sub_policy: [{ name: 'x', type: 'not' }] } },
      "policies.0.and.and_sub_policy.0: a policy of type not needs 'not'",
    ],
    [
      {
        type: 'composite',
        composite: { max_total_spans_per_second: 1, policy_order: ['x'], composite_sub_policy: [always] },
      },
      "there is no policy 'x' in this composite; there are all",
    ],
  ])('refuses %j', async (policy, message) => {
    await expect(harness(tailSampling, { policies: [{ name: 'p', ...policy }] })).rejects.toThrow(message)
  })
})
