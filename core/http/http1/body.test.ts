import { describe, expect, it } from 'vitest'
import { seeded } from '../../../test/setup/random-streams.ts'
import { leftByYoungCollection } from '../../../test/setup/young-memory.ts'
import { Body } from './body.ts'

/** Comes in pieces of random sizes, some of them read straight into their place. */
const come = (body: Body, bytes: Buffer, random: () => number): void => {
  for (let at = 0; at < bytes.length;) {
    const most = Math.ceil(random() * 300_000)
    const room = random() < 0.5 ? body.room() : undefined
    const piece = bytes.subarray(at, at + Math.min(most, room?.length || most))
    if (room !== undefined && room.length > 0) {
      piece.copy(room)
      body.push(room.subarray(0, piece.length))
    } else body.push(piece)
    at += piece.length
  }
}

describe('a body', () => {
  it('is what came, in whatever pieces, announced or not, and in memory of just its size', () => {
    const random = seeded(3)
    for (const length of [0, 1, 100, 16_384, 16_385, 524_288, 524_289, 3_000_000]) {
      const bytes = Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))
      for (const announced of [length, undefined]) {
        const body = new Body(announced)
        come(body, bytes, random)
        expect(body.size).toBe(length)
        const whole = body.whole()
        expect(whole.equals(bytes)).toBe(true)
        expect(whole.buffer.byteLength).toBe(length)
      }
    }
  })

  it('takes memory for what is announced in proportion to what came', () => {
    const body = new Body(2 ** 40)
    expect(body.room().length).toBe(0)
    body.push(Buffer.alloc(1))
    expect(body.room().length).toBe(64 * 1024 - 1)
    while (body.size < 8e6) {
      const room = body.room()
      expect(room.length).toBeLessThan(Math.max(64 * 1024, 8 * (body.size + 1)))
      body.push(room)
    }
  })

  it('is gone with the next collection of young memory', () => {
    const [count, size] = [100, 100_000]
    const left = leftByYoungCollection(() => {
      for (let i = 0; i < count; i++) {
        const body = new Body(size)
        body.push(Buffer.allocUnsafeSlow(size))
        body.whole()
      }
    })
    expect(left).toBeLessThan((count * size) / 10)
  })
})
