import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { root } from '../architecture/sources.ts'

const page = readFileSync(join(root, 'docs', 'writing-a-plugin.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'seneca-docs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Fence {
  readonly what: string
  readonly name: string
  readonly text: string
}

const fences: readonly Fence[] = [...page.matchAll(/```\w+ (file|run|expect)(?:=(\S+))?\n([\s\S]*?)```/g)].map(
  ([, what = '', name = '', text = '']) => ({ what, name, text }),
)

const run = (args: readonly string[]): string =>
  execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

describe('docs/writing-a-plugin.md', () => {
  it('works as printed, from top to bottom, in an empty folder', () => {
    let done = 0
    for (const fence of fences) {
      if (fence.what === 'file') {
        writeFileSync(join(folder, fence.name), fence.text)
        continue
      }
      done++
      if (fence.what === 'expect') expect(readFileSync(join(folder, fence.name), 'utf8')).toBe(fence.text)
      else
        for (const line of fence.text.trim().split('\n'))
          run([join(root, 'core', 'main.ts'), ...line.split(' ').slice(1)])
    }
    expect(done).toBeGreaterThanOrEqual(4)
  })

  it('has examples of tests that pass', () => {
    run([join(root, 'core', 'main.ts'), 'test', 'scrub.test.ts', 'edit.test.ts'])
  })
})
