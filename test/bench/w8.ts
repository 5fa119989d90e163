/**
 * W8: the sink is down while 600,000 records are taken and acknowledged; kill -9; started again, the sink comes back.
 * W8sync: the same where nothing is acknowledged before the disk has it, with both. W8kill: kill -9 in the midst of the
 * load, the sink up and the client sending again what was not acknowledged.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../core/http/free-port.ts'
import type { Figures } from './figures.ts'
import { inFolder } from './folders.ts'
import type { Gate } from './gates.ts'
import { send, startSink } from './otlp/children.ts'
import { POOL } from './otlp/pool.ts'
import { arrive } from './otlp/relay.ts'
import { accepts, startServer, type Server } from './processes/server.ts'
import { commandOf, missing, otelcol, SENECA, seneca, type Way } from './ways.ts'
import type { BenchOptions, Candidate, Workload } from './workload.ts'

const RECORDS = 600_000
const KILLED_RECORDS = 40_000
const PER_REQUEST = 100
const CONNECTIONS = 4
/** Before its memory at rest is read, and before what came is judged. The kill follows the last acknowledgement at once. */
const SETTLE_MS = 2_000
/** Batches on their way when a process is killed: the queue's ten consumers and the client's connections. */
const IN_FLIGHT_RECORDS = (10 + CONNECTIONS) * PER_REQUEST

const ways: readonly Way[] = [
  seneca('w8/collector.yaml'),
  otelcol('w8/collector.yaml'),
  { ...otelcol('w8/collector.yaml', 'w8/batch.yaml'), name: 'otelcol, batch processor before the queue' },
]

const synced: readonly Way[] = [
  seneca('w8/collector.yaml', 'w8/sync.yaml'),
  otelcol('w8/collector.yaml', 'w8/sync.yaml'),
]

interface Scene {
  readonly port: number
  readonly sinkPort: number
  readonly start: () => Promise<Server>
}

const inScene = (way: Way, work: (scene: Scene) => Promise<Figures>): Promise<Figures> =>
  inFolder(async (folder) => {
    const [port, sinkPort] = [await freePort(), await freePort()]
    const servers: Server[] = []
    const start = async (): Promise<Server> => {
      const server = await startServer({
        command: await commandOf(way, folder),
        env: { PORT: String(port), SINK_PORT: String(sinkPort), FOLDER: folder, ...way.env },
        isReady: () => accepts(port),
        folder,
      })
      servers.push(server)
      return server
    }
    try {
      return await work({ port, sinkPort, start })
    } finally {
      for (const server of servers) await server.stop('SIGKILL')
    }
  })

const load = (port: number, repeat: number) =>
  ({
    protocol: 'http',
    port,
    perRequest: PER_REQUEST,
    gzip: false,
    repeat,
    distinct: true,
    connections: CONNECTIONS,
  }) as const

const sinkOn = (port: number, repeat: number) =>
  startSink({ protocol: 'http', port, edits: false, repeat, distinct: true, compare: false })

/** Until nothing comes any more; what is missing then is lost. */
const drained = async (sink: Awaited<ReturnType<typeof sinkOn>>, records: number): Promise<void> => {
  await arrive(sink, records).catch(() => undefined)
}

const sinkDown = (way: Way, repeat: number): Promise<Figures> =>
  inScene(way, async ({ port, sinkPort, start }) => {
    const records = repeat * POOL
    const first = await start()
    await pause(SETTLE_MS)
    const before = await first.residentMiB()
    const { p99Ms } = await send(load(port, repeat))
    const [growthMiB, cpuIn] = [(await first.residentMiB()) - before, await first.cpuSeconds()]
    await first.stop('SIGKILL')

    const sink = await sinkOn(sinkPort, repeat)
    try {
      const started = performance.now()
      const second = await start()
      await drained(sink, records)
      const [drainCpu, drainMs] = [await second.cpuSeconds(), performance.now() - started]
      const peakMiB = Math.max(await second.peakMiB(), growthMiB + before)
      await pause(SETTLE_MS)
      const { lost, duplicates } = await sink.report()
      return {
        cpuPerMillion: (cpuIn * 1e6) / records,
        drainCpuPerMillion: (drainCpu * 1e6) / records,
        ...(lost === 0 ? { drainSeconds: drainMs / 1_000 } : {}),
        p99Ms,
        growthMiB,
        peakMiB,
        lost,
        duplicates,
      }
    } finally {
      sink.stop()
    }
  })

const killed = (way: Way): Promise<Figures> =>
  inScene(way, async ({ port, sinkPort, start }) => {
    const repeat = KILLED_RECORDS / POOL
    const sink = await sinkOn(sinkPort, repeat)
    try {
      const first = await start()
      const sending = send(load(port, repeat))
      await arrive(sink, KILLED_RECORDS / 4)
      await first.stop('SIGKILL')
      await start()
      await sending
      await drained(sink, KILLED_RECORDS)
      await pause(SETTLE_MS)
      const { lost, duplicates } = await sink.report()
      return { lost, duplicates }
    } finally {
      sink.stop()
    }
  })

const candidates = (of: readonly Way[], run: (way: Way) => Promise<Figures>): readonly Candidate[] =>
  of.map((way) => ({ name: way.name, missing: () => missing(way), run: () => run(way) }))

const nothingLost: readonly Gate[] = [
  { ours: SENECA, figure: 'lost', gate: 0, aim: 0 },
  { ours: SENECA, figure: 'duplicates', gate: IN_FLIGHT_RECORDS, aim: 0 },
]

export const w8 = async (options: BenchOptions): Promise<Workload> => {
  const repeat = Math.ceil((options.records ?? RECORDS) / POOL)
  return {
    name: 'W8',
    title: `sink down, ${(repeat * POOL).toLocaleString('en')} records, kill -9, restart, sink up`,
    candidates: candidates(ways, (way) => sinkDown(way, repeat)),
    ours: SENECA,
    gates: [
      ...nothingLost,
      { ours: SENECA, figure: 'growthMiB', gate: 48, aim: 32 },
      { ours: SENECA, figure: 'drainCpuPerMillion', against: 'otelcol', gate: 0.25, aim: 0.06 },
    ],
  }
}

export const w8sync = async (options: BenchOptions): Promise<Workload> => {
  const repeat = Math.ceil((options.records ?? RECORDS) / POOL)
  return {
    name: 'W8sync',
    title: `W8 with fdatasync before each acknowledgement, ${(repeat * POOL).toLocaleString('en')} records`,
    candidates: candidates(synced, (way) => sinkDown(way, repeat)),
    ours: SENECA,
    gates: [
      ...nothingLost,
      { ours: SENECA, figure: 'cpuPerMillion', against: 'otelcol', gate: 1, aim: 0.6 },
      { ours: SENECA, figure: 'drainCpuPerMillion', against: 'otelcol', gate: 1, aim: 0.06 },
      { ours: SENECA, figure: 'p99Ms', against: 'otelcol', gate: 1, aim: 0.4 },
    ],
  }
}

export const w8kill = async (): Promise<Workload> => ({
  name: 'W8kill',
  title: `kill -9 while ${KILLED_RECORDS.toLocaleString('en')} records go through, the client sends again`,
  candidates: candidates(ways, killed),
  ours: SENECA,
  gates: nothingLost,
})
