/**
 * W1: NDJSON file → parse → set three, rename one, upper-case one, drop debug (30 %) → NDJSON file. Every candidate runs as
 * a whole process; its output is checked record by record against the by-hand one.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { findPeer, peer, type Peer } from '../peers/peers.ts'
import type { Figures } from './figures.ts'
import type { Gate } from './gates.ts'
import { compare, type RecordsOf } from './ndjson/compare.ts'
import { writeEvents } from './ndjson/events.ts'
import { markCounter } from './ndjson/mark-counter.ts'
import { bodiesOf } from './ndjson/otlp-json.ts'
import { measure } from './processes/measure.ts'
import { idle } from './processes/usage.ts'
import type { BenchOptions, Candidate, Workload } from './workload.ts'

const here = import.meta.dirname
const configs = join(here, 'configs/w1')
const node = process.execPath
const RECORDS = 1_000_000

interface Job {
  readonly input: string
  readonly output: string
  /** A folder of its own. */
  readonly folder: string
}

/** A program that can do W1. Its configuration reads IN, OUT, OUT_FOLDER, OUT_NAME and CONFIGS from the environment. */
interface Way {
  readonly name: string
  readonly program: () => Promise<Peer>
  readonly args: (job: Job) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Programs that follow the file for ever are stopped when all is written, or when they use no CPU any more. */
  readonly stopped?: 'when all is written' | 'when idle'
  /** What each record has once in the output; a newline when absent. */
  readonly mark?: string
  /** How its output is read. */
  readonly read?: RecordsOf
  /** Its records are others by nature, or it writes none: they are counted at most. */
  readonly notCompared?: true
}

const SENECA = 'seneca-collector'
const READLINE = 'Node readline by hand'
const thisNode = async (): Promise<Peer> => ({ program: node })
const config = (name: string): string => join(configs, name)
/** Once in each record of OTLP/JSON. */
const OTLP_MARK = '"observedTimeUnixNano"'

const seneca = ({ folder }: Job): readonly string[] => [
  join(here, '../../core/bootstrap.mjs'),
  'run',
  '--once',
  '--config',
  config('seneca.yaml'),
  '--data-dir',
  join(folder, 'data'),
]
const byHand =
  (name: string) =>
  ({ input, output }: Job): readonly string[] => [join(here, 'ndjson/by-hand', name), input, output]
const configured =
  (option: string, name: string, ...more: readonly string[]) =>
  (): readonly string[] => [option, config(name), ...more]

const ways: readonly Way[] = [
  { name: SENECA, program: thisNode, args: seneca },
  {
    name: `${SENECA} → OTLP/JSON`,
    program: thisNode,
    args: seneca,
    env: { FORMAT: 'otlp_json' },
    read: bodiesOf,
  },
  { name: 'its record model alone', program: thisNode, args: byHand('model.ts') },
  { name: READLINE, program: thisNode, args: byHand('readline.ts') },
  { name: 'Node 1 MiB chunks by hand', program: thisNode, args: byHand('chunks.ts') },
  {
    name: 'Fluent Bit',
    program: async () => findPeer('fluent-bit'),
    args: configured('-c', 'fluent-bit.conf'),
    stopped: 'when all is written',
  },
  {
    name: 'otelcol → OTLP/JSON',
    program: () => peer('otelcol'),
    args: configured('--config', 'otelcol.yaml'),
    stopped: 'when all is written',
    mark: OTLP_MARK,
    read: bodiesOf,
  },
  {
    name: 'otelcol → nothing',
    program: () => peer('otelcol'),
    args: configured(
      '--config',
      'otelcol.yaml',
      '--set=exporters::nop={}',
      '--set=service::pipelines::logs::exporters=[nop]',
    ),
    stopped: 'when idle',
    notCompared: true,
  },
  {
    name: 'Telegraf',
    program: () => peer('telegraf'),
    args: configured('--config', 'telegraf.conf'),
    stopped: 'when all is written',
    notCompared: true,
  },
  { name: 'Benthos', program: async () => findPeer('benthos'), args: configured('-c', 'benthos.yaml') },
  {
    name: 'Vector',
    program: async () => findPeer('vector'),
    args: configured('--config', 'vector.yaml', '--quiet'),
    stopped: 'when all is written',
  },
  {
    name: 'jq',
    program: async () => (findPeer('jq').program === undefined ? findPeer('jq') : { program: 'sh' }),
    args: ({ input, output }) => ['-c', 'exec jq -c -f "$1" "$2" > "$3"', 'sh', config('change.jq'), input, output],
  },
]

