import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, logs, valueFromJson, valueToJson } from '../index.ts'
import { bodyPath, bytesOf, dumpAll, keys, opArbitrary, perform, valueArbitrary } from '../testing/arbitraries.ts'
import type { Op } from '../testing/arbitraries.ts'
import type { PathKey, Value } from '../types.ts'

const RUNS = 400

/** Values that JSON.parse and JSON.stringify keep: no bytes, int64 or whole doubles. */
const plainJson = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.string({ unit: 'grapheme', maxLength: 50 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .uniqueArray(fc.tuple(fc.constantFrom(...keys), tie('value')), { maxLength: 6, selector: (entry) => entry[0] })
      .map((entries) =>
        entries.reduce<Record<string, Value>>(
          (map, [key, value]) => Object.assign(map, { [key]: value }),
          Object.create(null),
        ),
      ),
  ),
})).value

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
const isObject = (value: unknown): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const own = (value: Json | undefined, key: PathKey): Json | undefined => {
  if (typeof key === 'number') return Array.isArray(value) ? value[key] : undefined
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
}
const define = (object: object, key: PathKey, value: Json): void =>
  void Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })

type Edit = Extract<Op, { op: 'set' | 'delete' | 'get' }>

/** The oracle: edits on what JSON.parse gave. */
const apply = (holder: { body: Json }, op: Edit): void => {
  const path = op.path as readonly PathKey[]
  let parent: Json = holder as unknown as Json
  for (const [i, key] of path.entries()) {
    if (i === path.length - 1) {
      if (op.op === 'delete') {
        if (own(parent, key) === undefined) return
        if (Array.isArray(parent)) parent.splice(key as number, 1)
        else delete (parent as Record<string, Json>)[key]
        return
      }
      if (Array.isArray(parent) ? own(parent, key) === undefined : !isObject(parent) || typeof key === 'number')
        throw new TypeError('no')
      if (op.op === 'set') define(parent as object, key, JSON.parse(JSON.stringify(op.value)) as Json)
      return
    }
    let child = own(parent, key)
    if (child === undefined || child === null) {
      if (op.op === 'delete') return
      if (Array.isArray(parent) ? own(parent, key) === undefined : !isObject(parent) || typeof key === 'number')
        throw new TypeError('no')
      const next = path[i + 1]!
      if (typeof next === 'number' && next < 0) throw new TypeError('no')
      child = typeof next === 'string' ? {} : Array.from({ length: next + 1 }, () => null)
      // Only a sound path changes anything.
      const trial = { body: structuredClone(child) }
      apply(trial, { ...op, path: ['body', ...path.slice(i + 1)] })
      define(parent as object, key, trial.body)
      return
    }
    parent = child
  }
}

const tryApply = (holder: { body: Json }, op: Edit): string => {
  try {
    apply(holder, op)
    return 'done'
  } catch {
    return 'TypeError'
  }
}

/** The same JSON with blanks and escapes that change nothing. */
const spell = (value: Value, random: () => number): string => {
  const gap = (): string => ['', '', ' ', '\t', ' \r'][Math.floor(random() * 5)]!
  const string = (text: string): string => {
    const json = JSON.stringify(text)
    return random() < 0.2 && /^"[a-z]/.test(json) ? `"\\u00${json.charCodeAt(1).toString(16)}${json.slice(2)}` : json
  }
  if (typeof value === 'string') return string(value)
  if (Array.isArray(value))
    return `[${gap()}${value.map((item: Value) => spell(item, random)).join(`${gap()},${gap()}`)}${gap()}]`
  if (typeof value !== 'object' || value === null) return valueToJson(value)
  const members = Object.entries(value as Record<string, Value>).map(
    ([key, item]) => `${string(key)}${gap()}:${gap()}${spell(item, random)}`,
  )
  return `{${gap()}${members.join(`${gap()},${gap()}`)}${gap()}}`
}

const seeded = (seed: number): (() => number) => {
  let state = seed | 1
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32
}

const withoutBody = (op: Op): boolean =>
  !('path' in op && (op.path as readonly PathKey[]).some((key) => `${key}`.startsWith('$'))) &&
  !(op.op === 'delete' && (op.path as readonly PathKey[]).length === 1)
const program = fc.array(opArbitrary(bodyPath, plainJson).filter(withoutBody), { maxLength: 8 })

describe('the JSON line layout', () => {
  it('edits as decode, edit, encode with JSON.parse and JSON.stringify does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(plainJson, program, program), { minLength: 1, maxLength: 6 }),
        fc.integer(),
        (records, seed) => {
          const random = seeded(seed)
          const lines = records.map(([value]) => spell(value, random))
          const expected = lines.map((line) => ({ body: JSON.parse(line) as Json }))
          let batch = decode('logs', 'json', Buffer.from(lines.join('\n')))
          for (const turn of [1, 2] as const) {
            batch = batch.edit((draft, i) => {
              for (const op of records[i]![turn]) {
                const [seen] = perform(draft, [op])
                if (op.op === 'set' || op.op === 'delete') expect(seen).toBe(tryApply(expected[i]!, op))
                if (op.op === 'get') {
                  const found = (op.path as PathKey[]).reduce<Json | undefined>(
                    (at, key) => own(at, key),
                    expected[i] as unknown as Json,
                  )
                  expect((seen as unknown[])[0]).toEqual(found)
                }
              }
            })
            const written = bytesOf(batch.encode('body')).toString().trimEnd().split('\n')
            expect(written.map((line) => JSON.parse(line) as Json)).toEqual(expected.map((holder) => holder.body))
          }
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('edits as the plain layout does, with every kind of value and key', () => {
    const anything = fc.array(opArbitrary(bodyPath, valueArbitrary()), { maxLength: 8 })
    fc.assert(
      fc.property(fc.array(fc.tuple(valueArbitrary(), anything), { minLength: 1, maxLength: 5 }), (records) => {
        const text = records.map(([value]) => valueToJson(value)).join('\n')
        const lines = decode('logs', 'json', Buffer.from(text))
        const plain = logs(records.map(([body]) => ({ body })))
        expect(dumpAll(lines)).toEqual(dumpAll(plain))
        const seen: unknown[][] = [[], []]
        const edited = [lines, plain].map((batch, k) =>
          batch.edit((draft, i) => void seen[k]!.push(perform(draft, records[i]![1]))),
        )
        expect(seen[0]).toEqual(seen[1])
        expect(dumpAll(edited[0]!)).toEqual(dumpAll(edited[1]!))
      }),
      { numRuns: RUNS },
    )
  })

  it('writes every value so that it is read back as it was', () => {
    fc.assert(
      fc.property(valueArbitrary(), (value) => {
        expect(valueFromJson(valueToJson(value))).toEqual(value)
      }),
      { numRuns: RUNS },
    )
  })
})
