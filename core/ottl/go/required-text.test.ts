import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { requiredText } from './required-text.ts'

describe('the text a match must contain', () => {
  it.each([
    ['token=\\S+', ['token='], false],
    ['^GET /api/.*', ['GET /api/'], true],
    ['error|warn|fatal', ['error', 'warn', 'fatal'], false],
    ['(?P<user>\\w+) logged in from (?P<ip>[\\d.]+)', [' logged in from '], false],
    ['ab?cd*e', ['a'], false],
    ['^ab+', ['a'], true],
    ['a(?:b|c|)d{0,2}ef', ['ef'], false],
  ])('of %s is %j', (pattern, anyOf, anchored) => {
    expect(requiredText(pattern)).toEqual({ anyOf, anchored })
  })

  it.each(['\\d+', 'a*', '(?i)error', 'a|', '\\Qa\\E', 'x?'])('is unknown of %s', (pattern) => {
    expect(requiredText(pattern)).toBeUndefined()
  })

  it('is in everything that matches, whatever the pattern', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      'ab',
      '(',
      ')',
      '(?:',
      '|',
      '*',
      '+',
      '?',
      '{2}',
      '[ab]',
      '.',
      '\\d',
      '^',
      '$',
      '\\.',
      '1',
    )
    const patterns = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''))
    const texts = fc.array(fc.constantFrom('a', 'b', '1', '.', ' '), { maxLength: 8 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 8, maxLength: 8 }), (pattern, candidates) => {
        const required = requiredText(pattern)
        if (required === undefined) return
        let compiled: RE2JS
        try {
          compiled = RE2JS.compile(pattern)
        } catch {
          return
        }
        for (const text of candidates) {
          if (!compiled.matcher(text).find()) continue
          const found = required.anchored
            ? text.startsWith(required.anyOf[0]!)
            : required.anyOf.some((part) => text.includes(part))
          expect(found, `${pattern} on ${text}: ${JSON.stringify(required)}`).toBe(true)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})
