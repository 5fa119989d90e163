/** Shipped configurations, broken: answered with problems in words, or taken. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../../core/config/index.ts'
import { root } from '../architecture/sources.ts'
import { defineFuzzer } from './fuzzer.ts'

const pieces = [
  '&a ',
  '*a',
  '<<: *a\n',
  '!!binary x',
  '${env:X',
  '${file:/nothing}',
  '{{[',
  '? ',
  '---\n',
  '\t',
  '\0',
  '|\n',
  '- ',
  ': ',
  '"',
  '9e999',
  '__proto__: 1\n',
  '\u{1f600}',
  'null',
]

const bomb = (): string => {
  const levels = Array.from({ length: 12 }, (_, i) => `x-${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`)
  return `x-0: &a0 [1]\n${levels.join('\n')}`
}
/** Aliases that multiply, and nesting without end. */
const bombs = [bomb(), `x-a: ${'['.repeat(5_000)}`, `x-a: ${'{a: '.repeat(2_000)}`]

const load = (text: string) =>
  loadConfig({
    files: [`yaml:${text}`],
    env: {},
    cwd: join(root, 'pipelines'),
    loadPlugin: async () => Promise.reject(new Error('plugins are not loaded here')),
  })

export default defineFuzzer({
  name: 'configuration',
  promise: 'a configuration broken anywhere is refused in words or taken',
  rounds: 100,
  open() {
    const real = globSync('pipelines/*.yaml', { cwd: root }).map((path) => readFileSync(join(root, path)))
    let bombsLeft = [...bombs]
    return {
      async round(dice) {
        const given = bombsLeft.pop()
        const { config, problems } = await load(given ?? dice.broken(dice.pick(real), pieces).toString('utf8'))
        if (given !== undefined) assert.equal(config, undefined)
        if (config === undefined) assert.ok(problems.some(({ message }) => message.length > 0))
      },
    }
  },
})
