/** Lines that repeat a spelling take short cuts; what they say and become must be what it is without. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, logs, valueToJson } from '../index.ts'
import {
  anyPath,
  bodyPath,
  bytesOf,
  dumpAll,
  fieldValue,
  keys,
  opArbitrary,
  perform,
  valueArbitrary,
} from '../testing/arbitraries.ts'
import type { Op } from '../testing/arbitraries.ts'
import type { Draft, LogBatch, PathKey, Value } from '../types.ts'
import { isMap } from '../value.ts'

/** Enough for paths to get steps, and for a few edits that all took the short way. */
const LINES = 24

const scalars: readonly Value[] = [
  0,
  -17,
  9_007_199_254_740_993n,
  0.25,
  true,
  false,
  null,
  '',
  'debug',
  'a longer text, so that it is no short string any more',
  'é"\\\n\u0000',
  '},"a":1',
]

/** The same keys and containers with other scalars. */
const varied = (value: Value, seed: () => number): Value => {
  if (Array.isArray(value)) return value.map((item: Value) => varied(item, seed))
  if (!isMap(value)) return scalars[seed() % scalars.length]!
  const map = Object.create(null) as Record<string, Value>
  for (const [key, item] of Object.entries(value)) map[key] = varied(item, seed)
  return map
}

const counter = (start: number): (() => number) => {
  let state = start >>> 0
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 8
}

const lineOf = (value: Value, gap: string): string =>
  `${gap}${valueToJson(value).replaceAll(/([{[,])"/g, `$1${gap}"`)}${gap}`

const mapArbitrary = fc.oneof(
  { weight: 4, arbitrary: valueArbitrary(keys).filter((value) => isMap(value) || Array.isArray(value)) },
  { weight: 1, arbitrary: valueArbitrary() },
)

/** Lines enough for a template to be learned, whatever was seen before. */
const teach = (line: string): void => {
  expect(decode('logs', 'json', Buffer.from(`${line}\n`.repeat(300))).count).toBe(300)
}

/** The paths of a value's members at all depths. */
const pathsIn = (value: Value, above: readonly PathKey[] = ['body']): (readonly PathKey[])[] => {
  const members: [PathKey, Value][] = Array.isArray(value)
    ? [...(value as readonly Value[]).entries()]
    : isMap(value)
      ? Object.entries(value)
      : []
  return members.flatMap(([key, member]) => [[...above, key], ...pathsIn(member, [...above, key])])
}

/** Edits where something stands, beside it and below it. */
const aimed = fc.array(
  fc.record({
    op: fc.constantFrom('set' as const, 'set' as const, 'delete' as const, 'get' as const),
    at: fc.nat({ max: 3 }),
    where: fc.constantFrom<'there' | 'beside' | 'below'>('there', 'there', 'beside', 'below'),
    key: fc.constantFrom(...keys),
    value: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...scalars) }, { weight: 1, arbitrary: valueArbitrary() }),
  }),
  { minLength: 1, maxLength: 8 },
)

/** Takes the tape of whatever is being edited. */
const disturb = (): void => {
  for (let i = 0; i < 8; i++) expect(decode('logs', 'json', Buffer.from(`{"other":${i}}\n`)).count).toBe(1)
}

const editedAlike = (batches: readonly LogBatch[], program: Parameters<typeof perform>[1], disturbed: number): void => {
  const seen: unknown[][] = batches.map(() => [])
  const edited = batches.map((batch, k) =>
    batch.edit((draft, i) => {
      for (const op of program) {
        if (i % LINES === disturbed) disturb()
        seen[k]!.push(perform(draft, [op]))
      }
    }),
  )
  expect(seen[0]).toEqual(seen[1])
  expect(dumpAll(edited[0]!)).toEqual(dumpAll(edited[1]!))
}

