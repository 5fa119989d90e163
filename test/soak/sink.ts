/**
 * `npm run soak:sink [-- --minutes N --rate LINES --seed N --keep]`: a destination that fails most of the time. A file grows;
 * the collector sends its lines over OTLP, with its queue on disk, to a server that is down, busy, slow, silent, closes in the
 * middle, takes and does not say so, or is not there; meanwhile the collector is killed and ended at random moments. In the last third it
 * is left alone with the failing server. Every line must have arrived at least once, and nothing else; memory and open
 * files must not creep, and the disk must stay within the queue's limit and be given back at the end.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync, globSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from 'seneca-collector'
import { seededRandom } from 'seneca-collector/testing'
import { createSink, type Mood } from '../../core/prove/sink.ts'
import { SEGMENT_BYTES } from '../../core/storage/log/log.ts'
import { createWriter } from '../setup/rotating-writer.ts'
import { fileOf, lineOf, LINES_PER_FILE } from './lines.ts'
import { createLives } from './lives.ts'
import { createSeen } from './seen.ts'

/** Ten consumers have a batch of a megabyte each in their hands, read from disk and written for the wire. */
const RSS_MOST_MIB = 640
/** Of memory, how much more the second half of the quiet time may need than the first. */
const CREEP_MOST = 1.25
const DESCRIPTORS_CREEP_MOST = 10
/** In a shorter run the life that is left alone, a third of it, is over before a collector has its size: a few minutes. */
const CREEP_SHOWS_MS = 600_000
const QUEUE_MIB = 64
/** A segment is removed as a whole, the one being written stays. */
const SEGMENT_MIB = SEGMENT_BYTES / 2 ** 20 + 8
const TICK_MS = 20
const LIFE_MOST_MS = 30_000
const REST_MS = 180_000
const MINUTE_MS = 60_000
const MOOD_LEAST_MS = 200
const MOOD_MOST_MS = 8_000
/** Of the time; else it fails in one way or another. */
const WELL = 0.55
const failures: readonly (Mood | 'gone')[] = ['unavailable', 'busy', 'slow', 'hang', 'cut', 'late', 'gone']

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    keep: { type: 'boolean', default: false },
  },
})
const runMs = Number(values.minutes) * MINUTE_MS
const rate = Number(values.rate)
if (!(runMs > 0) || !(rate > 0)) throw new Error('--minutes and --rate take positive numbers')

const random = seededRandom(Number(values.seed))
const folder = mkdtempSync(join(tmpdir(), 'seneca-soak-sink-'))
const complaints: string[] = []
const complain = (text: string): void => void complaints.push(text)

const seen = createSeen()
const arrived = { once: 0, again: 0, first: 0 }
const sink = await createSink((id) => {
  const n = Number(id)
  if (!(n < writer.written)) complain(`line ${id} was never written`)
  else if (seen.has(n)) arrived.again++
  else {
    seen.add(n)
    arrived.once++
  }
})
/** All lines before it have arrived. */
const firstMissing = (): number => {
  while (arrived.first < writer.written && seen.has(arrived.first)) arrived.first++
  return arrived.first
}

writeFileSync(
  join(folder, 'collector.yaml'),
  `
extensions: { file_storage: { directory: ./kept, create_directory: true } }
receivers:
  file_log: { include: [in.log*], start_at: beginning, format: json }
processors:
  transform: { log_statements: ['set(log.attributes["log.record.uid"], String(log.body["n"]))'] }
exporters:
  otlp_http:
    endpoint: http://127.0.0.1:${sink.port}
    compression: none
    timeout: 2s
    sending_queue: { storage: file_storage, sizer: bytes, queue_size: ${QUEUE_MIB * 2 ** 20}, block_on_overflow: true }
    retry_on_failure: { initial_interval: 100ms, max_interval: 1s, max_elapsed_time: 0s }
service:
  extensions: [file_storage]
  pipelines:
    logs: { receivers: [file_log], processors: [transform], exporters: [otlp_http] }
`,
)
const writer = createWriter({ folder, line: lineOf, linesPerFile: LINES_PER_FILE })
const lives = createLives({ folder, random, mostMs: LIFE_MOST_MS, complain, endsWith: [0, 5] })
process.once('SIGINT', () => void lives.now.kill().then(() => process.exit(130)))
const begun = performance.now()
const elapsed = (): number => performance.now() - begun
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const mood = { name: 'up' as Mood | 'gone', until: 0 }
const changeMood = async (): Promise<void> => {
  if (elapsed() < mood.until) return
  mood.name = random() < WELL ? 'up' : failures[Math.floor(random() * failures.length)]!
  mood.until = elapsed() + MOOD_LEAST_MS + (MOOD_MOST_MS - MOOD_LEAST_MS) * random() ** 2
  if (mood.name === 'gone') await sink.close()
  else {
    await sink.listen()
    sink.mood = mood.name
  }
}

