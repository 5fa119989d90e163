/** `test` on YAML files: each is beside a configuration, and tells what comes out of it for what goes in. */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { configOrThrow, loadConfig, renderProblems } from '../../config/index.ts'
import type { CollectorConfig } from '../../config/types.ts'
import type { Node } from '../../config/node.ts'
import type { Problems } from '../../config/problems.ts'
import { toJson } from '../../control/json.ts'
import { loadPlugin } from '../../engine/index.ts'
import { CollectorError } from '../../kit/errors.ts'
import { counts, showVerdict, verdictJson } from '../sample/verdict.ts'
import { itemsOf, membersOf, openTestFile, textOf, textsOf } from '../sample/yaml.ts'
import type { Io } from '../verb.ts'
import { paint } from '../view/paint.ts'
import { runConfigTest } from './run.ts'
import { readConfigTest } from './steps.ts'
import type { ConfigTest } from './steps.ts'

interface Suite {
  readonly config: CollectorConfig
  readonly tests: readonly ConfigTest[]
}

const texts = (node: Node | undefined, problems: Problems): Readonly<Record<string, string>> => {
  if (node === undefined) return {}
  if (node.kind === 'map')
    return Object.fromEntries(
      [...node.entries].map(([key, { value }]) => [key, value.kind === 'scalar' ? value.text : '']),
    )
  problems.add({ message: 'env is a map of names to texts', span: node.span })
  return {}
}

/** The file it stands beside: `collector.test.yaml` tests `collector.yaml`. */
const beside = (name: string): string => name.replace(/\.test(\.ya?ml)$/, '$1')

const readSuite = async (name: string, io: Io): Promise<Suite> => {
  const { root, path, problems } = openTestFile(name, io.cwd)
  const members = membersOf(root, 'a test file', ['config', 'env', 'set', 'tests'], problems)
  const folder = dirname(path)
  const file = resolve(folder, textOf(members.config, 'config', problems) ?? beside(path))
  if (file === path || !existsSync(file))
    problems.add({ message: `there is no configuration ${file}; name it with config:`, span: root.span })
  const env = texts(members.env, problems)
  const set = textsOf(members.set, 'set', problems).map(({ value }) => value)
  const tests = itemsOf(members.tests, 'tests', problems).map((node, i) => readConfigTest(node, i + 1, problems))
  if (problems.errors() > 0) throw new CollectorError('config_invalid', renderProblems(problems.all()))
  const config = configOrThrow(await loadConfig({ files: [file], set, env, cwd: folder, loadPlugin }))
  return { config, tests }
}

/** Answers whether all passed. */
export const testConfigs = async (files: readonly string[], json: boolean, io: Io): Promise<boolean> => {
  const color = paint(io.color)
  let passed = 0
  let failed = 0
  for (const file of files) {
    const { config, tests } = await readSuite(file, io)
    for (const test of tests) {
      if (io.signal.aborted) return false
      const verdict = { name: test.name, failures: await runConfigTest(config, test) }
      if (verdict.failures.length === 0) passed++
      else failed++
      await io.out(json ? `${toJson(verdictJson(file, verdict))}\n` : showVerdict(file, verdict, color))
    }
  }
  if (!json) await io.out(`${counts(passed, failed)}\n`)
  return failed === 0
}
