/** Statements as data against the same statements as code, on records as anybody might write them. */
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { decode } from '../model/index.ts'
import type { LogBatch } from '../model/index.ts'
import { OtlpDraft } from '../model/otlp/editor.ts'
import { entryBytes } from '../model/otlp/write.ts'
import { bytesOf, dump, text, valueArbitrary } from '../model/testing/arbitraries.ts'
import { compileStatements, editBatch } from './index.ts'
import type { ErrorMode } from './index.ts'

const names = ['a', 'b', 'agent_id', 'x.y', '', '__proto__', 'é', '7', 'a-rather-long-name-of-an-attribute']

const message = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const inner = Buffer.concat(parts)
  const length: number[] = []
  let rest = inner.length
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Buffer.from([tag, ...length, rest]), inner])
}
const textField = (tag: number, value: string): Buffer => message(tag, Buffer.from(value))

const name = fc.constantFrom(...names)
const plainText = fc.oneof(fc.constantFrom('INFO', 'debug', 'Grüße', 'x'.repeat(200)), text)
const usual = fc
  .tuple(name, fc.oneof(plainText, plainText, valueArbitrary()))
  .map(([key, value]) => Buffer.from(entryBytes(key, value)))
/** Attributes that few write: their value first, without one, without a key, with an unknown field, with two values. */
const odd = fc.tuple(name, fc.nat({ max: 4 })).map(([key, kind]) => {
  const value = message(18, textField(10, 'odd'))
  const parts = [
    [value, textField(10, key)],
    [textField(10, key)],
    [value],
    [textField(10, key), value, Buffer.from([0x78, 1])],
    [textField(10, key), message(18, textField(10, 'one'), Buffer.from([0x18, 2]))],
  ]
  return message(50, ...parts[kind]!)
})
const field = fc.oneof(
  fc.constantFrom(Buffer.from([16, 9]), Buffer.from([16, 17]), Buffer.from([9, 1, 2, 3, 4, 5, 6, 7, 8])),
  plainText.map((value) => textField(26, value)),
  fc.oneof(plainText, valueArbitrary()).map((value) => {
    const entry = Buffer.from(entryBytes('', value))
    // What follows the tag and the length of the value: an attribute with an empty key is 50, length, 10, 0, 18, …
    const at = entry[1]! < 128 ? 4 : entry[2]! < 128 ? 5 : 6
    return Buffer.concat([Buffer.from([42]), entry.subarray(at + 1)])
  }),
  fc.constant(Buffer.from([0xc2, 0x0c, 0x02, 0x68, 0x69])),
  plainText.map((value) => textField(98, value)),
)
const record = fc
  .tuple(
    fc.array(field, { maxLength: 4 }),
    fc.array(usual, { maxLength: 5 }),
    fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.tuple(odd) }),
    fc.array(field, { maxLength: 2 }),
  )
  .map((parts) => message(18, ...parts.flat()))
const request = fc
  .array(fc.array(record, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 })
  .map((groups) =>
    Buffer.concat(
      groups.map((records, i) =>
        message(
          10,
          message(10, message(10, textField(10, 'r'), message(18, textField(10, `R${i}`)))),
          message(18, ...records),
        ),
      ),
    ),
  )

