/**
 * A real collector process, killed with SIGKILL again and again while its input grows and rotates: what it wrote in all
 * its lives together is the input, each line once, in order within each input file. Each life is killed after it has
 * made some progress (or none), at a random moment of reading, filtering, batching, writing, rotating or saving.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { seededRandom } from 'seneca-collector/testing'
import { type Life, startLife } from '../setup/collector-life.ts'
import { createWriter } from '../setup/rotating-writer.ts'
import { waitFor } from '../setup/wait-for.ts'

const KILLS = 26
const LINES_PER_LIFE = 400
const ROTATE_EVERY = 1_500

interface Scenario {
  readonly name: string
  readonly config: string
  /** Line `n` of the input. */
  readonly line: (n: number) => string
  /** What becomes of it; undefined when it is filtered out. */
  readonly expected: (n: number) => string | undefined
}

const pad = (n: number): string => 'x'.repeat(n % 300)

const scenarios: readonly Scenario[] = [
  {
    name: 'lines of JSON through filter, transform and batch',
    config: `
receivers:
  file_log: { include: [in.log*], start_at: beginning, format: json }
processors:
  filter: { logs: { log_record: ['body["level"] == "debug"'] } }
  transform:
    log_statements:
      - set(body["seen"], true)
  batch: { timeout: 20ms, send_batch_size: 100, send_batch_max_size: 150 }
exporters:
  file: { path: out.jsonl, format: body }
service:
  pipelines:
    logs: { receivers: [file_log], processors: [filter, transform, batch], exporters: [file] }
`,
    line: (n) => JSON.stringify({ n, level: n % 3 === 0 ? 'debug' : 'info', pad: pad(n) }),
    expected: (n) => (n % 3 === 0 ? undefined : JSON.stringify({ n, level: 'info', pad: pad(n), seen: true })),
  },
  {
    name: 'lines of text into a file that rotates',
    config: `
receivers:
  file_log: { include: [in.log*], start_at: beginning, poll_interval: 50ms }
exporters:
  file: { path: out.log, format: text, rotation: { max_megabytes: 0, interval: 150ms, max_backups: 0 } }
service:
  pipelines:
    logs: { receivers: [file_log], exporters: [file] }
`,
    line: (n) => `line ${n} ${pad(n)}.`,
    expected: (n) => `line ${n} ${pad(n)}.`,
  },
]

const outputs = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith('out'))
    .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))

/** Rotated files by their time, the present one last. */
const order = (name: string): string => (name.includes('-') ? name : '~')

const bytesIn = (folder: string): number =>
  outputs(folder).reduce(
    (sum, name) => (existsSync(join(folder, name)) ? sum + statSync(join(folder, name)).size : sum),
    0,
  )

const linesIn = (folder: string): string[] =>
  outputs(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))

/** Lines that stand behind a later one of the same input file. */
const outOfOrder = (lines: readonly string[]): string[] => {
  const last = new Map<number, number>()
  return lines.filter((text) => {
    const n = Number(/\d+/.exec(text)?.[0])
    const file = Math.floor(n / ROTATE_EVERY)
    const before = last.get(file) ?? -1
    last.set(file, n)
    return n < before
  })
}

const cleanUps: (() => void)[] = []
afterAll(() => {
  for (const cleanUp of cleanUps.toReversed()) cleanUp()
})

const start = (folder: string): Life => {
  const life = startLife(folder)
  cleanUps.push(() => void life.kill())
  return life
}

describe('a collector that is killed again and again', () => {
  it.concurrent.each(scenarios)(`writes $name exactly once over ${KILLS} lives`, async ({ config, line, expected }) => {
    const folder = mkdtempSync(join(tmpdir(), 'kill-nine-'))
    cleanUps.push(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'collector.yaml'), config)
    const random = seededRandom(config.length)
    const writer = createWriter({ folder, line, linesPerFile: ROTATE_EVERY })
    for (let kills = 0; kills < KILLS; kills++) {
      const before = bytesIn(folder)
      const progress = Math.floor(random() * 60_000)
      let left = LINES_PER_LIFE
      const life = start(folder)
      await waitFor('progress', () => {
        const count = Math.min(left, 1 + Math.floor(random() * 100))
        left -= count
        writer.write(count)
        if (!life.alive) throw new Error(`the collector ended by itself: ${life.words()}`)
        return bytesIn(folder) - before > progress || (left === 0 && bytesIn(folder) > before)
      })
      await life.kill()
    }
    const wanted = Array.from({ length: writer.written }, (_, n) => expected(n)).filter((text) => text !== undefined)
    const last = start(folder)
    // Before that, lines are there that nobody acknowledged: they are cut off and written anew.
    await waitFor('the last life to begin', () => last.words().includes('running'))
    await waitFor('the rest', () => linesIn(folder).length >= wanted.length)
    expect(await last.end()).toBe(0)
    writer.close()
    const got = linesIn(folder)
    expect(got.toSorted()).toEqual(wanted.toSorted())
    expect(outOfOrder(got)).toEqual([])
  })
})
