/**
 * `demo`: a recorded day of a real Marcus, replayed through the real collector, with no Marcus and no broker. The replay
 * writes Marcus's files, databases and processes and answers MCP; the collector is the one `run` starts, on a clock that
 * runs as fast as the replay. Everything lies below `<data directory>/demo` and is made anew each time.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { configOrThrow, loadConfig } from '../config/index.ts'
import { controlClient, dataDirectoryOf } from '../control/index.ts'
import type { Collector, StopReport } from '../engine/types.ts'
import { CollectorError } from '../kit/errors.ts'
import { bundledRecording, prepareReplay, scaledClock, type Replay } from '../replay/index.ts'
import { openRecording } from '../replay/recording.ts'
import { timelineOf } from '../replay/timeline.ts'
import { demoScreen } from './view/demo-screen.ts'
import { introduction, nextCommands, title, type DemoPlaces } from './view/demo-text.ts'
import { exitCode } from './exit-codes.ts'
import { startHost } from './host.ts'
import { paint } from './view/paint.ts'
import { dataDirOption, defineVerb, type Io } from './verb.ts'
import { packageFolder } from './version.ts'

const SPEED_DEFAULT = 20
const SPEED_MOST = 1_000
const WEBSOCKET_PORT = 4319
/** After the day: so long, in recorded time, does the collector get to notice what is left to notice. */
const AFTERWARDS_MS = 60_000
const SHUTDOWN_MS = 5_000

/** The port when it is free, else any free one. */
const freePort = (wanted: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', () => (wanted === 0 ? reject(new Error('no free port')) : resolve(freePort(0))))
    server.listen(wanted, 'localhost', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : wanted))
    })
  })

const freshFolders = (folder: string): { marcus: string; state: string; events: string } => {
  try {
    rmSync(folder, { recursive: true, force: true })
    const marcus = join(folder, 'marcus')
    const state = join(folder, 'state')
    for (const path of [marcus, state]) mkdirSync(path, { recursive: true, mode: 0o700 })
    return { marcus, state, events: join(folder, 'events.jsonl') }
  } catch (error) {
    throw new CollectorError('start_failed', `the folder ${folder} cannot be made: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

interface Stage {
  readonly replay: Replay
  readonly collector: Collector
  readonly places: DemoPlaces
  close(): Promise<StopReport>
}

interface StageOptions {
  readonly dataDirectory: string
  readonly recording: string
  readonly speed: number
  readonly io: Io
}

/** Where a collector runs already, nothing of it may be touched. */
const mustBeFree = async (dataDirectory: string): Promise<void> => {
  try {
    await controlClient(dataDirectory).get('/status')
  } catch (error) {
    if (CollectorError.from(error).code === 'no_collector') return
    throw error
  }
  throw new CollectorError(
    'storage_locked',
    `a collector is already running in ${dataDirectory}; stop it, or give the demo another --data-dir`,
  )
}

/** Everything that runs: the replayed Marcus, and the collector beside it on the same clock. */
const buildStage = async ({ dataDirectory, recording, speed, io }: StageOptions): Promise<Stage> => {
  const opened = openRecording(recording)
  const clock = scaledClock({ start: timelineOf(opened).start / 1_000, speed })
  await mustBeFree(dataDirectory)
  const folders = freshFolders(join(dataDirectory, 'demo'))
  const replay = await prepareReplay({ recording: opened, folder: folders.marcus, clock })
  try {
    const port = await freePort(WEBSOCKET_PORT)
    const env = {
      ...io.env,
      MARCUS_FOLDER: folders.marcus,
      MARCUS_HOME: join(folders.marcus, 'home'),
      MARCUS_ENDPOINT: replay.endpoint,
      SENECA_WEBSOCKET: `localhost:${port}`,
      SENECA_EVENTS_FILE: folders.events,
    }
    const configuration = [join(packageFolder, 'pipelines', 'demo.yaml')]
    const { loadPlugin } = await import('../engine/loader.ts')
    const config = configOrThrow(await loadConfig({ files: configuration, env, cwd: io.cwd, loadPlugin }))
    const host = await startHost({
      config,
      log: quietLog(io),
      dataDirectory,
      stateDirectory: folders.state,
      once: false,
      clock,
      configuration,
    })
    const places = {
      websocket: `ws://localhost:${port}/`,
      mcp: replay.endpoint ?? '',
      marcus: folders.marcus,
      events: folders.events,
    }
    const close = async (): Promise<StopReport> => {
      const report = await host.stop(SHUTDOWN_MS)
      await replay.close()
      return report
    }
    return { replay, collector: host.collector, places, close }
  } catch (error) {
    await replay.close()
    throw error
  }
}

/** The stream is what people came for: only what is wrong interrupts it. */
const quietLog = (io: Io) => {
  const tell = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    const more = Object.entries(fields ?? {}).map(([key, value]) => ` ${key}=${String(value)}`)
    io.err(`${level}: ${message}${more.join('')}\n`)
  }
  const silent = (): void => {}
  return { debug: silent, info: silent, warn: io.debug ? tell('warning') : silent, error: tell('error') }
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

export const verb = defineVerb({
  name: 'demo',
  summary: 'Replay a recorded day of a real Marcus through the collector, and watch.',
  options: {
    speed: {
      type: 'number',
      value: 'times',
      default: SPEED_DEFAULT,
      description: `how fast the day goes by (up to ${SPEED_MOST})`,
    },
    once: { type: 'boolean', description: 'end when the day is over, with a summary' },
    all: { type: 'boolean', description: 'show every event, also requests for work and counts' },
    recording: { type: 'string', value: 'folder', description: 'another recorded day (default: the bundled one)' },
    ...dataDirOption,
  },
  examples: [
    ['demo', 'a thirteen-minute day in forty seconds'],
    ['demo --once --speed 60', 'faster, and ends by itself'],
  ],
  async run({ options }, io) {
    const { speed } = options
    if (!(speed > 0) || speed > SPEED_MOST)
      throw new CollectorError('usage', `--speed must be above 0 and at most ${SPEED_MOST}, not ${speed}`)
    const dataDirectory = dataDirectoryOf(options['data-dir'], io)
    const color = paint(io.color)
    await io.out(`${title(color)}\n`)
    const stage = await buildStage({ dataDirectory, recording: options.recording ?? bundledRecording(), speed, io })
    const { replay, collector, places } = stage
    const minutes = Math.round((replay.timeline.end - replay.timeline.start) / 60_000_000)
    const lines = [...introduction(places, speed, minutes), ...nextCommands(io.env, options['data-dir'], color)]
    await io.out(`${lines.join('\n')}\n`)
    const screen = demoScreen({ collector, io, all: options.all })
    try {
      await replay.run(io.signal)
      if (!io.signal.aborted) await screen.settle(AFTERWARDS_MS / speed, io.signal)
      if (!options.once && !io.signal.aborted) {
        screen.note('The day is over. The collector goes on; Ctrl-C ends it.')
        await untilAborted(io.signal)
      }
    } finally {
      screen.end()
      const report = await stage.close()
      await io.out(`\n${screen.summary(collector.balance()).join('\n')}\n`)
      if (!report.drained) io.err('Not everything could be delivered before the end.\n')
    }
    const holds = collector.balance().every(({ balanced }) => balanced)
    return exitCode(holds ? 'ok' : 'failed')
  },
})
