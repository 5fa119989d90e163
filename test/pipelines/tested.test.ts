/** Every shipped configuration has a test file beside it, and its tests pass: no destination, a clock of their own. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testConfigs } from '../../core/cli/config-test/files.ts'
import type { Io } from '../../core/cli/verb.ts'
import { root } from '../architecture/sources.ts'

const shipped = [
  'collector.yaml',
  ...readdirSync(join(root, 'pipelines'))
    .filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))
    .map((name) => `pipelines/${name}`),
]

describe('the tests of a shipped configuration', () => {
  it.each(shipped)('%s pass', async (path) => {
    const file = path.replace(/\.yaml$/, '.test.yaml')
    expect(existsSync(join(root, file)), `there is no ${file}`).toBe(true)
    let told = ''
    const io: Io = {
      out: (text) => void (told += text),
      err: () => {},
      env: {},
      cwd: root,
      signal: new AbortController().signal,
      color: false,
      terminal: false,
      columns: () => 120,
      debug: false,
    }
    expect(await testConfigs([file], false, io), told).toBe(true)
  })
})
