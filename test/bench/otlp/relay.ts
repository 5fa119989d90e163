/** Sends the pool through a collector into a sink and says what the collector used, start-up included. */
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../../../core/http/free-port.ts'
import type { Figures } from '../figures.ts'
import { inFolder } from '../folders.ts'
import type { Gate } from '../gates.ts'
import { accepts, startServer, type Server } from '../processes/server.ts'
import type { BenchOptions, Candidate, Workload } from '../workload.ts'
import { send, startSink, type Sink } from './children.ts'
import { edited, POOL, pool } from './pool.ts'
import type { Protocol } from './transports.ts'
import { commandOf, missing, SENECA, type Way } from '../ways.ts'

export interface Relay {
  readonly protocol: Protocol
  readonly perRequest: number
  /** Requests in and batches out are compressed. */
  readonly gzip?: true
  /** The collector is configured with the edits of W4. */
  readonly edits?: true
}

const CONNECTIONS = 4
const RECORDS = 1_000_000
const POLL_MS = 20
/** No record for so long means that no more come. */
const STALL_MS = 10_000
/** What comes too much comes within this time. */
const AFTER_MS = 300

/** Until `expected` records are in the sink. */
export const arrive = async (sink: Sink, expected: number): Promise<void> => {
  let [seen, since] = [sink.seen(), performance.now()]
  while (seen < expected) {
    await pause(POLL_MS)
    if (sink.seen() > seen) [seen, since] = [sink.seen(), performance.now()]
    else if (performance.now() - since > STALL_MS) throw new Error(`only ${seen} of ${expected} records arrived`)
  }
}

const through = async (relay: Relay, repeat: number, server: Server, sink: Sink, port: number): Promise<Figures> => {
  const expected = repeat * (relay.edits ? pool.filter((record) => edited(record)).length : POOL)
  const started = performance.now()
  const { protocol, perRequest } = relay
  await send({ protocol, port, perRequest, gzip: relay.gzip ?? false, repeat, connections: CONNECTIONS })
  await arrive(sink, expected)
  const seconds = (performance.now() - started) / 1_000
  const cpuSeconds = await server.cpuSeconds()
  await pause(AFTER_MS)
  const { lost, duplicates, problem } = await sink.report()
  if (lost + duplicates > 0) throw new Error(`${lost} records are missing and ${duplicates} came too often`)
  if (problem !== undefined) throw new Error(problem)
  return {
    cpuPerMillion: (cpuSeconds * 1e6) / (repeat * POOL),
    perSecond: (repeat * POOL) / seconds,
    peakMiB: await server.peakMiB(),
  }
}

/** `compare`: every record is decoded and compared, not only counted. */
const runOnce = (way: Way, relay: Relay, repeat: number, compare: boolean): Promise<Figures> =>
  inFolder(async (folder) => {
    const { protocol } = relay
    const sink = await startSink({ protocol, port: 0, edits: relay.edits ?? false, repeat, compare })
    const port = await freePort()
    const env = {
      PORT: String(port),
      SINK_PORT: String(sink.port),
      COMPRESSION: relay.gzip ? 'gzip' : 'none',
      ...way.env,
    }
    let server: Server | undefined
    try {
      server = await startServer({ command: await commandOf(way, folder), env, isReady: () => accepts(port), folder })
      return await through(relay, repeat, server, sink, port)
    } finally {
      await server?.stop()
      sink.stop()
    }
  })

export interface RelayWorkload {
  readonly name: string
  readonly title: string
  readonly relay: Relay
  readonly ways: readonly Way[]
  readonly gates: readonly Omit<Gate, 'ours' | 'figure'>[]
}

export const relayWorkload = ({ name, title, relay, ways, gates }: RelayWorkload, options: BenchOptions): Workload => {
  const repeat = Math.ceil((options.records ?? RECORDS) / POOL)
  const candidate = (way: Way): Candidate => ({
    name: way.name,
    missing: () => missing(way),
    run: async (round) => {
      if (round === 0) await runOnce(way, relay, 1, true)
      return runOnce(way, relay, repeat, false)
    },
  })
  return {
    name,
    title: `${(repeat * POOL).toLocaleString('en')} records, ${title}`,
    candidates: ways.map(candidate),
    ours: SENECA,
    gates: gates.map((gate) => ({ ...gate, ours: SENECA, figure: 'cpuPerMillion' })),
  }
}