const gates: readonly Gate[] = [
  { ours: SENECA, figure: 'cpuPerMillion', against: 'Fluent Bit', gate: 0.3, aim: 0.12 },
  { ours: SENECA, figure: 'cpuPerMillion', against: READLINE, insteadOf: 'Fluent Bit', gate: 0.59, aim: 0.24 },
  { ours: SENECA, figure: 'cpuPerMillion', against: 'otelcol → OTLP/JSON', gate: 0.15, aim: 0.06 },
  { ours: SENECA, figure: 'cpuPerMillion', against: 'otelcol → nothing', gate: 0.25, aim: 0.1 },
  { ours: `${SENECA} → OTLP/JSON`, figure: 'cpuPerMillion', against: 'otelcol → OTLP/JSON', gate: 0.3, aim: 0.15 },
]

interface Task {
  readonly input: string
  /** What must come out, as NDJSON. */
  readonly reference: string
  readonly records: number
  /** How many of them come out. */
  readonly kept: number
}

const runOnce = async (way: Way, task: Task, folder: string, round: number): Promise<Figures> => {
  const found = await way.program()
  if (found.program === undefined) throw new Error(found.reason)
  const job: Job = { input: task.input, output: join(folder, 'out.ndjson'), folder }
  mkdirSync(folder, { recursive: true })
  try {
    const cost = await measure({
      command: [found.program, ...way.args(job)],
      env: {
        IN: job.input,
        OUT: job.output,
        OUT_FOLDER: folder,
        OUT_NAME: basename(job.output),
        CONFIGS: configs,
        ...way.env,
      },
      ...(way.stopped === 'when all is written' ? { isDone: markCounter(job.output, task.kept, way.mark) } : {}),
      ...(way.stopped === 'when idle' ? { isDone: idle() } : {}),
    })
    if (round === 0 && !way.notCompared) {
      const { problem } = await compare(task.reference, job.output, way.read)
      if (problem !== undefined) throw new Error(problem)
    }
    return {
      cpuPerMillion: (cost.cpuSeconds * 1e6) / task.records,
      perSecond: task.records / cost.wallSeconds,
      peakMiB: cost.peakMiB,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const w1 = async (options: BenchOptions): Promise<Workload> => {
  const folder = join(tmpdir(), 'seneca-bench')
  mkdirSync(folder, { recursive: true })
  const records = options.records ?? RECORDS
  const input = join(folder, `w1-${records}.ndjson`)
  const bytes = writeEvents(input, records)
  const reference = join(folder, `w1-${records}-expected.ndjson`)
  await measure({ command: [node, ...byHand('chunks.ts')({ input, output: reference, folder })] })
  const { count: kept } = await compare(reference, reference)
  const task: Task = { input, reference, records, kept }
  const candidate = (way: Way, at: number): Candidate => ({
    name: way.name,
    missing: async () => {
      const found = await way.program()
      return found.program === undefined ? found.reason : undefined
    },
    run: (round) => runOnce(way, task, join(folder, `run-${at}`), round),
  })
  return {
    name: 'W1',
    title: `${records.toLocaleString('en')} events of ${Math.round(bytes / records)} bytes, NDJSON file → filter, edits → file`,
    candidates: ways.map(candidate),
    ours: SENECA,
    gates,
  }
}
