/**
 * `replay`: stored events once more, at the pace they happened or faster, to the standard output or through the pipelines of a
 * configuration. They keep their ids and times and are marked `replayed`; nobody is alarmed by them unless asked to.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { configOrThrow } from '../config/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { decode, path } from '../model/index.ts'
import type { LogBatch } from '../model/index.ts'
import { createLogger } from '../telemetry/index.ts'
import { exitCode } from './exit-codes.ts'
import { eventsOf, filterOptions, questionOf, type Stored } from './history/events.ts'
import { onlyPipelines, startFeed, withoutExporters, type Feed } from './history/feed.ts'
import { storeOptions, withStore } from './history/store.ts'
import { load } from './load.ts'
import { defineVerb, type Io } from './verb.ts'

/** Exporters that tell somebody. */
const ALARMING = ['webhook']
/** Events that go together when nothing has to be waited for. */
const TOGETHER = 500
const NANOS_PER_MS = 1_000_000n
const replayed = path(['attributes', 'seneca.metadata.replayed'])

const marked = (lines: readonly string[]): LogBatch =>
  decode('logs', 'envelope', Buffer.from(`${lines.join('\n')}\n`)).edit((draft) => draft.set(replayed, true))

type Sink = (batch: LogBatch) => void | Promise<void>

interface Played {
  readonly events: number
  readonly damaged: number
}

/** The longest timer there is; a longer one would end at once. */
const TIMER_MOST_MS = 2 ** 31 - 1

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  for (let left = ms; left >= 1 && !signal.aborted; left -= TIMER_MOST_MS)
    await sleep(Math.min(left, TIMER_MOST_MS), undefined, { signal }).catch(() => {})
}

/**
 * Hands events on in order; before each it waits for as long as there was between it and the one before, divided by `speed`.
 * What is damaged where it is stored is counted and left out.
 */
const play = async (events: AsyncIterable<Stored>, speed: number, sink: Sink, signal: AbortSignal): Promise<Played> => {
  let lines: string[] = []
  const played = { events: 0, damaged: 0 }
  let last: number | undefined
  const flush = async (): Promise<void> => {
    if (lines.length > 0) await sink(marked(lines))
    lines = []
  }
  for await (const { time, line, isDamaged } of events) {
    if (signal.aborted) break
    if (isDamaged) {
      played.damaged++
      continue
    }
    const at = Number(time / NANOS_PER_MS)
    const wait = speed === 0 || last === undefined ? 0 : (at - last) / speed
    if (wait >= 1 || lines.length >= TOGETHER) await flush()
    await pause(wait, signal)
    last = Math.max(last ?? at, at)
    lines.push(line)
    played.events++
  }
  await flush()
  return played
}

interface Into {
  readonly file: string
  readonly pipelines: readonly string[]
  readonly alerts: boolean
  readonly allowUnset: boolean
}

/** A collector of its own for what is replayed, with a data directory of its own. */
const through = async <T>(
  { file, pipelines, alerts, allowUnset }: Into,
  io: Io,
  work: (feed: Feed) => Promise<T>,
): Promise<T> => {
  const config = configOrThrow(await load({ config: [file], set: [], 'allow-unset': allowUnset }, io))
  const wanted = onlyPipelines(config, pipelines)
  const log = createLogger({ level: 'warn', encoding: 'console', write: io.err, now: Date.now })
  const folder = mkdtempSync(join(tmpdir(), 'seneca-replay-'))
  const feed = await startFeed(alerts ? wanted : withoutExporters(wanted, ALARMING), log, folder)
  try {
    return await work(feed)
  } finally {
    await feed.collector.stop(config.service.shutdownTimeoutMs)
    rmSync(folder, { recursive: true, force: true })
  }
}

export const verb = defineVerb({
  name: 'replay',
  summary: 'Play stored events once more, to the terminal or through the pipelines of a configuration.',
  operands: [{ name: '[pattern...]', description: "only these topics or types: 'task.*'" }],
  options: {
    ...filterOptions,
    speed: {
      type: 'number',
      value: 'factor',
      description: '1 as it happened, 60 a minute a second; as fast as it goes when absent',
    },
    into: { type: 'string', value: 'file', description: 'a configuration; its receivers are replaced by the replay' },
    pipeline: { type: 'strings', value: 'id', description: 'with --into: only this pipeline' },
    alerts: { type: 'boolean', description: 'with --into: let alert exporters (webhook) send' },
    ...storeOptions,
  },
  examples: [
    ['replay --since 1h', 'one JSON envelope a line'],
    [
      'replay --since 17:00 --until 18:00 --speed 60 --into test.yaml',
      'an hour in a minute through another configuration',
    ],
    ["replay 'task.*' --into collector.yaml --pipeline logs/archive", 'to recover one destination'],
  ],
  async run({ operands, options }, io) {
    const speed = options.speed ?? 0
    if (!(speed >= 0)) throw new CollectorError('usage', '--speed must be 0 (as fast as it goes) or more')
    if (options.into === undefined && (options.alerts || options.pipeline.length > 0))
      throw new CollectorError('usage', '--alerts and --pipeline need --into FILE, the configuration to play into')
    const question = questionOf(operands, options, Date.now())
    const { into } = options
    const { events: count, damaged } = await withStore(options, io, (store) => {
      const events = eventsOf(store, question)
      if (into === undefined) {
        const write: Sink = (batch) => io.out(Buffer.concat(batch.encode('envelope')).toString('utf8'))
        return play(events, speed, write, io.signal)
      }
      const target = {
        file: into,
        pipelines: options.pipeline,
        alerts: options.alerts,
        allowUnset: options['allow-unset'],
      }
      return through(target, io, (feed) => play(events, speed, (batch) => feed.send(batch), io.signal))
    })
    const left = damaged === 0 ? '' : ` ${damaged} are damaged where they are stored; see: audit verify.`
    io.err(`${count} events were replayed.${left}\n`)
    return exitCode('ok')
  },
})
