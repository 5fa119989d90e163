import { Double, logs, spans } from 'seneca-collector'
import type { Batch, LogRecord, Value } from 'seneca-collector'
import { conformance, harness } from 'seneca-collector/testing'
import { describe, expect, it } from 'vitest'
import attributes from './index.ts'

const run = async (
  options: { readonly actions: readonly object[]; readonly [key: string]: unknown },
  given: Record<string, Value>,
  beside: { readonly body?: Value; readonly severity?: number; readonly resource?: Record<string, Value> } = {},
): Promise<Record<string, Value>> => {
  const h = await harness(attributes, options)
  const { resource = {}, ...record } = beside
  await h.consume(logs([{ ...record, attributes: given }], { resource: { attributes: resource } }))
  return Object.fromEntries((h.records()[0] as LogRecord).attributes)
}

describe('attributes', () => {
  for (const check of conformance(attributes, { folder: import.meta.dirname })) it(check.name, check.run)

  it.each<[string, object, Record<string, Value>, Record<string, Value>]>([
    ['inserts what is absent', { key: 'a', action: 'insert', value: 1 }, {}, { a: 1 }],
    ['does not insert over what is there', { key: 'a', action: 'insert', value: 1 }, { a: 2 }, { a: 2 }],
    ['updates what is there', { key: 'a', action: 'UPDATE', value: [1, 'x'] }, { a: 2 }, { a: [1, 'x'] }],
    ['does not update what is absent', { key: 'a', action: 'update', value: 1 }, {}, {}],
    ['upserts', { key: 'a', action: 'upsert', value: { b: true } }, { a: 2 }, { a: { b: true } }],
    ['copies', { key: 'a', action: 'upsert', from_attribute: 'b' }, { b: 2 }, { a: 2, b: 2 }],
    [
      'gives another value where there is none to copy',
      { key: 'a', action: 'upsert', from_attribute: 'b', default_value: 3 },
      { a: 1 },
      { a: 3 },
    ],
    [
      'copies before that',
      { key: 'a', action: 'insert', from_attribute: 'b', default_value: 3 },
      { b: 2 },
      { a: 2, b: 2 },
    ],
    ['copies nothing from nowhere', { key: 'a', action: 'upsert', from_attribute: 'b' }, { a: 1 }, { a: 1 }],
    ['deletes', { key: 'a', action: 'delete' }, { a: 1, b: 2 }, { b: 2 }],
    ['deletes by pattern', { pattern: '^x\\.', action: 'delete' }, { 'x.a': 1, 'x.b': 1, y: 2 }, { y: 2 }],
    [
      'extracts named groups',
      { key: 'u', action: 'extract', pattern: '(?P<scheme>\\w+)://(?P<host>[^/]+)' },
      { u: 'http://h/p', host: 'old' },
      { u: 'http://h/p', host: 'h', scheme: 'http' },
    ],
    [
      'extracts nothing from what does not match',
      { key: 'u', action: 'extract', pattern: '(?P<n>\\d+)' },
      { u: 'x' },
      { u: 'x' },
    ],
    ['converts to int', { key: 'a', action: 'convert', converted_type: 'int' }, { a: '12' }, { a: 12 }],
    ['cuts a double', { key: 'a', action: 'convert', converted_type: 'int' }, { a: 1.9 }, { a: 1 }],
    [
      'converts to a whole double',
      { key: 'a', action: 'convert', converted_type: 'double' },
      { a: 3 },
      { a: new Double(3) },
    ],
    ['converts to text', { key: 'a', action: 'convert', converted_type: 'string' }, { a: true }, { a: 'true' }],
    [
      'leaves alone what cannot be converted',
      { key: 'a', action: 'convert', converted_type: 'int' },
      { a: '1x' },
      { a: '1x' },
    ],
  ])('%s', async (_, action, before, after) => {
    expect(await run({ actions: [action] }, before)).toEqual(after)
  })

  it('hashes with SHA-256 as the OpenTelemetry Collector does', async () => {
    // The answers of its attributes processor (contrib 0.158) to the same record.
    const given = {
      s: 'test',
      i: 1,
      d: new Double(1),
      b: true,
      list: [1],
      map: { a: 1 },
      bytes: Buffer.of(1),
      no: null,
    }
    expect(await run({ actions: [{ pattern: '.*', action: 'hash' }] }, given)).toEqual({
      s: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      i: '7c9fa136d4413fa6173637e883b6998d32e1d675f88cddff9dcbcf331820f4b8',
      d: '6c3c396ed6b5c36dcae172271f462051b1266b851e92df3deea8ac65478fd712',
      b: '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',
      list: '',
      map: '',
      bytes: '',
      no: '',
    })
  })

  // What the reference made of each of these, a double beyond int64 excepted: there it becomes the least int64.
  it.each<[Value, 'int' | 'double', Value]>([
    ['1_0.5_0', 'double', 10.5],
    ['0x1.8p1', 'double', new Double(3)],
    ['0x_1p0', 'double', new Double(1)],
    ['1e400', 'double', '1e400'],
    ['0x1F', 'double', '0x1F'],
    ['9223372036854775808', 'int', '9223372036854775808'],
    [1e300, 'int', new Double(1e300)],
  ])('converts %j to %s: %j', async (value, converted_type, after) => {
    const given = typeof value === 'number' ? new Double(value) : value
    expect((await run({ actions: [{ key: 'a', action: 'convert', converted_type }] }, { a: given }))['a']).toEqual(
      after,
    )
  })

  it('takes an empty text for an option that is not there, and an empty value for one to copy', async () => {
    const a = { key: 'a', pattern: '', action: 'delete' }
    expect(await run({ actions: [a] }, { a: 1, b: 2 })).toEqual({ b: 2 })
    const b = { key: 'b', from_attribute: '', value: 3, action: 'upsert' }
    expect(await run({ actions: [b] }, { a: 1 })).toEqual({ a: 1, b: 3 })
    const c = { key: 'c', from_attribute: 'a', default_value: 'x', action: 'insert' }
    expect(await run({ actions: [c] }, { a: null })).toEqual({ a: null, c: null })
  })

  const mark = { actions: [{ key: 'hit', action: 'insert', value: true }] }
  it.each<[string, object, object, boolean]>([
    ['an attribute', { match_type: 'strict', attributes: [{ key: 'a', value: 1 }] }, {}, true],
    ['another value', { match_type: 'strict', attributes: [{ key: 'a', value: 2 }] }, {}, false],
    ['all attributes', { match_type: 'strict', attributes: [{ key: 'a' }, { key: 'z' }] }, {}, false],
    ['a body by pattern', { match_type: 'regexp', log_bodies: ['^he', 'x'] }, { body: 'hello' }, true],
    ['a body only in part', { match_type: 'strict', log_bodies: ['he'] }, { body: 'hello' }, false],
    [
      'a resource',
      { match_type: 'regexp', resources: [{ key: 's', value: 'm.*' }] },
      { resource: { s: 'marcus' } },
      true,
    ],
    ['the least severity', { match_type: 'strict', log_severity_number: { min: 13 } }, { severity: 9 }, false],
    [
      'a number by pattern',
      { match_type: 'regexp', attributes: [{ key: 'd', value: '^1000000000000000000000$' }] },
      {},
      true,
    ],
    ['a list by pattern', { match_type: 'regexp', attributes: [{ key: 'l', value: '.*' }] }, {}, false],
    [
      'a list of no names beside another',
      { match_type: 'strict', log_bodies: [], attributes: [{ key: 'a' }] },
      { body: 'hello' },
      true,
    ],
    ['no severity', { match_type: 'strict', log_severity_number: { min: 13, match_undefined: true } }, {}, true],
    [
      'both of two kinds',
      { match_type: 'strict', log_bodies: ['b'], attributes: [{ key: 'z' }] },
      { body: 'b' },
      false,
    ],
  ])('includes, and excludes, by %s', async (_, match, beside, fits) => {
    const given = { a: 1, d: 1e21, l: [1] }
    expect((await run({ ...mark, include: match }, given, beside))['hit']).toBe(fits ? true : undefined)
    expect((await run({ ...mark, exclude: match }, given, beside))['hit']).toBe(fits ? undefined : true)
  })

  it('hands on what it does not change as it came', async () => {
    const h = await harness(attributes, { actions: [{ key: 'a', action: 'update', value: 1 }] })
    const input = logs([{ attributes: { b: 1 } }])
    await h.consume(input)
    expect(h.batches[0]).toBe(input)
  })

  it.each<[object, string]>([
    [{ key: 'a', action: 'insert' }, "actions.0: insert needs 'value' or 'from_attribute'"],
    [{ key: 'a', action: 'insert', value: 1, from_attribute: 'b' }, 'not both'],
    [{ action: 'upsert', value: 1 }, 'upsert needs a key'],
    [{ action: 'delete' }, 'delete needs a key or a pattern'],
    [{ action: 'delete', pattern: '' }, 'delete needs a key or a pattern'],
    [{ key: 'a', action: 'upsert', value: null }, "upsert needs 'value' or 'from_attribute'"],
    [{ key: 'a', action: 'extract', pattern: '(x)' }, 'a name for every group'],
    [{ key: 'a', action: 'extract', pattern: '(' }, 'not a valid pattern'],
    [{ key: 'a', action: 'convert' }, "convert needs 'converted_type'"],
    [{ key: 'a', action: 'delete', value: 1 }, "delete does not use 'value'"],
    [{ key: 'a', action: 'insert', from_context: 'metadata.x' }, 'is not supported'],
  ])('refuses %j', async (action, message) => {
    await expect(harness(attributes, { actions: [action] })).rejects.toThrow(message)
  })

  it.each<[object, string, string]>([
    [{ match_type: 'strict', log_bodies: [] }, 'logs', 'names nothing to match'],
    [{ match_type: 'regexp', attributes: [{ key: 'a', value: 4 }] }, 'logs', 'a text'],
    [{ match_type: 'strict', span_kinds: ['Server'] }, 'traces', 'is no kind of span'],
  ])('refuses to include %j', async (include, signal, message) => {
    await expect(harness(attributes, { ...mark, include }, { outputs: [signal] })).rejects.toThrow(message)
  })

  it.each([
    ['^$', false],
    ['.*', true],
  ])('has a service without a name fit %j: %s', async (service, fits) => {
    const h = await harness(attributes, { ...mark, include: { match_type: 'regexp', services: [service] } })
    await h.consume(spans([{ name: 'x' }]))
    const [span] = h.batches.flatMap((batch) => Array.from(batch as Batch<'traces'>))
    expect(span!.attributes.has('hit')).toBe(fits)
  })

  it('refuses matches that say nothing about the signal', async () => {
    const options = { ...mark, include: { match_type: 'strict', span_names: ['x'] } }
    await expect(harness(attributes, options, { outputs: ['logs'] })).rejects.toThrow(
      "'span_names' says nothing about logs",
    )
  })
})
