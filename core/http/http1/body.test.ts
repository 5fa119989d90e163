import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { seeded } from '../../../test/setup/random-streams.ts'
import { waitFor } from '../../../test/setup/wait-for.ts'
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

  it('takes no more memory for what is announced than for what came, twice over', () => {
    const body = new Body(2 ** 40)
    expect(body.room().length).toBe(512 * 1024)
    body.push(Buffer.alloc(512 * 1024))
    expect(body.room().length).toBe(512 * 1024)
  })

  it('is gone with the next collection of young memory', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void
    const count = 100
    const size = 100_000
    const held = (): number => process.memoryUsage().arrayBuffers
    const before = held()
    for (let i = 0; i < count; i++) {
      const body = new Body(size)
      body.push(Buffer.allocUnsafeSlow(size))
      body.whole()
    }
    expect(held() - before).toBeGreaterThan(count * size)
    collect({ type: 'minor' })
    // Another thread gives it back.
    await waitFor('it is given back', () => held() - before < (count * size) / 10)
  })
})
