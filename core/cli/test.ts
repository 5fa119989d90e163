import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { defineVerb } from './verb.ts'

/** Test files import `seneca-collector`; this module, loaded first, resolves it to the running collector. */
const register = new URL(`../engine/register-imports${extname(import.meta.filename)}`, import.meta.url)

export const verb = defineVerb({
  name: 'test',
  summary: "Run the tests of your plugins with Node's test runner; nothing needs to be installed beside them.",
  operands: [{ name: '[file...]', description: 'test files (default: *.test.ts and *.test.mts here)' }],
  options: { watch: { type: 'boolean', description: 'run again when a file changes' } },
  examples: [['test scrub.test.ts', 'one file']],
  async run({ operands, options }, io) {
    const files = operands.length > 0 ? operands : globSync('*.test.{ts,mts,js,mjs}', { cwd: io.cwd })
    if (files.length === 0)
      throw new CollectorError(
        'usage',
        "there is no test here; 'seneca-collector new processor NAME' writes a plugin with one",
      )
    const flags = ['--import', register.href, '--test', ...(options.watch ? ['--watch'] : [])]
    const child = spawn(process.execPath, [...flags, ...files.map((file) => resolve(io.cwd, file))], {
      cwd: io.cwd,
      stdio: 'inherit',
    })
    io.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
    const [code] = (await once(child, 'exit')) as [number | null]
    return code === 0 ? exitCode('ok') : exitCode('failed')
  },
})
