import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, decode, logs, valueToJson } from '../index.ts'
import { valueToOtlpJson } from '../otlp/json.ts'
import { bytesOf, initArbitrary, valueArbitrary } from '../testing/arbitraries.ts'
import type { LogBatch, LogRecord } from '../types.ts'

type Request = { readonly resourceLogs: readonly { readonly scopeLogs: readonly { logRecords: Json[] }[] }[] }
type Json = { readonly body: unknown }

const requestOf = (batch: LogBatch): Request => JSON.parse(bytesOf(batch.encode('otlp_json')).toString()) as Request
const recordsOf = (batch: LogBatch): Json[] =>
  requestOf(batch).resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords))

/** Members in one order: values do not keep that of the line where keys are numbers. */
const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([key, item]) => [key, ordered(item)] as const)
  const map = Object.fromEntries(members) as { kvlistValue?: { values: { key: string }[] } }
  map.kvlistValue?.values.sort((a, b) => (a.key < b.key ? -1 : 1))
  return map
}

/** What the line's value gives. */
const expectSame = (batch: LogBatch): void => {
  const bodies = Array.from(batch, (record: LogRecord) => valueToOtlpJson(record.body ?? null))
  expect(recordsOf(batch).map(({ body }) => ordered(body))).toEqual(bodies.map(ordered))
}

const lines = (texts: readonly string[]): LogBatch => decode('logs', 'json', Buffer.from(`${texts.join('\n')}\n`))

describe('lines of JSON as OTLP/JSON', () => {
  it('say what their values say, for random values, met once or again and again', () => {
    fc.assert(
      fc.property(fc.array(valueArbitrary(), { minLength: 1, maxLength: 5 }), (values) => {
        const texts = values.map(valueToJson)
        expectSame(lines([...texts, ...texts, ...texts]))
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    [
      '0',
      '-0',
      '-0.0',
      '1.0',
      '1.50',
      '-7',
      '1e3',
      '1E+2',
      '1e400',
      '-1e400',
      '0.1',
      '123456789012345',
      '1234567890123456',
    ],
    [
      '9223372036854775807',
      '-9223372036854775808',
      '9223372036854775808',
      '0.123456789012345678901',
      '3.0000000000000000',
    ],
    [String.raw`"\ud800"`, String.raw`"\u00e9\n\"\\\/"`, '"é💡"', '""', 'null', 'true', 'false', '[]', '{}', '[[],{}]'],
    ['{"a":1,"a":2,"b":{"x":1,"x":{"y":2}}}', String.raw`{"a":1,"\u0061":2}`, '{"":{"":[null]}}', '{"2":1,"1":2}'],
    ['{"$bytes":"AA=="}', '{"$$bytes":"AA=="}', '{"a":[{"$bytes":"QUJD"}]}', '{"$bytes":"no"}', '{"$x":1,"b":2}'],
    ['  { "a" : [ 1 , "x" , null , { "b" : true } ] , "c" : { } }  ', '{"a":1}\r', '{"a":-0}'],
  ])('say what their values say: %j', (...texts) => {
    for (const text of texts) {
      expectSame(lines([text, text, text]))
      expectSame(lines([`{"k":[${text.trim()}]}`, `{"k":[${text.trim()}]}`]))
    }
  })

  it('keep their meaning when the scalars of a known spelling change type', () => {
    const scalars = ['"s"', '12', '1.5', 'true', 'null', '-0', '1e2', String.raw`"\t"`, '99999999999999999999']
    expectSame(lines(scalars.flatMap((a) => scalars.map((b) => `{"one":${a},"two":{"three":[${b}]}}`))))
  })

  it('are written beside records of other layouts, with what stands beside the line, in order', () => {
    fc.assert(
      fc.property(
        fc.array(initArbitrary, { maxLength: 3 }),
        fc.array(initArbitrary, { maxLength: 3 }),
        fc.array(valueArbitrary(), { minLength: 1, maxLength: 3 }),
        (first, last, values) => {
          const options = { observedTime: 5n, attributes: { file: 'x' }, resource: { host: 'h' } }
          const middle = decode('logs', 'json', Buffer.from(values.map((v) => `${valueToJson(v)}\n`).join('')), options)
          const batch = concat([logs(first), middle, logs(last)])
          const again = decode('logs', 'otlp_json', bytesOf(batch.encode('otlp_json')))
          expect(bytesOf(again.encode('otlp_proto'))).toEqual(bytesOf(plainCopy(batch).encode('otlp_proto')))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('come in pieces of bounded size, neighbours of one resource in one group', () => {
    const text = '{"message":"a line that repeats","n":1,"list":[1,2,3]}'
    const batch = lines(Array.from({ length: 20_000 }, () => text))
    const pieces = batch.encode('otlp_json')
    expect(pieces.length).toBeGreaterThan(5)
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(300_000)
    expect(requestOf(batch).resourceLogs).toHaveLength(1)
    expect(recordsOf(batch)).toHaveLength(20_000)
  })

  it('carry the edits of a line', () => {
    const edited = lines(['{"a":1,"b":"x"}', '{"a":2,"b":"y"}', '{}']).edit((draft) => {
      draft.set(['body', 'c'], { n: 1n })
      draft.set(['attributes', 'seen'], true)
    })
    expectSame(edited)
    expect(recordsOf(edited)[1]).toMatchObject({ attributes: [{ key: 'seen', value: { boolValue: true } }] })
  })
})

/** The records as values. */
const plainCopy = (batch: LogBatch): LogBatch => {
  const copy = decode('logs', 'stored', bytesOf(batch.encode('stored')))
  return copy.edit((draft) => draft.set(['attributes', 'x'], 1)).edit((draft) => draft.delete(['attributes', 'x']))
}
