/**
 * Live replay: a recorded day is written as it happened, on a clock that runs fast, while the real collector (engine,
 * marcus receiver, file exporter) watches it on the same clock; what it wrote is read back.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { configOrThrow, loadConfig } from '../../core/config/index.ts'
import { createCollector } from '../../core/engine/index.ts'
import { loadPlugin } from '../../core/engine/loader.ts'
import type { Collector, PipelineBalance } from '../../core/engine/types.ts'
import type { Clock, Logger } from '../../core/kit/index.ts'
import { prepareReplay, type Recording, type Timeline } from '../../core/replay/index.ts'
import { timelineOf } from '../../core/replay/timeline.ts'
import type { Envelope } from './expectation.ts'
import { patientClock } from './patient-clock.ts'

/** How long, in the day's own time, the collector watches on after the day: silences and outages come to light. */
const AFTERWARDS_MS = 60_000
const STOP_MS = 20_000

export interface LiveOptions {
  readonly recording: Recording
  readonly speed: number
  readonly change?: (timeline: Timeline) => Timeline
  /** false: Marcus's files alone, as where no endpoint can be reached. */
  readonly endpoint?: boolean
}

export interface Live {
  readonly events: readonly Envelope[]
  readonly balance: readonly PipelineBalance[]
  /** Tool calls the collector made, by tool. */
  readonly polls: ReadonlyMap<string, number>
  readonly warnings: readonly string[]
}

export const readEvents = (path: string): Envelope[] =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Envelope)
    : []

export const marcusConfig = (marcus: string, endpoint: string | undefined, out: string): string =>
  JSON.stringify({
    receivers: {
      // Times are the fast clock's: at 30× a timeout of two minutes is four seconds of the machine's.
      marcus: {
        folder: marcus,
        home: join(marcus, 'home'),
        endpoint: endpoint ?? 'none',
        poll_interval: '1s',
        tool_timeout: '120s',
      },
    },
    exporters: { file: { path: out, format: 'envelope' } },
    service: { pipelines: { logs: { receivers: ['marcus'], exporters: ['file'] } } },
  })

export interface StartOptions {
  readonly yaml: string
  readonly clock: Clock
  readonly dataDirectory: string
  readonly log?: Logger
  readonly once?: boolean
}

export const startCollector = async ({
  yaml,
  clock,
  dataDirectory,
  log = silent,
  once = false,
}: StartOptions): Promise<Collector> => {
  const files = [`yaml:${yaml}`]
  const config = configOrThrow(await loadConfig({ files, env: process.env, cwd: dataDirectory, loadPlugin }))
  const collector = createCollector(config, { clock, random: Math.random, log, dataDirectory, once })
  await collector.start()
  return collector
}

const nothing = (): void => {}
export const silent: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing }

const listeningLog = (): { log: Logger; warnings: string[] } => {
  const warnings: string[] = []
  const note = (message: string, fields?: Readonly<Record<string, unknown>>): void =>
    void warnings.push(`${message} ${JSON.stringify(fields ?? {})}`)
  return { log: { debug: nothing, info: nothing, warn: note, error: note }, warnings }
}

export const live = async ({ recording, speed, change, endpoint = true }: LiveOptions): Promise<Live> => {
  const root = mkdtempSync(join(tmpdir(), 'seneca-live-'))
  const marcus = join(root, 'marcus')
  const out = join(root, 'events.jsonl')
  const timeline = change === undefined ? timelineOf(recording) : change(timelineOf(recording))
  const clock = patientClock({ start: timeline.start / 1_000, speed })
  const changed = change === undefined ? {} : { change: () => timeline }
  const replay = await prepareReplay({
    recording,
    folder: marcus,
    clock,
    ...(endpoint ? {} : { port: false }),
    ...changed,
  })
  const { log, warnings } = listeningLog()
  try {
    const yaml = marcusConfig(marcus, replay.endpoint, out)
    const collector = await startCollector({ yaml, clock, dataDirectory: root, log })
    await replay.run()
    await clock.sleep(AFTERWARDS_MS)
    await collector.stop(STOP_MS)
    return { events: readEvents(out), balance: collector.balance(), polls: replay.mcp?.served ?? new Map(), warnings }
  } finally {
    await replay.close()
    clock.close()
    rmSync(root, { recursive: true, force: true })
  }
}
