/** In a file of its own: what other tests leave behind would be taken for what is given back. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Body } from './body.ts'

describe('a body', () => {
  it('is gone with the next collection of young memory', () => {
    setFlagsFromString('--expose-gc')
    // Memory is given back at once, not by another thread later on.
    setFlagsFromString('--no-concurrent-array-buffer-sweeping')
    const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void
    const count = 100
    const size = 100_000
    const held = (): number => process.memoryUsage().arrayBuffers
    collect({ type: 'major' })
    const before = held()
    for (let i = 0; i < count; i++) {
      const body = new Body(size)
      body.push(Buffer.allocUnsafeSlow(size))
      body.whole()
    }
    collect({ type: 'minor' })
    expect(held() - before).toBeLessThan((count * size) / 10)
  })
})
