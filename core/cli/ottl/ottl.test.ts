import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { verb } from '../ottl.ts'
import type { Io } from '../verb.ts'

const told = async (args: readonly string[], input?: string, options = {}, files: Record<string, string> = {}) => {
  const cwd = mkdtempSync(join(tmpdir(), 'seneca-ottl-'))
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
  let out = ''
  let err = ''
  const piped = async function* () {
    yield Buffer.from(input ?? '')
  }
  const io: Io = {
    ...(input === undefined ? {} : { input: piped() }),
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env: {},
    cwd,
    signal: new AbortController().signal,
    color: false,
    terminal: false,
    columns: () => 120,
    debug: false,
  }
  const code = await verb.run({ operands: args, options: { context: 'log', json: false, ...options } }, io)
  return { code, out, err }
}

describe('ottl eval', () => {
  it('answers cases whose members are of the wrong kind, or whose record is empty, and goes on', async () => {
    const one = { condition: 'true' }
    const lines = [
      { id: 'a', ...one, record: 5 },
      { id: 'b', ...one, record: null },
      { id: 'c', ...one, context: 'nope' },
      { id: 'd', ...one, context: 'toString' },
      { id: 'e', ...one, error_mode: 'nope' },
      { id: 'f', ...one, strict: 'yes' },
      { id: 'g', statements: ['set(body, 1)'], record: {} },
      { id: 'h', statements: ['set(body, 1)'], record: { resourceLogs: [] } },
      { id: 'i', statements: ['set(name, "x")'], context: 'span', record: { resourceSpans: [] } },
      { id: 'z', ...one },
    ]
    const { out, code } = await told(['eval'], lines.map((each) => JSON.stringify(each)).join('\n'))
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(answers.map(({ id, phase, result, record }) => [id, phase ?? result ?? record])).toEqual([
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => [id, 'case']),
      ...['g', 'h', 'i'].map((id) => [id, {}]),
      ['z', true],
    ])
    expect(code).toBe(0)
  })

  it('keeps integers that stand in a record as numbers exact', async () => {
    const record =
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[{"key":"n","value":{"intValue":9007199254740993}}]}]}]}]}'
    const { out } = await told(
      ['eval'],
      `{"id":"a","condition":"attributes[\\"n\\"] == 9007199254740993","record":${record}}`,
    )
    expect(JSON.parse(out)).toEqual({ id: 'a', ok: true, result: true })
  })

  it('answers every line in order, also those that are no case', async () => {
    const cases = [
      { id: 'a', condition: '1 == 1' },
      {
        id: 'b',
        statements: ['set(attributes["x"], 1.0)'],
        record: { resourceLogs: [{ scopeLogs: [{ logRecords: [{}] }] }] },
      },
      { id: 'c', statements: ['nope()'] },
      { id: 'd', statements: ['set(body, 1 / 0)'] },
      { id: 'e' },
    ]
    const { out, code } = await told(['eval'], `${cases.map((each) => JSON.stringify(each)).join('\n')}\n{`)
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(answers.map(({ id, ok, phase, result }) => [id, ok, phase ?? result])).toEqual([
      ['a', true, true],
      ['b', true, undefined],
      ['c', false, 'parse'],
      ['d', false, 'exec'],
      ['e', false, 'case'],
      [null, false, 'case'],
    ])
    expect(answers[1]!['record']).toEqual({
      resourceLogs: [
        {
          scopeLogs: [{ logRecords: [{ attributes: [{ key: 'x', value: { doubleValue: 1 } }] }] }],
        },
      ],
    })
    expect(code).toBe(0)
  })
})

describe('ottl try', () => {
  it.each([
    [
      'fields of a body',
      ['set(body["token"], "***")'],
      '{"token":"x","n":1}',
      '  - body["token"]: "x"\n  + body["token"]: "***"\n',
    ],
    [
      'an event',
      ['delete_key(attributes, "marcus.n")'],
      '{"type":"a.b","data":{"n":1,"m":2},"metadata":{}}',
      '  - data.n: 1\n',
    ],
    ['a line of text', ['set(severity_text, "x")'], 'hello', '  + severity_text: "x"\n'],
    ['nothing', ['set(body, 1) where false'], '{}', 'nothing changed\n'],
    [
      'several records',
      ['set(body, 1) where body["n"] == 2'],
      '{"n":1}\n{"n":2}',
      'record 1\nnothing changed\nrecord 2\n  + body: 1\n  - body["n"]: 2\n',
    ],
  ])('shows what changes in %s', async (_, statements, input, expected) => {
    const { out } = await told(['try', ...statements], input)
    expect(out.split('\n').toSorted()).toEqual(expected.split('\n').toSorted())
  })

  it('points at a mistake', async () => {
    const { err, code } = await told(['try', 'set(bdy, 1)'], '{}')
    expect(err).toBe('error: bdy is no path of the log context\n  set(bdy, 1)\n      ^^^\n  did you mean body?\n')
    expect(code).toBe(1)
  })
})

const suite = `statements:
  - set(attributes["env"], "prod")
  - set(body, "x") where severity_number > 20
tests:
  - name: sets
    before: { body: hello }
    after: { body: hello, attributes: { env: prod } }
  - name: expects something else
    before: { body: hello }
    after:
      body: hello
      attributes:
        env: test
`

describe('ottl test', () => {
  it('tells failures with their place and the difference, and what no test reached', async () => {
    const { out, code } = await told(['test'], undefined, {}, { 'a.ottl.yaml': suite })
    expect(code).toBe(1)
    expect(out).toContain('✓ a.ottl.yaml: sets')
    expect(out).toContain('a.ottl.yaml:13:9: error:')
    expect(out).toContain('    - attributes["env"]: "test"\n    + attributes["env"]: "prod"')
    expect(out).toContain('1 of 2 statements reached\n  not reached: set(body, "x") where severity_number > 20')
    expect(out).toContain('1 passed, 1 failed')
  })

  it('tells an int64 from a whole double', async () => {
    const file = `statements: ['set(attributes["n"], 1.0)']\ntests: [{ before: {}, after: { attributes: { n: 1 } } }]`
    const { out } = await told(['test'], undefined, {}, { 'a.ottl.yaml': file })
    expect(out).toContain('    - attributes["n"]: 1\n    + attributes["n"]: 1.0')
  })

  it('expects errors by a part of what they say', async () => {
    const file = `statements: ['set(attributes["n"], 1 / 0)']\ntests: [{ before: {}, error: divide by 0 }]`
    expect((await told(['test'], undefined, {}, { 'a.ottl.yaml': file })).code).toBe(0)
  })

  it('refuses a file with mistakes, all at once', async () => {
    const file = `statement: []\nstatements: ['set(bdy, 1)']\ntests: [{ before: { bdy: 1 } }]`
    await expect(told(['test'], undefined, {}, { 'a.ottl.yaml': file })).rejects.toThrow(
      /1:1: error: .*no member 'statement'[^]*2:19: error: bdy is no path[^]*3:9: error: a test has either[^]*no field 'bdy'/,
    )
  })
})
