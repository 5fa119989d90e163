import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const client = new URL('mcp-client.ts', import.meta.url).pathname
const suite = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
  'dist/index.js',
)
const SCENARIOS_AT_LEAST = 26

interface Outcome {
  readonly scenario: string
  readonly passed: boolean
}

const known = async (): Promise<readonly string[]> => {
  const text = await readFile(new URL('known-failures.txt', import.meta.url), 'utf8')
  const entries = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  for (const entry of entries) expect(entry, 'every known failure has its reason').toMatch(/^\S+: .{10,}/)
  return entries.map((entry) => entry.slice(0, entry.indexOf(':')))
}

describe('the MCP conformance suite over the receiver’s connection layer', () => {
  let outcomes: readonly Outcome[] = []
  let folder = ''

  // The suite's exit code says only that something failed; what failed stands in what it prints.
  const run = (...choice: string[]): Promise<string> =>
    new Promise((resolve) => {
      const args = [suite, 'client', '--command', `${process.execPath} ${client}`, ...choice, '-o', folder]
      execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (_, stdout, stderr) =>
        resolve(stdout + stderr),
      )
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcp-conformance-'))
    const output = await run('--suite', 'all')
    const together = [...output.matchAll(/^([✓✗]) (\S+): \d+ passed, \d+ failed/gmu)].map(
      ([, mark, scenario = '']) => ({ scenario, passed: mark === '✓' }),
    )
    // The suite runs all scenarios at once; one that measures time is asked again alone before it counts as failed.
    const alone = async (outcome: Outcome): Promise<Outcome> =>
      outcome.passed
        ? outcome
        : { ...outcome, passed: (await run('--scenario', outcome.scenario)).includes('OVERALL: PASSED') }
    const settled: Outcome[] = []
    for (const outcome of together) settled.push(await alone(outcome))
    outcomes = settled
  }, 180_000)

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  it('runs all its client scenarios', () => {
    expect(outcomes.length).toBeGreaterThanOrEqual(SCENARIOS_AT_LEAST)
  })

  it('fails in nothing but the committed list, which may only shrink', async () => {
    const failed = outcomes.filter((outcome) => !outcome.passed).map((outcome) => outcome.scenario)
    expect(failed.toSorted()).toEqual((await known()).toSorted())
  })
})
