import { describe, expect, it } from 'vitest'
import { seeded } from '../../test/setup/random-streams.ts'
import { leftByYoungCollection } from '../../test/setup/young-memory.ts'
import { frameOf, framesOf, Gathering } from './frame.ts'

const MOST = 4 * 1024 * 1024

const framed = (length: number): Buffer => frameOf([Buffer.alloc(length, 'm')], false)

describe('a message', () => {
  it('is what came, in whatever pieces, read into whatever memory', () => {
    const random = seeded(5)
    for (const length of [0, 1, 4, 5, 100, 16_384, 70_000, 1_000_000]) {
      const whole = framed(length)
      for (const most of [1, 3, 6, 20_000, 2_000_000]) {
        if (whole.length / most > 20_000) continue
        const gathering = new Gathering(MOST)
        for (let at = 0; at < whole.length;) {
          const piece = Buffer.from(whole.subarray(at, at + Math.ceil(random() * most)))
          at += piece.length
          gathering.push(piece, random() < 0.5 ? 0 : Math.floor(random() * (whole.length - at)))
          piece.fill(0)
        }
        expect(gathering.finish()?.bytes.equals(whole.subarray(5))).toBe(true)
      }
    }
  })

  it('takes no memory for what is only announced', () => {
    const beginning = framed(4_000_000).subarray(0, 6)
    const before = process.memoryUsage().arrayBuffers
    const gatherings = Array.from({ length: 1_000 }, () => {
      const gathering = new Gathering(MOST)
      gathering.push(beginning)
      return gathering
    })
    expect(gatherings).toHaveLength(1_000)
    // 16 KiB each.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000)
  })

  it('is gone with the next collection of young memory', () => {
    const [count, size] = [100, 100_000]
    const whole = framed(size)
    const left = leftByYoungCollection(() => {
      for (let i = 0; i < count; i++) {
        const gathering = new Gathering(MOST)
        gathering.push(whole)
        gathering.finish()
      }
    })
    expect(left).toBeLessThan((count * size) / 10)
  })

  it('of large pieces is written without copies, of small ones in one', () => {
    const large = Array.from({ length: 100 }, () => Buffer.alloc(10_000))
    expect(framesOf(large, false).slice(1)).toEqual(large)
    expect(framesOf(large, false)[1]).toBe(large[0])
    const small = Array.from({ length: 100 }, () => Buffer.alloc(1_000, 's'))
    expect(framesOf(small, true)).toEqual([frameOf(small, true)])
    expect(frameOf(small, true).readUInt32BE(1)).toBe(100_000)
  })
})
