/**
 * W5: NDJSON file → messages of a NATS JetStream stream on disk, each acknowledged. What the server uses is not counted.
 * Every run has a server of its own; the messages are read back and compared with the lines of the file.
 */
import { createReadStream, mkdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { jetstream, jetstreamManager, StorageType, type JetStreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { peer, type Peer } from '../peers/peers.ts'
import { natsServers, startNatsServer } from '../setup/nats-server.ts'
import { missing as missingProgram } from '../setup/programs.ts'
import type { Figures } from './figures.ts'
import { inFolder } from './folders.ts'
import type { Gate } from './gates.ts'
import { writeEvents } from './ndjson/events.ts'
import { measure } from './processes/measure.ts'
import type { BenchOptions, Candidate, Workload } from './workload.ts'

const here = import.meta.dirname
const RECORDS = 300_000
const STREAM = 'BENCH'
const SUBJECT = 'bench.events'
const SENECA = 'seneca-collector'
const ASYNC = 'nats bench, async (reads no file)'

interface Job {
  readonly input: string
  readonly records: number
  /** Of the server. */
  readonly url: string
  readonly folder: string
}

interface Way {
  readonly name: string
  readonly program: () => Promise<Peer>
  readonly args: (job: Job) => readonly string[]
  /** Follows the file for ever: stopped when the stream has all. */
  readonly follows?: true
  /** Its messages are others by nature and only counted. */
  readonly notCompared?: true
}

const ways: readonly Way[] = [
  {
    name: SENECA,
    program: async () => ({ program: process.execPath }),
    args: ({ folder }) => [
      join(here, '../../core/bootstrap.mjs'),
      'run',
      '--once',
      '--config',
      join(here, 'configs/w5/seneca.yaml'),
      '--data-dir',
      join(folder, 'data'),
    ],
  },
  {
    name: 'Telegraf',
    program: () => peer('telegraf'),
    args: () => ['--config', join(here, 'configs/w5/telegraf.conf')],
    follows: true,
    notCompared: true,
  },
  {
    name: ASYNC,
    program: () => peer('nats'),
    args: ({ url, records, input }) => {
      const size = Math.round(statSync(input).size / records)
      return `bench js pub async ${SUBJECT} --server=${url} --stream=${STREAM} --msgs=${records} --size=${size} --no-progress`.split(
        ' ',
      )
    },
    notCompared: true,
  },
]

const gates: readonly Gate[] = [
  { ours: SENECA, figure: 'cpuPerMillion', against: 'Telegraf', gate: 0.1, aim: 0.05 },
  { ours: SENECA, figure: 'cpuPerMillion', against: ASYNC, gate: 0.6, aim: 0.35 },
]

const stored = async (manager: JetStreamManager): Promise<number> => (await manager.streams.info(STREAM)).state.messages

/** The lines of the file by their id, and each message of the stream once. */
const compareStream = async ({ url, input }: Job): Promise<string | undefined> => {
  const lines = new Map<string, string>()
  for await (const line of createInterface({ input: createReadStream(input) }))
    lines.set((JSON.parse(line) as { id: string }).id, line)
  const connection = await connect({ servers: url })
  try {
    const consumer = await jetstream(connection).consumers.get(STREAM)
    const messages = await consumer.consume()
    for await (const message of messages) {
      const text = message.string()
      const { id } = JSON.parse(text) as { id: string }
      if (lines.get(id) !== text) return `message ${message.seq} is not a line of the file: ${text.slice(0, 300)}`
      lines.delete(id)
      if (message.info.pending === 0) break
    }
  } finally {
    await connection.close()
  }
  return lines.size === 0 ? undefined : `${lines.size} lines are not in the stream`
}

const publish = async (way: Way, job: Job, round: number): Promise<Figures> => {
  const connection = await connect({ servers: job.url })
  try {
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name: STREAM, subjects: ['bench.>'], storage: StorageType.File })
    const found = await way.program()
    if (found.program === undefined) throw new Error(found.reason)
    const cost = await measure({
      command: [found.program, ...way.args(job)],
      env: { IN: job.input, NATS: job.url },
      ...(way.follows ? { isDone: async () => (await stored(manager)) >= job.records } : {}),
    })
    const count = await stored(manager)
    // A peer may send a message again that was acknowledged late; ours has to be there once.
    if (count < job.records || (count > job.records && !way.notCompared))
      throw new Error(`the stream has ${count} messages of ${job.records}`)
    const problem = round === 0 && !way.notCompared ? await compareStream(job) : undefined
    if (problem !== undefined) throw new Error(problem)
    return {
      cpuPerMillion: (cost.cpuSeconds * 1e6) / job.records,
      perSecond: job.records / cost.wallSeconds,
      peakMiB: cost.peakMiB,
    }
  } finally {
    await connection.close()
  }
}

export const w5 = async (options: BenchOptions): Promise<Workload> => {
  const records = options.records ?? RECORDS
  mkdirSync(join(tmpdir(), 'seneca-bench'), { recursive: true })
  const input = join(tmpdir(), 'seneca-bench', `w1-${records}.ndjson`)
  writeEvents(input, records)
  const servers = await natsServers()
  const binary = servers.get('newest') ?? servers.get('packaged')
  const candidate = (way: Way): Candidate => ({
    name: way.name,
    missing: async () => {
      if (binary === undefined) return missingProgram('nats-server')
      const found = await way.program()
      return found.program === undefined ? found.reason : undefined
    },
    run: (round) =>
      inFolder(async (folder) => {
        const server = await startNatsServer(binary!)
        try {
          return await publish(way, { input, records, url: server.url, folder }, round)
        } finally {
          await server.remove()
        }
      }),
  })
  return {
    name: 'W5',
    title: `${records.toLocaleString('en')} events, NDJSON file → NATS JetStream, acknowledged`,
    candidates: ways.map(candidate),
    ours: SENECA,
    gates,
  }
}
