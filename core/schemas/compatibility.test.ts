import { describe, expect, it } from 'vitest'
import { compatibilityBreaks, type CompatibilityMode } from './compatibility.ts'
import { compareVersions, parseSchema } from './definition.ts'
import { createSchemas } from './registry.ts'

const of = (properties: object, required: readonly string[] = [], more: object = {}) => ({
  type: 'object',
  properties,
  required,
  ...more,
})
const closed = { additionalProperties: false }
const breaks = (before: object, after: object, mode: CompatibilityMode = 'full'): readonly string[] =>
  compatibilityBreaks(before as never, after as never, mode).map(
    ({ direction, path, message }) => `${direction} ${path}: ${message}`,
  )
const n = { type: 'number' }
const s = { type: 'string' }

describe('compatibility', () => {
  it.each([
    ['a required field added', of({ a: n }), of({ a: n, b: s }, ['b']), 'backward b: is required, and may be missing'],
    ['a required field removed', of({ a: n }, ['a']), of({}), 'forward a: is required, and may be missing'],
    [
      'a field removed where others are refused',
      of({ a: n, b: s }, [], closed),
      of({ a: n }, [], closed),
      'backward b: is not accepted: there is no such field, and others are refused',
    ],
    [
      'a type narrowed',
      of({ a: n }),
      of({ a: { type: 'integer' } }),
      'backward a: type number is not accepted; integer is',
    ],
    [
      'an enum value removed',
      of({ a: { enum: ['x', 'y'] } }),
      of({ a: { enum: ['x'] } }),
      'backward a: value "y" is not accepted',
    ],
    [
      'a bound made tighter',
      of({ a: { ...n, maximum: 9 } }),
      of({ a: { ...n, maximum: 5 } }),
      'backward a: maximum is 5, 9 may come',
    ],
    [
      'a null no longer allowed',
      of({ a: { anyOf: [s, { type: 'null' }] } }),
      of({ a: s }),
      'backward a: no alternative accepts {"type":"null"}: type null is not accepted; string is',
    ],
    [
      'items of a list changed',
      of({ a: { type: 'array', items: n } }),
      of({ a: { type: 'array', items: s } }),
      'backward a[]: type number is not accepted; string is',
    ],
    [
      'a nested field',
      of({ a: of({ b: n }) }),
      of({ a: of({ b: s }) }),
      'backward a.b: type number is not accepted; string is',
    ],
    [
      'a pattern',
      of({ a: s }),
      of({ a: { ...s, pattern: '^x' } }),
      "backward a: 'pattern' differs, and cannot be judged",
    ],
  ])('refuses %s', (_, before, after, expected) => {
    expect(breaks(before, after)).toContain(expected)
  })

  it('knows the directions apart', () => {
    const [narrow, wide] = [of({ a: { enum: ['x'] } }), of({ a: { enum: ['x', 'y'] } })]
    expect(breaks(narrow, wide, 'backward')).toEqual([])
    expect(breaks(narrow, wide, 'forward')).toEqual(['forward a: value "y" is not accepted'])
    expect(breaks(wide, narrow, 'forward')).toEqual([])
    expect(breaks(wide, narrow, 'backward')).toHaveLength(1)
  })

  it('accepts notes, an optional field, and a type made wider backward', () => {
    expect(breaks(of({ a: n }), of({ a: { ...n, description: 'x' }, b: s }))).toEqual([])
    expect(breaks(of({ a: { type: 'integer' } }), of({ a: n }), 'backward')).toEqual([])
    expect(breaks(of({ a: s }), of({ a: { anyOf: [s, n] } }), 'backward')).toEqual([])
  })
})

describe('registered schemas', () => {
  it('are ordered by version as numbers', () => {
    expect(['1.10', '1.9', '2', '1.0'].toSorted(compareVersions)).toEqual(['1.0', '1.9', '1.10', '2'])
  })

  it('refuse what is none, with the place', () => {
    expect(() => parseSchema('{', 'a.b', 'x.json')).toThrow('x.json: is no JSON')
    expect(() => parseSchema('[]', 'a.b', 'x.json')).toThrow('must be an object')
    expect(() => parseSchema('{}', 'Nothing', 'x.json')).toThrow('names no event type')
    expect(() => createSchemas([parseSchema('{"type":"nonsense"}', 'a.b', 'x.json')])).toThrow(
      "x.json: the schema of 'a.b'",
    )
    expect(() => createSchemas([parseSchema('{}', 'task.completed', 'x.json')])).toThrow(
      'registered already by catalogue',
    )
  })
})