const quoted = (value: string): string => JSON.stringify(value)
const at = name.map((key) => `attributes[${quoted(key)}]`)
const literal = fc.constantFrom(
  '"INFO"',
  '"é"',
  '""',
  '7',
  '-1',
  '9223372036854775807',
  '1.5',
  '2.0',
  'true',
  'nil',
  '["a", 1]',
  '{"k": {"l": 1}}',
  '0xff',
)
const value = fc.oneof(
  literal,
  at,
  at.map((from) => `ToUpperCase(${from})`),
  at.map((from) => `ToLowerCase(${from})`),
  at.map((from) => `SHA256(${from})`),
  at.map((from) => `Concat([${from}, "-", severity_text], "")`),
  at.map((from) => `TrimPrefix(ToLowerCase(${from}), "d")`),
  fc.constantFrom(
    'resource.attributes["r"]',
    'resource.attributes["none"]',
    'Len(attributes)',
    'body',
    'severity_number',
    'cache["c"]',
    'time',
    'attributes',
  ),
)
const test: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(at, fc.constantFrom('==', '!='), fc.constantFrom('"INFO"', '"debug"', '"Grüße"', '"ODD"', 'nil', '7'))
    .map((all) => all.join(' ')),
  fc.constantFrom(
    'severity_number >= 9',
    'severity_text == "INFO"',
    'event_name != ""',
    'body == "debug"',
    'resource.attributes["r"] == "R1"',
    'true',
    'false',
    '"INFO" == severity_text',
  ),
  at.map((from) => `IsString(${from})`),
  at.map((from) => `HasPrefix(${from}, "d")`),
)
const where = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  test.map((one) => ` where ${one}`),
  fc.tuple(test, fc.constantFrom('and', 'or'), test).map((all) => ` where ${all.join(' ')}`),
  fc.tuple(test, test).map(([one, two]) => ` where not (${one}) and ${two}`),
)
const editor = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(at, value).map(([to, from]) => `set(${to}, ${from})`) },
  { weight: 2, arbitrary: name.map((key) => `delete_key(attributes, ${quoted(key)})`) },
  fc.array(name, { maxLength: 5 }).map((keys) => `keep_keys(attributes, [${keys.map(quoted).join(', ')}])`),
  fc.constantFrom('delete_matching_keys(attributes, "^a")', 'keep_matching_keys(attributes, "a|x|_")'),
  at.map((from) => `set(cache["c"], ${from})`),
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'set(severity_text, "SET")',
      'set(severity_text, "")',
      'set(severity_text, attributes["a"])',
      'set(severity_number, SEVERITY_NUMBER_WARN)',
      'set(severity_number, 0)',
      'set(body, attributes["b"])',
      'set(body, "new")',
      'set(body, nil)',
      'set(event_name, Concat(["e", event_name], "."))',
      'set(time_unix_nano, 5)',
      'set(time, observed_time)',
      'set(observed_time_unix_nano, time_unix_nano)',
      'set(trace_id.string, "0102030405060708090a0b0c0d0e0f10")',
      'set(span_id.string, "0000000000000000")',
      'set(flags, 1)',
      'set(dropped_attributes_count, 3)',
      'set(event.type, "typed")',
      'set(event.metadata["severity"], "critical")',
      'set(attributes["b"]["deep"], 1)',
      'truncate_all(attributes, 3)',
      'limit(attributes, 2, [])',
    ),
  },
)
const statement = fc.tuple(editor, where).map((both) => both.join(''))

/** Read as values, so that all statements run as code. */
const asValues = (batch: LogBatch): LogBatch => decode('logs', 'otlp_json', bytesOf(batch.encode('otlp_json')))

const inOrder = (batch: LogBatch): unknown =>
  Array.from(batch, (one) => ({ ...(dump(one) as object), order: Array.from(one.attributes) }))

const outcome = (
  batch: LogBatch,
  statements: readonly string[],
  conditions: readonly string[],
  errorMode: ErrorMode,
): unknown => {
  const told: unknown[] = []
  const program = compileStatements(statements, { errorMode, conditions, onError: (failed) => told.push(failed) })
  expect(program.problems).toEqual([])
  const { changed, failed, error } = editBatch(batch, [program])
  const out = changed as LogBatch
  return { records: inOrder(out), again: inOrder(asValues(out)), failed: [...failed], error: error?.message, told }
}

const follow = vi.spyOn(OtlpDraft.prototype, 'follow')
afterEach(() => follow.mockClear())

