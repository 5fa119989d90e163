import { describe, expect, it } from 'vitest'
import { Double, logs, type LogRecord } from 'seneca-collector'
import { createOperators } from './operators.ts'
import { createTimestamp } from './timestamp.ts'

const parse = (line: string, operator: object): LogRecord | undefined => {
  const invalid: string[] = []
  const batch = createOperators(
    [{ type: 'json_parser', ...operator }],
    (reason) => void invalid.push(reason),
  )(logs([{ body: line }]))
  return batch.count === 0 ? undefined : batch.at(0)
}

const timeOf = (text: string, timestamp: object): string => {
  const change = createTimestamp({ parse_from: 'body', layout: '', ...timestamp })
  const nanos = logs([{ body: text }])
    .edit(change)
    .at(0).time
  return `${new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19)} ${nanos % 1_000_000_000n}`
}

describe('json_parser', () => {
  it('parses the body into attributes, whole numbers as doubles', () => {
    const record = parse('{"a":1,"b":{"c":2.5},"d":"x"}', {})
    expect(record?.body).toBe('{"a":1,"b":{"c":2.5},"d":"x"}')
    expect(Object.fromEntries(record?.attributes ?? [])).toEqual({ a: new Double(1), b: { c: 2.5 }, d: 'x' })
    expect(parse('{"a":1}', { parse_ints: true })?.attributes.get('a')).toBe(1)
  })

  it('parses from and to other places', () => {
    expect(parse('{"a":"x"}', { parse_to: 'body' })?.body).toEqual({ a: 'x' })
    expect(parse('{"a":"x"}', { parse_to: 'attributes.log["in.ner"]' })?.attributes.get('log')).toEqual({
      'in.ner': { a: 'x' },
    })
    expect(parse('{"a":"x"}', { parse_to: 'resource' })?.resource.attributes.get('a')).toBe('x')
  })

  it('passes on what it cannot parse, or drops it', () => {
    expect(parse('no json', {})?.body).toBe('no json')
    expect(parse('[1]', {})?.body).toBe('[1]')
    expect(parse('no json', { on_error: 'drop' })).toBeUndefined()
  })

  it('takes severity and time from what it found', () => {
    const record = parse('{"lvl":"Warning","t":"2026-01-02T03:04:05.678Z"}', {
      severity: { parse_from: 'attributes.lvl' },
      timestamp: { parse_from: 'attributes.t', layout: '%Y-%m-%dT%H:%M:%S.%LZ' },
    })
    expect([record?.severity, record?.severityText, record?.time]).toEqual([13, 'Warning', 1_767_323_045_678_000_000n])
  })

  it.each([
    ['"500"', 17],
    ['404', 13],
    ['201', 9],
    ['"oops"', 18],
    ['"debug"', 5],
    ['"nothing known"', 0],
  ])('maps the severity %s to %i', (level, expected) => {
    const mapping = { error: ['5xx'], warn: '4xx', info: { min: 200, max: 299 }, error2: 'oops' }
    expect(parse(`{"l":${level}}`, { severity: { parse_from: 'attributes.l', mapping } })?.severity).toBe(expected)
  })
})

describe('timestamp', () => {
  it.each([
    ['2026-03-04 05:06:07.089', { layout: '%Y-%m-%d %H:%M:%S.%L' }, '2026-03-04T05:06:07 89000000'],
    ['2026-03-04T05:06:07.123456789+02:00', { layout: '%Y-%m-%dT%H:%M:%S.%f%z' }, '2026-03-04T03:06:07 123456789'],
    ['Mar  4 17:06:07 2026', { layout: '%b %e %H:%M:%S %Y' }, '2026-03-04T17:06:07 0'],
    ['03/04/26 05:06:07 PM', { layout: '%D %I:%M:%S %p' }, '2026-03-04T17:06:07 0'],
    ['2026-07-04 12:00:00', { layout: '%F %T', location: 'America/New_York' }, '2026-07-04T16:00:00 0'],
    [
      '2026-03-04T05:06:07.5Z',
      { layout: '2006-01-02T15:04:05.999999999Z07:00', layout_type: 'gotime' },
      '2026-03-04T05:06:07 500000000',
    ],
    [
      '2026-03-04T05:06:07Z',
      { layout: '2006-01-02T15:04:05.999Z07:00', layout_type: 'gotime' },
      '2026-03-04T05:06:07 0',
    ],
    [
      'Wed, 04 Mar 2026 05:06:07 +0100',
      { layout: 'Mon, 02 Jan 2006 15:04:05 -0700', layout_type: 'gotime' },
      '2026-03-04T04:06:07 0',
    ],
    ['1772600767', { layout: 's', layout_type: 'epoch' }, '2026-03-04T05:06:07 0'],
    ['1772600767089', { layout: 'ms', layout_type: 'epoch' }, '2026-03-04T05:06:07 89000000'],
    ['1772600767.123456789', { layout: 's.ns', layout_type: 'epoch' }, '2026-03-04T05:06:07 123456789'],
  ])('reads %s', (text, options, expected) => {
    expect(timeOf(text, options)).toBe(expected)
  })

  it.each([
    ['2026-02-30 00:00:00', '%F %T'],
    ['2026-02-03 25:00:00', '%F %T'],
    ['yesterday', '%F'],
  ])('refuses %s', (text, layout) => {
    expect(() => timeOf(text, { layout })).toThrow(/out of range|no time of the layout/)
  })
})
