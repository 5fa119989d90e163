import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { dataDirOption, defineVerb, jsonOption } from './verb.ts'
import type { Io } from './verb.ts'

/** Test files import `seneca-collector`; this module, loaded first, resolves it to the running collector. */
const register = new URL(`../engine/register-imports${extname(import.meta.filename)}`, import.meta.url)

const isYaml = (file: string): boolean => /\.ya?ml$/.test(file)

const CAPTURE_RECORDS = 20
const CAPTURE_SECONDS = 60

const runPluginTests = async (files: readonly string[], watch: boolean, io: Io): Promise<boolean> => {
  const flags = ['--import', register.href, '--test', ...(watch ? ['--watch'] : [])]
  const child = spawn(process.execPath, [...flags, ...files.map((file) => resolve(io.cwd, file))], {
    cwd: io.cwd,
    stdio: 'inherit',
  })
  io.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}

export const verb = defineVerb({
  name: 'test',
  summary: 'Run the tests of your configurations (YAML beside them) and of your plugins.',
  operands: [
    {
      name: '[file...]',
      description: 'test files (default: *.test.yaml, *.test.ts and *.test.mts here); *.ottl.yaml are for `ottl test`',
    },
  ],
  options: {
    watch: { type: 'boolean', description: "run again when a plugin's file changes" },
    'from-capture': { type: 'boolean', description: 'write a test out of what passes through a running collector' },
    limit: {
      type: 'number',
      short: 'n',
      value: 'count',
      description: 'records to capture',
      default: CAPTURE_RECORDS,
    },
    seconds: { type: 'number', value: 'seconds', description: 'how long to capture at most', default: CAPTURE_SECONDS },
    ...jsonOption,
    ...dataDirOption,
  },
  examples: [
    ['test collector.test.yaml', 'what comes out of collector.yaml for what goes in'],
    ['test scrub.test.ts', "one plugin's tests, with Node's test runner"],
    ['test --from-capture > collector.test.yaml', 'a test out of live traffic'],
  ],
  async run({ operands, options }, io) {
    if (options['from-capture']) {
      const { captureTest } = await import('./config-test/capture.ts')
      await captureTest({ limit: options.limit, seconds: options.seconds, directory: options['data-dir'] }, io)
      return exitCode('ok')
    }
    const files =
      operands.length > 0 ? operands : globSync('*.test.{yaml,yml,ts,mts,js,mjs}', { cwd: io.cwd }).toSorted()
    if (files.length === 0)
      throw new CollectorError(
        'usage',
        'there is no test here; write collector.test.yaml beside collector.yaml (docs/testing.md), or a plugin with one: seneca-collector new processor NAME',
      )
    const configs = files.filter(isYaml)
    const plugins = files.filter((file) => !isYaml(file))
    const { testConfigs } = await import('./config-test/files.ts')
    const isGood = configs.length === 0 || (await testConfigs(configs, options.json, io))
    const areGood = plugins.length === 0 || (await runPluginTests(plugins, options.watch, io))
    return exitCode(isGood && areGood ? 'ok' : 'failed')
  },
})
