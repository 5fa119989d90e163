import { isUtf8 } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, valueFromJson } from '../index.ts'
import { bytesOf, dumpAll, valueArbitrary } from '../testing/arbitraries.ts'
import { valueToJson } from './text.ts'

interface Bad {
  readonly text: string
  readonly offset: number
  readonly reason: string
}

const read = (input: Uint8Array): { readonly bodies: unknown[]; readonly bad: Bad[] } => {
  const bad: Bad[] = []
  const batch = decode('logs', 'json', input, {
    onInvalid: ({ bytes, offset, reason }) => {
      bad.push({ text: Buffer.from(bytes).toString(), offset, reason })
      return 'skip'
    },
  })
  return { bodies: Array.from(batch, (record) => record.body), bad }
}

const accepts = (line: Uint8Array): boolean => {
  try {
    JSON.parse(Buffer.from(line).toString())
    return isUtf8(line)
  } catch {
    return false
  }
}

describe('the scanner', () => {
  it('accepts exactly what JSON.parse accepts, one line at a time', () => {
    const text = fc.oneof(
      valueArbitrary().map(valueToJson),
      fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:0123456789.eE+-truefalsn \t\r\\/u')), maxLength: 12 }),
      fc.constantFrom(
        '1.',
        '.5',
        '01',
        '-',
        '1e',
        '1e+',
        '-0',
        '1E5',
        '"\\u12g4"',
        '"\\u00e9"',
        '{"a":1,}',
        '[1,]',
        '{,}',
        'nul',
        'true1',
        '"a',
        '\u00a01',
      ),
    )
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(text, fc.array(change, { maxLength: 2 }), fc.nat(), (source, changes, cut) => {
        let bytes = Buffer.from(source)
        for (const [at, byte] of changes) if (bytes.length > 0 && byte !== 10) bytes[at % bytes.length] = byte
        if (changes.length === 2) bytes = bytes.subarray(0, cut % (bytes.length + 1))
        const { bodies, bad } = read(bytes)
        const isBlank = /^[ \t\r]*$/.test(bytes.toString('latin1'))
        expect([bodies.length, bad.length]).toEqual(isBlank ? [0, 0] : accepts(bytes) ? [1, 0] : [0, 1])
      }),
      { numRuns: 3_000 },
    )
  })

  it('says which line is broken, where and why, and reads the others', () => {
    const lines = ['{"a":1}', '{"a":1', '', '{"a":tru}', '{"a":1} x', '\ufeff{}', '{"b":2}\r', '"\t"']
    const { bodies, bad } = read(
      Buffer.concat([Buffer.from(`${lines.join('\n')}\n`), Buffer.from([0x22, 0xff, 0x22, 10])]),
    )
    expect(bodies).toEqual([{ a: 1 }, { b: 2 }])
    expect(bad.map(({ text, offset, reason }) => [text, offset, reason])).toEqual([
      ['{"a":1', 8, 'no comma or end at column 7'],
      ['{"a":tru}', 16, 'no value at column 6'],
      ['{"a":1} x', 26, 'more after the value at column 9'],
      ['\ufeff{}', 36, 'no value at column 1'],
      ['"\t"', 51, 'broken string at column 1'],
      ['"\ufffd"', 55, 'not UTF-8'],
    ])
  })

  it('bounds the depth', () => {
    const nested = (depth: number): Buffer => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
    expect(read(nested(64)).bodies).toHaveLength(1)
    expect(read(nested(65)).bad[0]!.reason).toBe('nested deeper than 64 at column 65')
    expect(read(Buffer.from('['.repeat(10_000_000))).bad).toHaveLength(1)
  })

  it('passes broken lines on as text where told to, in their place', () => {
    const batch = decode('logs', 'json', Buffer.from('1\noops\nagain\n2\n'), {
      onInvalid: () => 'text',
      attributes: { f: 1 },
    })
    expect(Array.from(batch, (record) => record.body)).toEqual([1, 'oops', 'again', 2])
    expect(batch.at(1).attributes.get('f')).toBe(1)
    expect(bytesOf(batch.encode('body')).toString()).toBe('1\n"oops"\n"again"\n2\n')
    expect(bytesOf(batch.encode('text')).toString()).toBe('1\noops\nagain\n2\n')
  })

  it('tells int64 from double by the lexeme', () => {
    expect(valueFromJson('9223372036854775807')).toBe(9223372036854775807n)
    expect(valueToJson(valueFromJson('[1.0,1,1e3,-0,0.5,18446744073709551616]'))).toBe(
      '[1.0,1,1000.0,-0.0,0.5,18446744073709552000.0]',
    )
    expect(valueFromJson('{\n  "a": [1,\n 2]\n}')).toEqual({ a: [1, 2] })
    expect(() => valueFromJson('{"a": "x\ny"}')).toThrow(SyntaxError)
  })

  it('shows the first of duplicate keys, deletes all and sets one', () => {
    const batch = decode('logs', 'json', Buffer.from('{"a":1,"\\u0061":2,"b":{"c":1,"c":2},"a":3}\n'))
    expect(batch.at(0).get(['body', 'a'])).toBe(1)
    const write = (edited: typeof batch): string => bytesOf(edited.encode('body')).toString()
    expect(write(batch.edit((draft) => draft.delete(['body', 'a'])))).toBe('{"b":{"c":1,"c":2}}\n')
    expect(write(batch.edit((draft) => draft.set(['body', 'a'], 9)))).toBe('{"a":9,"b":{"c":1,"c":2}}\n')
    expect(write(batch.edit((draft) => draft.set(['body', 'b', 'c'], 9)))).toBe(
      '{"a":1,"\\u0061":2,"b":{"c":9},"a":3}\n',
    )
  })

  it('reads a batch again after others took its tape, also in the middle of a callback', () => {
    const line = (i: number): Buffer => Buffer.from(`{"i":${i},"s":"x"}\n{"i":${i + 1}}\n`)
    const first = decode('logs', 'json', line(0))
    const seen: unknown[] = []
    const edited = first.edit((draft) => {
      draft.set(['body', 'seen'], 1)
      for (let i = 1; i < 20; i++) dumpAll(decode('logs', 'json', line(i)).edit((other) => other.set(['body', 'x'], i)))
      draft.set(['body', 'more'], draft.record.get(['body', 'i'])!)
      seen.push(draft.record.body)
    })
    expect(seen).toEqual([
      { i: 0, s: 'x', seen: 1, more: 0 },
      { i: 1, seen: 1, more: 1 },
    ])
    expect(Array.from(edited, (record) => record.body)).toEqual(seen)
  })

  it('holds instants beyond int64', () => {
    const edited = decode('logs', 'json', Buffer.from('1\n')).edit((draft) =>
      draft.set(['time_unix_nano'], 2n ** 64n - 1n),
    )
    expect(edited.at(0).time).toBe(2n ** 64n - 1n)
  })

  it('keeps a record beyond its callback', () => {
    const batch = decode('logs', 'json', Buffer.from('{"i":0}\n{"i":1}\n'))
    const kept: unknown[] = []
    const views = new Set<unknown>()
    const keepers: { body: unknown }[] = []
    batch.filter((record) => {
      views.add(record)
      keepers.push(record.keep())
      return true
    })
    batch.edit((draft) => {
      draft.set(['body', 'x'], 1)
      keepers.push(draft.record.keep())
    })
    for (const record of keepers) kept.push(record.body)
    expect(views.size).toBe(1)
    expect(kept).toEqual([{ i: 0 }, { i: 1 }, { i: 0, x: 1 }, { i: 1, x: 1 }])
  })
})
