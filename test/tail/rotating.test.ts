/** A file is renamed away, and another takes its name, between the moment it is found and the moment it is opened. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { follow, temporaryFolder } from './follow.ts'

const hook: { before: ((path: string) => void) | undefined } = { before: undefined }
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>()
  return {
    ...real,
    open: (path: string, flags: string) => {
      hook.before?.(path)
      return real.open(path, flags)
    },
  }
})
afterEach(() => void (hook.before = undefined))

const rotateOnOpening = (path: string, times: number, line: (n: number) => string): void => {
  let rotations = 0
  hook.before = (opened) => {
    if (opened !== path || rotations === times) return
    rotations++
    renameSync(path, `${path}.${rotations}`)
    writeFileSync(path, line(rotations))
  }
}

describe('a rotation while a file is being found', () => {
  for (const once of [false, true]) {
    it(`loses neither the old file nor the new one${once ? ', even if nobody looks again' : ''}`, async () => {
      const folder = temporaryFolder()
      const path = join(folder, 'in.log')
      writeFileSync(path, 'old\n')
      rotateOnOpening(path, 1, () => 'new\n')
      const { settle, chunks } = await follow({ include: [`${path}*`], startAt: 'beginning', once })
      expect((await settle()).toSorted()).toEqual(['new', 'old'])
      // Each line under the key and place of the file it stands in.
      expect(new Set(chunks.map(({ key }) => key)).size).toBe(2)
      if (once) return
      appendFileSync(`${path}.1`, 'late\n')
      appendFileSync(path, 'later\n')
      expect((await settle()).toSorted()).toEqual(['late', 'later', 'new', 'old'])
    })
  }

  it('ends a scan under a name that never stands still, and reads all of it later', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'in.log')
    writeFileSync(path, '0\n')
    rotateOnOpening(path, 20, (n) => `${n}\n`)
    const { settle } = await follow({ include: [`${path}*`], startAt: 'beginning' })
    for (let turn = 0; turn < 5; turn++) await settle()
    expect((await settle()).map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, n) => n))
  })
})
