import { expect, it } from 'vitest'
import { wordsOf } from '../bytes.ts'
import { copyInCase } from './ascii-case.ts'

it('changes all ASCII letters, nothing else, and says where there is more than ASCII', () => {
  const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  for (const ascii of ['upper', 'lower'] as const)
    for (let size = 0; size < 20; size++)
      for (let at = 0; at + size <= 256; at++) {
        const out = Buffer.alloc(size + 1)
        const isAscii = copyInCase(ascii, all, wordsOf(all), at, size, out, wordsOf(out), 0)
        expect(isAscii).toBe(at + size <= 128 || size === 0)
        if (!isAscii) continue
        const text = all.toString('latin1', at, at + size)
        expect(out.toString('latin1', 0, size)).toBe(ascii === 'upper' ? text.toUpperCase() : text.toLowerCase())
        expect(out[size]).toBe(0)
      }
})
