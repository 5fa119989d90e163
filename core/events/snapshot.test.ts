import { describe, expect, it } from 'vitest'
import { diffList, diffSnapshots, sameValue } from './snapshot.ts'

describe('comparing snapshots', () => {
  it('finds what came, went and changed', () => {
    const before = new Map([
      ['a', { status: 'idle', skills: ['x'] }],
      ['b', { status: 'idle', skills: [] }],
    ])
    const after = new Map([
      ['a', { status: 'active', skills: ['x'] }],
      ['c', { status: 'idle', skills: [] }],
    ])
    const diff = diffSnapshots(before, after)
    expect(diff.added.map(({ key }) => key)).toEqual(['c'])
    expect(diff.removed.map(({ key }) => key)).toEqual(['b'])
    expect(diff.changed).toMatchObject([{ key: 'a', fields: [{ field: 'status', from: 'idle', to: 'active' }] }])
  })

  it('looks only at the fields named', () => {
    const changed = diffSnapshots(new Map([['a', { x: 1, y: 1 }]]), new Map([['a', { x: 1, y: 2 }]]), ['x']).changed
    expect(changed).toEqual([])
  })

  it('compares by content', () => {
    expect(sameValue({ a: 1, b: [1, { c: 2 }] }, { b: [1, { c: 2 }], a: 1 })).toBe(true)
    expect(sameValue([1, 2], [2, 1])).toBe(false)
    expect(sameValue({}, { a: undefined })).toBe(false)
    expect(sameValue(null, {})).toBe(false)
  })

  it('compares lists as sets', () => {
    expect(diffList(['a', 'b'], ['b', 'c'])).toEqual({ added: ['c'], removed: ['a'] })
  })
})
