import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TIME_MAX, timeFromText, timeToText } from './time.ts'

describe('an instant as text', () => {
  it('is the instant again when it is read', () => {
    const nanos = fc.bigInt({ min: 0n, max: TIME_MAX })
    fc.assert(
      fc.property(nanos, (time) => {
        expect(timeFromText(timeToText(time))).toBe(time)
      }),
    )
  })

  it('is the same however it is spelled', () => {
    const part = (most: number, length: number, least = 0) =>
      fc.integer({ min: least, max: most }).map((number) => String(number).padStart(length, '0'))
    const parts = fc.tuple(part(2600, 4, 1960), part(13, 2), part(32, 2), part(25, 2), part(61, 2), part(61, 2))
    fc.assert(
      fc.property(parts, fc.stringMatching(/^[0-9]{0,10}$/), ([y, mo, d, h, mi, s], fraction) => {
        const text = `${y}-${mo}-${d}T${h}:${mi}:${s}${fraction === '' ? '' : `.${fraction}`}`
        // An offset takes the long way.
        expect(timeFromText(`${text}Z`)).toBe(timeFromText(`${text}+00:00`))
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['2024-02-29T00:00:00Z', BigInt(Date.UTC(2024, 1, 29)) * 1_000_000n],
    ['2023-02-29T00:00:00Z', undefined],
    ['2026-11-23T17:52:07.5Z', BigInt(Date.UTC(2026, 10, 23, 17, 52, 7, 500)) * 1_000_000n],
    ['2026-11-23T17:52:07.000000001Z', BigInt(Date.UTC(2026, 10, 23, 17, 52, 7)) * 1_000_000n + 1n],
    ['2026-11-23T17:52:07.Z', undefined],
    ['2026-11-23T17:52:60Z', undefined],
    ['2026-11-23T17:5x:07Z', undefined],
    ['1969-12-31T23:59:59Z', undefined],
    ['2600-01-01T00:00:00Z', undefined],
    ['', undefined],
  ])('%s', (text, time) => {
    expect(timeFromText(text)).toBe(time)
  })
})
