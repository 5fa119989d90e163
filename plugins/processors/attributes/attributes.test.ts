import { Double, logs } from 'seneca-collector'
import type { LogRecord, Value } from 'seneca-collector'
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
    // The answers of its attributes processor: text as UTF-8, numbers as eight bytes, booleans as one.
    expect(await run({ actions: [{ pattern: '.*', action: 'hash' }] }, { s: 'test', i: 1, b: true })).toEqual({
      s: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      i: 'cd2662154e6d76b2b2b92e70c0cac3ccf534f9b74eb5b89819ec509083d00a50',
      b: '4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a',
    })
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
    ['no severity', { match_type: 'strict', log_severity_number: { min: 13, match_undefined: true } }, {}, true],
    [
      'both of two kinds',
      { match_type: 'strict', log_bodies: ['b'], attributes: [{ key: 'z' }] },
      { body: 'b' },
      false,
    ],
  ])('includes, and excludes, by %s', async (_, match, beside, fits) => {
    expect((await run({ ...mark, include: match }, { a: 1 }, beside))['hit']).toBe(fits ? true : undefined)
    expect((await run({ ...mark, exclude: match }, { a: 1 }, beside))['hit']).toBe(fits ? undefined : true)
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
    [{ key: 'a', action: 'extract', pattern: '(x)' }, 'a name for every group'],
    [{ key: 'a', action: 'extract', pattern: '(' }, 'not a valid pattern'],
    [{ key: 'a', action: 'convert' }, "convert needs 'converted_type'"],
    [{ key: 'a', action: 'delete', value: 1 }, "delete does not use 'value'"],
    [{ key: 'a', action: 'insert', from_context: 'metadata.x' }, 'is not supported'],
  ])('refuses %j', async (action, message) => {
    await expect(harness(attributes, { actions: [action] })).rejects.toThrow(message)
  })

  it('refuses matches that say nothing about the signal', async () => {
    const options = { ...mark, include: { match_type: 'strict', span_names: ['x'] } }
    await expect(harness(attributes, options, { outputs: ['logs'] })).rejects.toThrow(
      "'span_names' says nothing about logs",
    )
  })
})
