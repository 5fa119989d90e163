/**
 * `npm run soak [-- --minutes N --rate LINES --seed N --keep]`: a collector under weather. A file grows and rotates; the
 * collector reads, filters, transforms, batches and writes it while it is killed with SIGKILL or ended and started again at
 * random moments. In the last third it is left alone, to see whether it grows. Every line must have come out exactly
 * once, as it should look; memory must stay below `RSS_MOST_MIB` and must not creep. A line a minute, a summary, and an
 * exit code of 1 when anything is wrong (the folder is then kept).
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from 'seneca-collector'
import { seededRandom } from 'seneca-collector/testing'
import { createJudge } from './judge.ts'
import { createWriter } from '../setup/rotating-writer.ts'
import { createLives } from './lives.ts'
import { CONFIG, fileOf, lineOf, LINES_PER_FILE } from './lines.ts'
import { newestLine } from './newest.ts'

const RSS_MOST_MIB = 350
/** How much more memory the quiet life may need in its second half than in its first. */
const CREEP_MOST = 1.25
const TICK_MS = 50
const LIFE_MOST_MS = 20_000
/** Input files that stay after the newest line came out of a later one. */
const FILES_KEPT = 10
const REST_MS = 60_000
const MINUTE_MS = 60_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    rate: { type: 'string', default: '1500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    keep: { type: 'boolean', default: false },
  },
})
const runMs = Number(values.minutes) * MINUTE_MS
const rate = Number(values.rate)
if (!(runMs > 0) || !(rate > 0)) throw new Error('--minutes and --rate take positive numbers')

const random = seededRandom(Number(values.seed))
const folder = mkdtempSync(join(tmpdir(), 'seneca-soak-'))
const out = join(folder, 'out.jsonl')
writeFileSync(join(folder, 'collector.yaml'), CONFIG)
const writer = createWriter({ folder, line: lineOf, linesPerFile: LINES_PER_FILE })
const judge = createJudge(out)
const complaints: string[] = []
const begun = performance.now()
const elapsed = (): number => performance.now() - begun
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const seen = { rss: 0, rssMost: 0, quiet: [0, 0] as [number, number] }
const lives = createLives({
  folder,
  random,
  mostMs: LIFE_MOST_MS,
  endsWith: [0],
  complain: (text) => void complaints.push(text),
})
process.once('SIGINT', () => void lives.now.kill().then(() => process.exit(130)))

const measure = (): void => {
  const rss = lives.now.rss()
  if (rss === undefined) return
  seen.rss = rss
  seen.rssMost = Math.max(seen.rssMost, rss)
  const third = (elapsed() / runMs) * 3
  // The first moments of the quiet life are its start.
  if (third > 2.2 && third < 3) {
    const half = third < 2.6 ? 0 : 1
    seen.quiet[half] = Math.max(seen.quiet[half], rss)
  }
}

/** Lines written that are newer than the newest that came out. */
const look = (): number => {
  const newest = newestLine(out)
  // What was written last may be cut off and asked for again after a kill.
  writer.release(fileOf(Math.max(0, newest)) - FILES_KEPT)
  return writer.written - 1 - newest
}

const report = (label: string, behind: number): void =>
  say(
    `${label}: ${writer.written} lines written, ${behind} behind; ${writer.rotations} rotations, ${lives.kills} kills, ` +
      `${lives.ends} orderly ends; RSS ${Math.round(seen.rss)} MiB, at most ${Math.round(seen.rssMost)}`,
  )

/** Writes what is due, now and then in a burst. */
const write = (): void => {
  const due = Math.floor((elapsed() / 1_000) * rate) - writer.written
  if (due > 0 && random() < 0.8) writer.write(due)
}

const weather = async (): Promise<void> => {
  let minute = 1
  while (elapsed() < runMs && complaints.length === 0) {
    write()
    measure()
    const behind = look()
    if (!lives.now.alive) {
      complaints.push(`it ended by itself: ${lives.now.words()}`)
      return
    }
    if (elapsed() < (runMs * 2) / 3) await lives.tick(elapsed())
    if (elapsed() > minute * MINUTE_MS) report(`minute ${minute++}`, behind)
    await systemClock.sleep(TICK_MS)
  }
}

/** No more comes and nobody is killed: everything must come out now. */
const rest = async (): Promise<void> => {
  const end = elapsed() + REST_MS
  const missing = (): boolean => {
    judge.read()
    return judge.firstMissing(writer.written) < writer.written
  }
  while (missing() && elapsed() < end && lives.now.alive) await systemClock.sleep(TICK_MS)
  const code = await lives.now.end()
  if (code !== 0) complaints.push(`at the end it ended with ${code}: ${lives.now.words()}`)
  if (missing()) complaints.push(`line ${judge.firstMissing(writer.written)} never came out`)
}

say(`soak: ${values.minutes} min at ${rate} lines/s, seed ${values.seed}, in ${folder}`)
try {
  await weather()
  await rest()
} finally {
  await lives.now.kill()
  writer.close()
}
if (seen.rssMost > RSS_MOST_MIB)
  complaints.push(`it needed ${Math.round(seen.rssMost)} MiB; ${RSS_MOST_MIB} are allowed`)
const [first, second] = seen.quiet
if (first > 0 && second > first * CREEP_MOST)
  complaints.push(`left alone, it grew from ${Math.round(first)} to ${Math.round(second)} MiB`)
const wrong = [...judge.complaints, ...complaints]
report('in all', writer.written - judge.firstMissing(writer.written))
say(
  `${(statSync(out).size / 2 ** 20).toFixed(1)} MiB in ${judge.kept} lines came out; left alone: ${first.toFixed(0)} MiB, then ${second.toFixed(0)} MiB`,
)
for (const complaint of wrong) say(`WRONG: ${complaint}`)
say(wrong.length === 0 ? 'every line came out exactly once' : `${wrong.length} complaints; everything is in ${folder}`)
if (wrong.length === 0 && !values.keep) rmSync(folder, { recursive: true, force: true })
process.exitCode = wrong.length === 0 ? 0 : 1
