import { describe, expect, it } from 'vitest'
import { expected, names, report } from './mistakes.ts'

describe('a mistake in the configuration', () => {
  it('is tried in at least ninety ways', () => {
    expect(names.length).toBeGreaterThanOrEqual(90)
  })

  for (const name of names) {
    it(`is told in words, with its place and what to do: ${name.replaceAll('-', ' ')}`, async () => {
      expect(await report(name)).toBe(expected(name))
    })
  }
})
