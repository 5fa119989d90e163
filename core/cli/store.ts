/** `store`: what the event store holds; events out of it as plain JSON lines, and back into it. */
import { configOrThrow, didYouMean } from '../config/index.ts'
import { dataDirectoryOf } from '../control/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { decode, timeToText } from '../model/index.ts'
import { createLogger } from '../telemetry/index.ts'
import { exitCode } from './exit-codes.ts'
import { linesOfGiven } from './given-files.ts'
import { filterOptions, questionOf, type FilterArguments } from './history/events.ts'
import { exportEvents } from './history/export.ts'
import { startFeed } from './history/feed.ts'
import { storeOptions, withStore, type StoreArguments } from './history/store.ts'
import { load } from './load.ts'
import { table } from './table.ts'
import { defineVerb, jsonOption, type Io } from './verb.ts'

interface StoreVerbOptions extends StoreArguments, FilterArguments {
  readonly json: boolean
  readonly out: string | undefined
}
type Subverb = (rest: readonly string[], options: StoreVerbOptions, io: Io) => Promise<number>

interface Stats {
  readonly events: number
  readonly bytes: number
  readonly lineBytes: number
  readonly evicted: number
  readonly firstTime: string | null
  readonly lastTime: string | null
}

const timeOf = (nanos: string | null): string => (nanos === null ? '' : timeToText(BigInt(nanos)))

const ls: Subverb = async (_rest, options, io) => {
  const { id, stats } = await withStore(options, io, async (store) => ({
    id: store.id,
    stats: (await store.ask('stats')) as Stats,
  }))
  if (options.json) await io.out(`${JSON.stringify({ id, ...stats })}\n`)
  else {
    const ratio = stats.bytes === 0 ? '' : `${(stats.lineBytes / stats.bytes).toFixed(1)} ×`
    await io.out(
      table(
        ['STORE', 'EVENTS', 'BYTES', 'COMPRESSED', 'EVICTED', 'FROM', 'TO'],
        [[id, stats.events, stats.bytes, ratio, stats.evicted, timeOf(stats.firstTime), timeOf(stats.lastTime)]],
      ),
    )
  }
  return exitCode('ok')
}

const exportLines: Subverb = async (patterns, options, io) => {
  const { out } = options
  if (out === undefined) throw new CollectorError('usage', 'store export needs --out FILE')
  const question = questionOf(patterns, options, Date.now())
  const events = await withStore(options, io, (store) => exportEvents(store, question, out, io))
  await io.out(`${events} events were written to ${out}\n`)
  return exitCode('ok')
}

const importLines: Subverb = async (files, options, io) => {
  if (files.length === 0) throw new CollectorError('usage', 'store import needs files of envelope lines')
  const config = configOrThrow(await load(options, io))
  const exporter = [...config.components.values()].find(
    ({ kind, definition }) => kind === 'exporter' && definition.type === 'event_store',
  )
  const receiver = [...config.components.values()].find(({ kind }) => kind === 'receiver')
  if (!exporter || !receiver)
    throw new CollectorError('usage', "the configuration has no exporter 'event_store' in a pipeline to import with")
  const pipeline = {
    id: 'logs/import',
    signal: 'logs',
    receivers: [receiver.id],
    processors: [],
    exporters: [exporter.id],
  } as const
  const log = createLogger({ level: 'warn', encoding: 'console', write: io.err, now: Date.now })
  const feed = await startFeed({ ...config, pipelines: [pipeline] }, log, dataDirectoryOf(options['data-dir'], io))
  let [events, invalid] = [0, 0]
  const skip = (): 'skip' => (invalid++, 'skip')
  try {
    for (const file of files) {
      for await (const lines of linesOfGiven(file, io)) {
        const batch = decode('logs', 'envelope', lines, { onInvalid: skip })
        events += batch.count
        if (batch.count > 0) await feed.send(batch)
      }
    }
  } finally {
    await feed.collector.stop(config.service.shutdownTimeoutMs)
  }
  await io.out(
    `${events} events were handed to the store (those it had stay once)${invalid === 0 ? '' : `; ${invalid} lines were none`}\n`,
  )
  return exitCode(invalid === 0 ? 'ok' : 'failed')
}

const subverbs: Readonly<Record<string, Subverb>> = { ls, export: exportLines, import: importLines }

export const verb = defineVerb({
  name: 'store',
  summary: 'See what the event store holds; export and import it as plain JSON lines.',
  operands: [
    { name: '<what>', description: 'ls, export or import' },
    { name: '[argument...]', description: 'export: patterns of types; import: files' },
  ],
  options: {
    out: { type: 'string', value: 'file', description: 'export: a new file' },
    ...filterOptions,
    ...storeOptions,
    ...jsonOption,
  },
  examples: [
    ['store ls', 'how many, how large, from when to when'],
    ["store export 'task.*' --since 24h --out tasks.jsonl", 'readable with jq'],
    ['store import tasks.jsonl', 'while no collector runs; what is there already stays once'],
  ],
  async run({ operands: [what = '', ...rest], options }, io) {
    const subverb = Object.hasOwn(subverbs, what) ? subverbs[what] : undefined
    if (subverb) return subverb(rest, options, io)
    const known = Object.keys(subverbs)
    throw new CollectorError(
      'usage',
      `store does not '${what}'; ${didYouMean(what, known) ?? `it does ${known.join(', ')}`}`,
    )
  },
})