describe('lines that repeat a spelling', () => {
  it('are read and edited as values are', () => {
    fc.assert(
      fc.property(
        fc.array(mapArbitrary, { minLength: 1, maxLength: 3 }),
        fc.array(opArbitrary(bodyPath, valueArbitrary()), { maxLength: 6 }),
        fc.nat(),
        fc.constantFrom('', '', ' ', '\t'),
        (templates, program, start, gap) => {
          const next = counter(start)
          const bodies = Array.from({ length: LINES * templates.length }, (_, i) =>
            varied(templates[i % templates.length]!, next),
          )
          const lines = decode('logs', 'json', Buffer.from(bodies.map((body) => lineOf(body, gap)).join('\n')))
          const plain = logs(bodies.map((body) => ({ body })))
          expect(dumpAll(lines)).toEqual(dumpAll(plain))
          const paths = program.flatMap((op) => ('path' in op ? [op.path] : []))
          for (let i = 0; i < lines.count; i++) {
            const [left, right] = [lines.at(i), plain.at(i)]
            for (const path of paths)
              expect([left.get(path), left.kind(path)]).toEqual([right.get(path), right.kind(path)])
          }
          editedAlike([lines, plain], program, start % LINES)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('are edited as values are where something stands', () => {
    const template = valueArbitrary(keys).filter((value) => isMap(value) && pathsIn(value).length > 2)
    fc.assert(
      fc.property(template, aimed, fc.nat(), fc.constantFrom('', ' '), (value, aims, start, gap) => {
        const next = counter(start)
        const bodies = Array.from({ length: LINES }, () => varied(value, next))
        teach(lineOf(bodies[0]!, gap))
        const paths = pathsIn(value)
        const program = aims.map(({ op, at, where, key, value: input }): Op => {
          const there = paths[at % paths.length]!
          const path = where === 'there' ? there : where === 'below' ? [...there, key] : [...there.slice(0, -1), key]
          return op === 'set' ? { op, path, value: input } : { op, path }
        })
        const lines = decode('logs', 'json', Buffer.from(bodies.map((body) => lineOf(body, gap)).join('\n')))
        const plain = logs(bodies.map((body) => ({ body })))
        editedAlike([lines, plain], program, LINES - 1 - (start % 2))
      }),
      { numRuns: 300 },
    )
  })

  it('are read and edited as values are when they are envelopes', () => {
    const members = [
      'id',
      'type',
      'source',
      'timestamp',
      'data',
      'metadata',
      'version',
      'attributes',
      'body',
      'severity_number',
    ]
    const envelope = fc
      .uniqueArray(fc.tuple(fc.constantFrom(...members), valueArbitrary(keys)), {
        minLength: 1,
        maxLength: 5,
        selector: (entry) => entry[0],
      })
      .map((entries): Value => Object.fromEntries(entries))
    const program = fc.array(opArbitrary(anyPath, fieldValue), { maxLength: 6 })
    fc.assert(
      fc.property(envelope, program, fc.nat(), (template, ops, start) => {
        const next = counter(start)
        const lines = Array.from({ length: LINES }, () => valueToJson(varied(template, next)))
        teach(lines[0]!)
        const inLines = decode('logs', 'envelope', Buffer.from(lines.join('\n')))
        // An attribute beside the lines makes values of them; it is taken off again.
        const values = decode('logs', 'envelope', Buffer.from(lines.join('\n')), { attributes: { beside: 1 } }).edit(
          (draft) => draft.delete(['attributes', 'beside']),
        )
        expect(dumpAll(inLines)).toEqual(dumpAll(values))
        editedAlike([inLines, values], ops, start % LINES)
      }),
      { numRuns: 100 },
    )
  })

  it('are refused as soon as they are no JSON', () => {
    const change = fc.tuple(
      fc.nat(),
      fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...Buffer.from('{}[]",: 0-e\\t'))),
    )
    fc.assert(
      fc.property(
        mapArbitrary,
        fc.array(change, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        fc.boolean(),
        (template, changes, start, cut) => {
          const next = counter(start)
          const good = Array.from({ length: 4 }, () => Buffer.from(valueToJson(varied(template, next))))
          teach(good[0]!.toString())
          let broken = Buffer.from(good[3]!)
          for (const [at, byte] of changes) if (byte !== 10) broken[at % broken.length] = byte
          if (cut) broken = broken.subarray(0, start % (broken.length + 1))
          const lines = Buffer.concat([...good, broken, good[0]!].flatMap((line) => [line, Buffer.from('\n')]))
          const refused: string[] = []
          const batch = decode('logs', 'json', lines, {
            onInvalid: ({ bytes }) => {
              refused.push(Buffer.from(bytes).toString('latin1'))
              return 'skip'
            },
          })
          let isSound = !/^[ \t\r]*$/.test(broken.toString('latin1'))
          const isBlank = !isSound
          try {
            JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(broken))
          } catch {
            isSound = false
          }
          expect([batch.count, refused.length]).toEqual(isBlank ? [5, 0] : isSound ? [6, 0] : [5, 1])
          expect(batch.at(batch.count - 1).body).toEqual(batch.at(0).body)
          if (isSound) expect(batch.at(4).body).toEqual(decode('logs', 'json', broken).at(0).body)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('are written as they came where nothing changed', () => {
    const lines = Array.from({ length: LINES }, (_, i) => `  {"a": {"b":[${i}, {}], "c":"x"} , "n":null}\r\n`)
    const bytes = Buffer.from(lines.join(''))
    const batch = decode('logs', 'json', bytes).edit((draft) => {
      draft.set(['body', 'a', 'd'], 1)
      draft.delete(['body', 'a', 'c'])
    })
    expect(bytesOf(batch.encode('body')).toString()).toBe(
      lines.map((line) => `${line.trim().replace(', "c":"x"', ',"d":1')}\n`).join(''),
    )
  })

  it('gain and lose a member as often as they are told to', () => {
    const line = '{"a":{"b":1,"c":2}}'
    teach(line)
    const written = (change: (draft: Draft, i: number) => void): string[] =>
      bytesOf(
        decode('logs', 'json', Buffer.from(`${line}\n`.repeat(LINES)))
          .edit(change)
          .encode('body'),
      )
        .toString()
        .trimEnd()
        .split('\n')
    const at = ['body', 'a', 'b']
    const turns = written((draft, i) => {
      for (let turn = 0; turn < i; turn++) {
        if (turn % 2 === 0) draft.delete(at)
        else draft.set(at, turn)
      }
    })
    expect(turns).toEqual(
      turns.map((_, i) => (i === 0 ? line : i % 2 === 1 ? '{"a":{"c":2}}' : `{"a":{"c":2,"b":${i - 1}}}`)),
    )
  })
})
