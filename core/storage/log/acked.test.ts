import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../kit/testing/seeded-random.ts'
import { Acked } from './acked.ts'

describe('what is done', () => {
  it('is one number when all came in order, and ranges otherwise', () => {
    const acked = new Acked()
    acked.add(2, 3)
    acked.add(6)
    acked.add(4)
    expect([acked.low, acked.ranges, acked.high]).toEqual([
      0,
      [
        { from: 2, to: 4 },
        { from: 6, to: 6 },
      ],
      6,
    ])
    acked.add(1)
    acked.add(5)
    expect([acked.low, acked.ranges]).toEqual([6, []])
  })

  it('answers as a set does', () => {
    const random = seededRandom(7)
    const acked = new Acked()
    const set = new Set<number>()
    for (let i = 0; i < 3_000; i++) {
      const from = 1 + Math.floor(random() * 500)
      const to = from + Math.floor(random() * 3)
      if (random() < 0.2) {
        acked.add(from, to)
        for (let n = from; n <= to; n++) set.add(n)
      }
      expect(acked.has(from)).toBe(set.has(from))
    }
    acked.ranges.forEach(({ from, to }, i) => {
      expect(from).toBeLessThanOrEqual(to)
      expect(from).toBeGreaterThan((acked.ranges[i - 1]?.to ?? acked.low) + 1)
    })
  })
})
