import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attributeForDataKey, concat, dataKeyForAttribute, decode, logs, valueFromJson } from '../index.ts'
import {
  anyPath,
  bytesOf,
  dumpAll,
  fieldValue,
  groupArbitrary,
  id,
  initArbitrary,
  keys,
  opArbitrary,
  perform,
  severity,
  text,
  valueArbitrary,
} from '../testing/arbitraries.ts'
import { valueToJson } from '../json/text.ts'
import { PartsBatch } from '../batch.ts'
import { PlainPart } from '../plain/part.ts'
import type { LogBatch, Value, ValueMap } from '../types.ts'
import { newMap } from '../value.ts'
import { plainFromEnvelope } from './codec.ts'

const RUNS = 400

const good: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  id: text,
  type: text,
  timestamp: fc.constantFrom(
    '2026-11-23T17:43:33.130Z',
    '2026-11-23T17:43:33.130123+01:00',
    '1970-01-01T00:00:00Z',
    'yesterday',
  ),
  data: valueArbitrary(),
  metadata: fc.oneof(
    valueArbitrary(),
    fc
      .constantFrom('debug', 'info', 'critical', 'odd')
      .map((name) => Object.assign(newMap(), { severity: name, a: 1 }) as Value),
  ),
  severity_number: severity,
  trace_id: id(32),
  span_id: id(16),
  resource: fc.constantFrom<Value>({ attributes: { a: 1 } }, { schema_url: 'x' }, {}, { other: 1 }),
  scope: fc.constantFrom<Value>({ name: 'n' }, { name: 1 }, { attributes: {} }),
}
const memberNames = [
  ...Object.keys(good),
  'source',
  'version',
  'attributes',
  'body',
  'flags',
  'severity_text',
  'observed_timestamp',
  'other',
  '__proto__',
]

const envelopeArbitrary = fc
  .uniqueArray(fc.constantFrom(...memberNames), { maxLength: 8 })
  .chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.oneof(good[name] ?? valueArbitrary(), valueArbitrary()).map((value) => [name, value] as const),
      ),
    ),
  )
  .map((entries) => {
    const map = newMap()
    for (const [key, value] of entries) map[key] = value
    return map as ValueMap
  })

const oneEnvelope = (batch: LogBatch): Value[] =>
  bytesOf(batch.encode('envelope'))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => valueFromJson(line))

describe('the Seneca envelope', () => {
  it('gives back the record it was made from', () => {
    fc.assert(
      fc.property(fc.array(initArbitrary, { minLength: 1, maxLength: 3 }), groupArbitrary, (inits, group) => {
        const batch = logs(inits, group)
        const bytes = bytesOf(batch.encode('envelope'))
        expect(dumpAll(decode('logs', 'envelope', bytes))).toEqual(dumpAll(batch))
      }),
      { numRuns: RUNS * 3 },
    )
  })

  it('gives back the envelope it was read from, once written here', () => {
    fc.assert(
      fc.property(envelopeArbitrary, (envelope) => {
        const [first] = oneEnvelope(new PartsBatch('logs', [new PlainPart([plainFromEnvelope(envelope)])]))
        const [second] = oneEnvelope(new PartsBatch('logs', [new PlainPart([plainFromEnvelope(first as ValueMap)])]))
        expect(second).toEqual(first)
      }),
      { numRuns: RUNS },
    )
  })

  it('reads and edits lines as it does values', () => {
    const program = fc.array(opArbitrary(anyPath, fieldValue), { maxLength: 6 })
    fc.assert(
      fc.property(fc.array(fc.tuple(envelopeArbitrary, program), { minLength: 1, maxLength: 4 }), (records) => {
        const lines = decode(
          'logs',
          'envelope',
          Buffer.from(records.map(([envelope]) => valueToJson(envelope)).join('\n')),
        )
        const plain = new PartsBatch('logs', [new PlainPart(records.map(([envelope]) => plainFromEnvelope(envelope)))])
        expect(lines.count).toBe(records.length)
        expect(dumpAll(lines)).toEqual(dumpAll(plain))
        const seen: unknown[][] = [[], []]
        const edited = [lines, plain].map((batch, k) =>
          batch.edit((draft, i) => void seen[k]!.push(perform(draft, records[i]![1]))),
        )
        expect(seen[0]).toEqual(seen[1])
        expect(dumpAll(edited[0]!)).toEqual(dumpAll(edited[1]!))
        expect(dumpAll(concat(edited))).toEqual([...dumpAll(edited[1]!), ...dumpAll(edited[1]!)])
      }),
      { numRuns: RUNS * 2 },
    )
  })

  it('keeps the bytes of an envelope that nobody edits', () => {
    const line = '{"type": "task.assigned",\t"data":{"agent_id":"a","x":1.0},"timestamp":"2026-11-23T17:43:33+00:00"}\n'
    const batch = decode('logs', 'envelope', Buffer.from(line), { observedTime: 5n })
    expect(batch.at(0).observedTime).toBe(5n)
    expect(bytesOf(batch.encode('envelope')).toString()).toBe(line)
  })

  it('names attributes of data so that no two keys meet', () => {
    const names = [...keys, 'agent_id', 'agent.id', 'marcus', 'task_id', 'a.b']
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...names), fc.string()), (key) => {
        expect(dataKeyForAttribute(attributeForDataKey(key))).toBe(key)
      }),
    )
    expect(attributeForDataKey('agent_id')).toBe('marcus.agent.id')
    expect(attributeForDataKey('progress')).toBe('marcus.progress')
    expect(attributeForDataKey('a.b')).toBe('seneca.data.a.b')
    expect(dataKeyForAttribute('marcus.agent_id')).toBeUndefined()
  })
})
