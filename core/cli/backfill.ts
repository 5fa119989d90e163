/**
 * `backfill`: what can still be known of a day from the folder Marcus left. The real collector reads it once, from the
 * beginning, on a clock of its own that stands at the end of the day, and the events come out in the order of their
 * times, with the same ids as they had live. The output appears whole or not at all.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { configOrThrow, loadConfig } from '../config/index.ts'
import { createCollector } from '../engine/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { exitCode } from './exit-codes.ts'
import { defineVerb, type Io } from './verb.ts'
import { sortEnvelopes } from './view/sort-envelopes.ts'

const STOP_MS = 60_000

interface Folders {
  readonly marcus: string
  readonly home: string | undefined
}

/** `FOLDER` holds `logs/` and `data/`; Marcus's home lies in it as `home/`, or is named. */
const foldersOf = (marcus: string, home: string | undefined, cwd: string): Folders => {
  const folder = resolve(cwd, marcus)
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new CollectorError('not_found', `there is no folder ${folder}`)
  if (!existsSync(join(folder, 'logs')) && !existsSync(join(folder, 'data')))
    throw new CollectorError('not_found', `${folder} is no folder of a Marcus: it has neither logs/ nor data/`)
  const beside = join(folder, 'home')
  const named = home === undefined ? (existsSync(beside) ? beside : undefined) : resolve(cwd, home)
  if (named !== undefined && !existsSync(named)) throw new CollectorError('not_found', `there is no folder ${named}`)
  return { marcus: folder, home: named }
}

const configuration = ({ marcus, home }: Folders, out: string): string =>
  JSON.stringify({
    receivers: {
      marcus: { folder: marcus, mode: 'backfill', endpoint: 'none', ...(home === undefined ? {} : { home }) },
    },
    exporters: { file: { path: out, format: 'envelope' } },
    service: { pipelines: { logs: { receivers: ['marcus'], exporters: ['file'] } } },
  })

const logTo = (io: Io) => {
  const tell = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    const more = Object.entries(fields ?? {}).map(([key, value]) => ` ${key}=${String(value)}`)
    io.err(`${level}: ${message}${more.join('')}\n`)
  }
  const silent = (): void => {}
  return { debug: silent, info: silent, warn: tell('warning'), error: tell('error') }
}

export const verb = defineVerb({
  name: 'backfill',
  summary: 'Make events of a day from the folder Marcus left.',
  options: {
    marcus: { type: 'string', value: 'folder', description: "Marcus's folder, with logs/ and data/ (and home/)" },
    home: { type: 'string', value: 'folder', description: "Marcus's home (default: home/ in that folder)" },
    out: {
      type: 'string',
      short: 'o',
      value: 'file',
      description: "where to write envelope lines; '-' is the standard output",
    },
  },
  examples: [
    ['backfill --marcus ~/marcus --home ~/.marcus --out yesterday.jsonl', 'everything that can still be known'],
    ['backfill --marcus . --out - | jq -r \'select(.type == "agent.silent")\'', 'who was silent'],
  ],
  async run({ options }, io) {
    const { marcus, out } = options
    if (marcus === undefined) throw new CollectorError('usage', 'backfill needs --marcus FOLDER')
    if (out === undefined) throw new CollectorError('usage', "backfill needs --out FILE ('-' for the standard output)")
    const folders = foldersOf(marcus, options.home, io.cwd)
    const work = mkdtempSync(join(tmpdir(), 'seneca-backfill-'))
    try {
      const unsorted = join(work, 'events.jsonl')
      const count = await read(folders, unsorted, work, io)
      const { text, events, first, last } = sortEnvelopes(unsorted)
      if (out === '-') await io.out(text)
      else writeWhole(resolve(io.cwd, out), text)
      io.err(`${events} events${first === undefined ? '' : ` from ${first} to ${last}`}${count}\n`)
      return exitCode('ok')
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  },
})

const writeWhole = (path: string, text: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true })
    const partial = join(dirname(path), `.${basename(path)}.partial`)
    writeFileSync(partial, text)
    renameSync(partial, path)
  } catch (error) {
    throw new CollectorError('start_failed', `${path} cannot be written: ${(error as Error).message}`, { cause: error })
  }
}

/** Runs the collector over the folder; the answer is what to add to the closing line. */
const read = async (folders: Folders, out: string, work: string, io: Io): Promise<string> => {
  const { loadPlugin } = await import('../engine/loader.ts')
  const { systemClock } = await import('../kit/index.ts')
  const files = [`yaml:${configuration(folders, out)}`]
  const config = configOrThrow(await loadConfig({ files, env: io.env, cwd: io.cwd, loadPlugin }))
  const environment = { clock: systemClock, random: Math.random, log: logTo(io), dataDirectory: work, once: true }
  const collector = createCollector(config, environment)
  await collector.start()
  const progress = setInterval(() => {
    const [balance] = collector.balance()
    if (io.terminal) io.err(`\r${balance?.received ?? 0} events …`)
  }, 500)
  try {
    await Promise.race([
      collector.done,
      new Promise<void>((done) => io.signal.addEventListener('abort', () => done(), { once: true })),
    ])
  } finally {
    clearInterval(progress)
    if (io.terminal) io.err('\r')
    await collector.stop(STOP_MS)
  }
  if (io.signal.aborted) throw new CollectorError('cancelled', 'interrupted; nothing was written')
  const lost = collector.balance().filter(({ balanced }) => !balanced)
  return lost.length === 0 ? '' : '; the balance does not hold'
}
