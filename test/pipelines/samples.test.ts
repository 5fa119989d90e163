/**
 * Sample folders: each holds a `collector.yaml`, its inputs, and what must come out, byte for byte. One is run as
 * `seneca-collector run --once` would, in a copy, with the wall clock standing still at 2026-01-05T09:00:00Z. All files
 * named `out*` are compared, and what is there must balance. SENECA_UPDATE_SAMPLES=1 writes down what came out instead:
 * look at the difference before you commit it.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startHost } from '../../core/cli/host.ts'
import { configOrThrow, loadConfig } from '../../core/config/index.ts'
import { loadPlugin } from '../../core/engine/index.ts'
import { systemClock, type Clock } from '../../core/kit/index.ts'
import { silent } from '../marcus/live.ts'

const START_MS = Date.UTC(2026, 0, 5, 9)
const STOP_MS = 10_000

const samples = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

const still: Clock = { ...systemClock, now: () => START_MS, nanos: () => BigInt(START_MS) * 1_000_000n }

const outputsOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.startsWith('out'))
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const run = async (sample: string) => {
  const folder = mkdtempSync(join(tmpdir(), `seneca-sample-${sample}-`))
  folders.push(folder)
  cpSync(join(import.meta.dirname, sample), folder, {
    recursive: true,
    filter: (path) => !/[/\\]out[^/\\]*$/.test(path),
  })
  const loaded = await loadConfig({ files: ['collector.yaml'], env: {}, cwd: folder, loadPlugin })
  const host = await startHost({
    config: configOrThrow(loaded),
    log: silent,
    dataDirectory: join(folder, 'data'),
    once: true,
    clock: still,
    configuration: ['collector.yaml'],
  })
  await host.ended
  const balance = host.collector.balance()
  const { drained } = await host.stop(STOP_MS)
  return { outputs: outputsOf(folder), balance, drained }
}

describe('the sample', () => {
  it.each(samples)('%s gives exactly what it should', async (sample) => {
    const { outputs, balance, drained } = await run(sample)
    const home = join(import.meta.dirname, sample)
    if (process.env['SENECA_UPDATE_SAMPLES'] !== undefined)
      for (const [name, text] of Object.entries(outputs)) writeFileSync(join(home, name), text)
    expect(existsSync(join(home, 'collector.yaml'))).toBe(true)
    expect(outputs).toEqual(outputsOf(home))
    expect(Object.keys(outputs).length).toBeGreaterThan(0)
    expect(balance.filter(({ balanced, inFlight }) => !balanced || inFlight > 0)).toEqual([])
    expect(drained).toBe(true)
  })
})