interface Measured {
  rss: number
  descriptors: number
}
const most = { rss: 0, disk: 0 }
const quiet: [Measured, Measured] = [
  { rss: 0, descriptors: 0 },
  { rss: 0, descriptors: 0 },
]
const disk = (): number => {
  let bytes = 0
  for (const path of globSync(join(folder, 'kept', '**'))) {
    try {
      const stat = statSync(path)
      if (stat.isFile()) bytes += stat.size
    } catch {
      // A segment that was removed while it was looked for.
    }
  }
  return bytes / 2 ** 20
}
const measure = (): void => {
  const rss = lives.now.rss() ?? 0
  most.rss = Math.max(most.rss, rss)
  most.disk = Math.max(most.disk, disk())
  const third = (elapsed() / runMs) * 3
  // The first moments of the quiet life are its start.
  if (third < 2.2 || third > 3) return
  const half = quiet[third < 2.6 ? 0 : 1]
  half.rss = Math.max(half.rss, rss)
  half.descriptors = Math.max(half.descriptors, lives.now.descriptors() ?? 0)
}

const report = (label: string): void =>
  say(
    `${label}: ${writer.written} lines written, ${writer.written - arrived.once} behind, ${arrived.again} came again; ` +
      `${lives.kills} kills, ${lives.ends} orderly ends; RSS at most ${Math.round(most.rss)} MiB, ` +
      `disk at most ${most.disk.toFixed(0)} MiB, ${lives.now.descriptors() ?? 0} open files`,
  )

const weather = async (): Promise<void> => {
  let minute = 1
  let measured = 0
  while (elapsed() < runMs && complaints.length === 0) {
    const due = Math.floor((elapsed() / 1_000) * rate) - writer.written
    if (due > 0) writer.write(due)
    await changeMood()
    if (elapsed() - measured > 250) {
      measured = elapsed()
      measure()
      writer.release(fileOf(firstMissing()) - 1)
    }
    if (!lives.now.alive) return complain(`it ended by itself: ${lives.now.words()}`)
    if (elapsed() < (runMs * 2) / 3) await lives.tick(elapsed())
    if (elapsed() > minute * MINUTE_MS) report(`minute ${minute++}`)
    await systemClock.sleep(TICK_MS)
  }
}

/** No more comes, nobody is killed, and the destination is well: everything must arrive now. */
const rest = async (): Promise<void> => {
  await sink.listen()
  sink.mood = 'up'
  const end = elapsed() + REST_MS
  while (firstMissing() < writer.written && elapsed() < end && lives.now.alive) await systemClock.sleep(TICK_MS)
  const code = await lives.now.end()
  if (code !== 0) complain(`at the end it ended with ${code}: ${lives.now.words()}`)
  if (firstMissing() < writer.written) complain(`line ${firstMissing()} never arrived`)
  const left = disk()
  if (left > SEGMENT_MIB) complain(`at the end ${left.toFixed(0)} MiB of disk are still held`)
}

say(`soak: ${values.minutes} min at ${rate} lines/s against a failing destination, seed ${values.seed}, in ${folder}`)
try {
  await weather()
  await rest()
} finally {
  await lives.now.kill()
  writer.close()
  await sink.close()
}
const limits: readonly (readonly [string, number, number])[] = [
  ['MiB of memory', most.rss, RSS_MOST_MIB],
  ['MiB of disk', most.disk, QUEUE_MIB + SEGMENT_MIB],
  ['open files when left alone', quiet[1].descriptors, quiet[0].descriptors + DESCRIPTORS_CREEP_MOST],
  ...(runMs < CREEP_SHOWS_MS
    ? []
    : [['MiB of memory when left alone', quiet[1].rss, quiet[0].rss * CREEP_MOST] as const]),
]
for (const [what, is, allowed] of limits)
  if (is > allowed) complain(`it needed ${Math.round(is)} ${what}; ${Math.round(allowed)} are allowed`)
report('in all')
say(
  `left alone: ${quiet.map(({ rss, descriptors }) => `${Math.round(rss)} MiB and ${descriptors} open files`).join(', then ')}`,
)
for (const complaint of complaints) say(`WRONG: ${complaint}`)
const isWell = complaints.length === 0
say(isWell ? 'every line arrived' : `${complaints.length} complaints; everything is in ${folder}`)
if (isWell && !values.keep) rmSync(folder, { recursive: true, force: true })
process.exitCode = isWell ? 0 : 1
