import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonFault } from './json-fault.ts'

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
const fault = (text: string): number | undefined => jsonFault(Buffer.from(text))

describe('the place where JSON breaks', () => {
  it.each([
    ['{"a": [}', 7],
    ['{"a":1', 6],
    ['', 0],
    ['  ', 2],
    ['{"a":"\u0001"}', 6],
    ['[1,2,]', 5],
    ['{"a":01}', 5],
    ['{"a" 1}', 5],
    ['{,}', 1],
    ['{"a":tru}', 5],
    ['["\\x"]', 3],
    ['["\\u12g4"]', 3],
    ['"abc', 4],
    ['{} x', 3],
    ['[1}', 2],
  ])('is found in %j', (text, at) => {
    expect(fault(text)).toBe(at)
  })

  it('is there exactly when the text is no JSON', () => {
    const letters = fc.string({
      unit: fc.constantFrom(...Array.from('{}[],:" 0123456789.eE+-truefalsn\\u/\n')),
      maxLength: 30,
    })
    const mutated = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', ',', '}', '0')).map(([text, at, put]) => {
      const place = at % (text.length + 1)
      return text.slice(0, place) + put + text.slice(place + 1)
    })
    fc.assert(
      fc.property(fc.oneof(fc.json(), letters, mutated), (text) => {
        expect(fault(text) === undefined).toBe(isJson(text))
      }),
      { numRuns: 2_000 },
    )
  })
})
