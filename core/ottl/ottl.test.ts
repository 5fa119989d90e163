import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logs } from '../model/index.ts'
import type { LogInit, LogRecord } from '../model/index.ts'
import { allFunctions, compileCondition, compileStatements, compileValue, OttlError, OttlSyntaxError } from './index.ts'
import type { ProgramOptions } from './index.ts'

const problem = (statement: string, options: ProgramOptions = {}) => {
  const { problems } = compileStatements([statement], options)
  return problems.map(({ offset, length, suggestion }) => ({
    at: statement.slice(offset, offset + length),
    suggestion,
  }))[0]
}

const edited = (statements: readonly string[], record: LogInit, options: ProgramOptions = {}): LogRecord => {
  const program = compileStatements(statements, options)
  expect(program.problems).toEqual([])
  return logs([record])
    .edit((draft) => program.run(draft))
    .at(0)
}

const value = (source: string, record: LogInit = {}) => compileValue(source)(logs([record]).at(0))

describe('problems', () => {
  it.each([
    ['sett(attributes["x"], 1)', 'sett', 'set'],
    ['set(atributes["x"], 1)', 'atributes["x"]', 'attributes'],
    ['set(attributes["x"], ToLoweCase("A"))', 'ToLoweCase', 'ToLowerCase'],
    ['set(severity_number, SEVERITY_NUMBER_WARM)', 'SEVERITY_NUMBER_WARM', 'SEVERITY_NUMBER_WARN'],
    ['set(attributes.x, 1)', 'x', 'attributes["x"]'],
    ['set(attributes["x"], 1) where concat(["a"], "") == "a"', 'concat', 'Concat'],
    ['set(body, type)', 'type', 'event.type'],
    ['truncate_all(attributes, limt=5)', 'limt=5', 'limit'],
  ])('%s points at %s and suggests %s', (statement, at, suggestion) => {
    expect(problem(statement)).toEqual({ at, suggestion })
  })

  it('asks for a context in strict mode, with the path it means', () => {
    expect(problem('set(log.body, severity_text)', { strict: true })).toEqual({
      at: 'severity_text',
      suggestion: 'log.severity_text',
    })
  })

  it('are found in all statements at once, each with its index', () => {
    const { problems } = compileStatements(['set(body, 1)', 'set(body', 'nope(body)'], { conditions: ['body = 1'] })
    expect(problems.map(({ index }) => index)).toEqual([1, 2, 0])
  })

  it('stop a program from running', () => {
    const program = compileStatements(['nope()'])
    expect(() => logs([{}]).edit((draft) => program.run(draft))).toThrow(OttlSyntaxError)
  })
})

describe('any text', () => {
  const words = [
    'set',
    '(',
    ')',
    'attributes',
    '["a"]',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"x"',
    '1',
    '1.5',
    '-',
    '+',
    '*',
    '==',
    '<',
    'and',
    'or',
    'not',
    'where',
    'true',
    'nil',
    'body',
    '.',
    'Concat',
    'IsMatch',
    ':',
    '0x01',
    '=',
    ' ',
  ]
  it('is compiled or has problems inside it, and never throws or hangs', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((parts) => parts.join(' ')),
    )
    fc.assert(
      fc.property(text, (source) => {
        for (const { problems } of [compileStatements([source]), compileStatements([], { conditions: [source] })]) {
          for (const { offset, length } of problems)
            expect(offset >= 0 && length >= 1 && offset <= source.length).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['parentheses', (n: number) => `${'('.repeat(n)}true${')'.repeat(n)}`],
    ['calls', (n: number) => `${'Concat(['.repeat(n)}"a"${'], "")'.repeat(n)} == "a"`],
    ['lists', (n: number) => `${'['.repeat(n)}1${']'.repeat(n)} == 1`],
    ['open parentheses', (n: number) => '('.repeat(n)],
    ['keys', (n: number) => `${'attributes['.repeat(n)}"a"${']'.repeat(n)} == 1`],
  ])('of deeply nested %s has a problem and takes no time', (_, make) => {
    expect(() => compileCondition(make(5_000))).toThrow(OttlSyntaxError)
  })
})

describe('the event context', () => {
  const record: LogInit = {
    eventName: 'task.assigned',
    severity: 17,
    time: 5n,
    attributes: { 'marcus.agent.id': 'a1', 'marcus.n': 2, 'seneca.metadata.derived': true, other: 'x' },
  }

  it.each([
    ['event.type', 'task.assigned'],
    ['event.data["agent_id"]', 'a1'],
    ['event.data', { agent_id: 'a1', n: 2 }],
    ['event.metadata["severity"]', 'error'],
    ['event.metadata', { derived: true, severity: 'error' }],
    ['UnixNano(event.timestamp)', 5],
  ])('%s reads %j', (source, expected) => {
    expect(value(source, record)).toEqual(expected)
  })

  it('writes to the same slots', () => {
    const out = edited(
      [
        'set(data["agent_id"], "a2")',
        'delete_key(data, "n")',
        'set(metadata["severity"], "critical")',
        'set(type, "x")',
        'set(id, "u")',
      ],
      record,
      { context: 'event' },
    )
    expect([out.eventName, out.severity, Object.fromEntries(out.attributes)]).toEqual([
      'x',
      21,
      { 'marcus.agent.id': 'a2', 'seneca.metadata.derived': true, other: 'x', 'log.record.uid': 'u' },
    ])
  })

  it('edits data as a whole and leaves other attributes alone', () => {
    const out = edited(
      ['keep_keys(data, ["n"])', 'merge_maps(data, {"agent_id": "z", "new": [1]}, "upsert")'],
      record,
      { context: 'event' },
    )
    expect(Object.fromEntries(out.attributes)).toEqual({
      'marcus.agent.id': 'z',
      'marcus.n': 2,
      'marcus.new': [1],
      'seneca.metadata.derived': true,
      other: 'x',
    })
  })
})

describe('running', () => {
  it('throws an OttlError that names the statement under propagate', () => {
    const program = compileStatements(['set(attributes["x"], 1 / 0)'])
    expect(() => logs([{}]).edit((draft) => program.run(draft))).toThrow(
      new OttlError('set(attributes["x"], 1 / 0)', 'attempted to divide by 0'),
    )
  })

  it('keeps int64 exact and wraps it', () => {
    expect(value('9223372036854775807 + 1')).toBe(-9_223_372_036_854_775_808n)
    expect(value('3037000500 * 3037000500')).toBe(-9_223_372_036_709_301_616n)
    expect(value('-7 / 2')).toBe(-3)
  })

  it('gives every function of the language under its own name', () => {
    const names = allFunctions().map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(105)
  })

  it('takes the time from the clock it is given', () => {
    const now = compileValue('UnixNano(Now())', { now: () => 1_700_000_000_000_000_001n })
    expect(now(logs([{}]).at(0))).toBe(1_700_000_000_000_000_001n)
  })

  it('makes ids of both kinds, each another', () => {
    const ids = Array.from({ length: 3 }, () => [value('UUID()'), value('UUIDv7()')] as [string, string])
    for (const [random, rising] of ids) {
      expect(random).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
      expect(rising).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    }
    expect(new Set(ids.flat()).size).toBe(6)
  })

  it('matches patterns in linear time', () => {
    expect(value(`IsMatch(body, "^(a+)+$")`, { body: `${'a'.repeat(5_000)}!` })).toBe(false)
  })
})