describe('statements that are data', () => {
  it('do to bytes what they do to values as code, whatever the records are', () => {
    let followed = 0
    fc.assert(
      fc.property(
        request,
        fc.array(statement, { minLength: 1, maxLength: 7 }),
        fc.array(test, { maxLength: 1 }),
        fc.constantFrom<ErrorMode>('propagate', 'ignore', 'silent'),
        (bytes, statements, conditions, errorMode) => {
          const batch = decode('logs', 'otlp_proto', bytes)
          const values = asValues(batch)
          follow.mockClear()
          const ours = outcome(batch, statements, conditions, errorMode)
          followed += follow.mock.results.filter((result) => result.value === true).length
          const calls = follow.mock.calls.length
          expect(ours).toEqual(outcome(values, statements, conditions, errorMode))
          expect(follow.mock.calls.length).toBe(calls)
          expect(inOrder(batch)).toEqual(inOrder(values))
        },
      ),
      { numRuns: 1_000 },
    )
    expect(followed).toBeGreaterThan(400)
  })

  const usualRecord = (attributes: Readonly<Record<string, string>>): Buffer =>
    message(
      18,
      Buffer.from([16, 9]),
      textField(26, 'INFO'),
      message(42, textField(10, 'hello')),
      ...Object.entries(attributes).map(([key, one]) => entryBytes(key, one)),
    )
  const batchOf = (...records: readonly Buffer[]): LogBatch =>
    decode('logs', 'otlp_proto', message(10, message(18, ...records)))

  it.each([
    ['set(attributes["env"], "production")'],
    ['set(attributes["n"], 7)', 'set(attributes["f"], 1.5)', 'set(attributes["b"], true)', 'set(attributes["x"], nil)'],
    ['set(attributes["agent"], attributes["agent_id"])', 'delete_key(attributes, "agent_id")'],
    [
      'set(attributes["kind"], ToUpperCase(attributes["kind"]))',
      'set(log.attributes["k"], ToLowerCase(attributes["kind"]))',
    ],
    ['set(attributes["service"], resource.attributes["service.name"])'],
    ['set(attributes["a"], Concat([attributes["kind"], "x"], "-")) where severity_number >= 9'],
    ['keep_keys(attributes, ["kind"])', 'delete_matching_keys(attributes, "^agent")'],
    ['set(severity_text, "WARN")', 'set(severity_number, SEVERITY_NUMBER_WARN)', 'set(body, attributes["kind"])'],
    ['set(attributes["a"], "b") where attributes["kind"] == "task" and severity_text != "DEBUG"'],
    ['delete_key(attributes, "kind") where not IsMatch(attributes["agent_id"], "^a") or body == "hello"'],
  ])('are followed on the bytes of usual records: %s', (...statements) => {
    const batch = batchOf(usualRecord({ kind: 'task', agent_id: 'a1' }), usualRecord({ kind: 'Idea', other: 'b' }))
    const { changed, error } = editBatch(batch, [compileStatements(statements, { context: 'log' })])
    expect(error).toBeUndefined()
    expect(changed).not.toBe(batch)
    expect(follow.mock.results.map((result) => result.value as unknown)).toEqual([true, true])
  })

  it('compare what they set, not what stood there', () => {
    const statements = [
      'set(severity_text, "SET")',
      'set(attributes["kind"], "new")',
      'set(attributes["a"], "1") where severity_text == "INFO" or attributes["kind"] == "task" or event_name == "INFO"',
      'set(attributes["b"], "1") where severity_text == "SET" or event_name == "none"',
      'set(attributes["c"], "1") where attributes["kind"] == "new" or event_name == "none"',
    ]
    const fields = message(18, textField(26, 'INFO'), entryBytes('kind', 'task'))
    const batch = editBatch(batchOf(fields), [compileStatements(statements)]).changed as LogBatch
    expect(Array.from(batch.at(0).attributes)).toEqual([
      ['kind', 'new'],
      ['b', '1'],
      ['c', '1'],
    ])
    expect(follow.mock.results.map((result) => result.value as unknown)).toEqual([true])
  })

  it('are code where a record fails, so that the rest of them is done and the failure told', () => {
    const told: string[] = []
    const program = compileStatements(
      [
        'set(attributes["a"], "1")',
        'set(attributes["b"], ToUpperCase(attributes["none"]))',
        'set(attributes["c"], "3")',
      ],
      { errorMode: 'ignore', onError: ({ message: why }) => told.push(why) },
    )
    const { changed } = editBatch(batchOf(usualRecord({ kind: 'task' })), [program])
    expect(Array.from((changed as LogBatch).at(0).attributes)).toEqual([
      ['kind', 'task'],
      ['a', '1'],
      ['c', '3'],
    ])
    expect(follow.mock.results.map((result) => result.value as unknown)).toEqual([false])
    expect(told).toEqual(['expected string but got nil'])
  })

  it('hold for more kinds of records than are remembered, and are code where no two records are alike', () => {
    const program = compileStatements(['set(attributes["env"], "test")', 'delete_key(attributes, "gone")'])
    for (let i = 0; i < 60; i++) {
      const records = Array.from({ length: 100 }, (_, j) =>
        usualRecord({ [`key-${i}-${j}`]: 'x', gone: 'y', [`${j % 7}`]: 'z' }),
      )
      const { changed } = editBatch(batchOf(...records), [program])
      const last = (changed as LogBatch).at(99)
      expect(Array.from(last.attributes)).toEqual([
        ['1', 'z'],
        [`key-${i}-99`, 'x'],
        ['env', 'test'],
      ])
    }
    const followed = follow.mock.results.map((result) => result.value as unknown)
    expect(followed.slice(0, 1_000)).not.toContain(false)
    expect(followed.slice(-1_000)).not.toContain(true)
  })

  it('hold for more ways through them than are remembered', () => {
    const keys = Array.from({ length: 12 }, (_, i) => `k${i}`)
    const program = compileStatements(
      keys.map((key) => `set(attributes["set.${key}"], "yes") where attributes["${key}"] == "1"`),
    )
    for (let i = 0; i < 1_024; i += 7) {
      const bits = keys.map((key, bit) => [key, String((i >> bit) & 1)] as const)
      const { changed } = editBatch(batchOf(usualRecord(Object.fromEntries(bits))), [program])
      const wanted = bits.flatMap(([key, bit]) => (bit === '1' ? [[`set.${key}`, 'yes']] : []))
      expect(Array.from((changed as LogBatch).at(0).attributes)).toEqual([...bits, ...wanted])
    }
  })
})
