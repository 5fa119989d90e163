/** Broken configurations are answered with problems, never with a crash. A failing seed is printed and repeats. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadConfig } from '../../core/config/index.ts'
import { root } from '../architecture/sources.ts'

/** `SENECA_FUZZ_RUNS` for a long look. */
const RUNS = Number(process.env['SENECA_FUZZ_RUNS'] ?? 150)
/** A single configuration that takes longer hangs. */
const ONE_MS_MAX = 5_000

const real = globSync('pipelines/*.yaml', { cwd: root }).map((path) => readFileSync(join(root, path), 'utf8'))
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

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  gone: fc.nat({ max: 40 }),
  piece: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 12 })),
})

const load = (text: string) =>
  loadConfig({
    files: [`yaml:${text}`],
    env: {},
    cwd: join(root, 'pipelines'),
    loadPlugin: async () => Promise.reject(new Error('plugins are not loaded here')),
  })

it('a configuration broken anywhere is refused in words or taken', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...real), fc.array(edit, { minLength: 1, maxLength: 4 }), async (text, edits) => {
      let broken = text
      for (const { at, gone, piece } of edits) {
        const from = Math.floor(at * broken.length)
        broken = broken.slice(0, from) + piece + broken.slice(from + gone)
      }
      const began = performance.now()
      const { config, problems } = await load(broken)
      expect(performance.now() - began).toBeLessThan(ONE_MS_MAX)
      if (config === undefined) expect(problems.some(({ message }) => message.length > 0)).toBe(true)
    }),
    { numRuns: RUNS },
  )
})

it('aliases that multiply, and nesting without end, are refused in time', { timeout: 30_000 }, async () => {
  const bomb = Array.from({ length: 12 }, (_, i) => `x-${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(10)}]`).join('\n')
  for (const text of [`x-0: &a0 [1]\n${bomb}`, `x-a: ${'['.repeat(5_000)}`, `x-a: ${'{a: '.repeat(2_000)}`]) {
    const began = performance.now()
    const { config } = await load(text)
    expect(config).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(ONE_MS_MAX)
  }
})
