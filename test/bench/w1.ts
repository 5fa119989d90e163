/**
 * W1: NDJSON file → parse → set three, rename one, upper-case one, drop debug (30 %) → NDJSON file. Every candidate runs
 * as a whole process in the same call, in turn and in rotated order; its output is checked record by record against the
 * by-hand one. What counts is CPU (user + system) for a million events.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare } from './compare.ts'
import { writeEvents } from './events.ts'
import { measure } from './measure.ts'
import type { Cost } from './measure.ts'
import { markCounter, presentPeers } from './peers.ts'
import type { Candidate, Job } from './peers.ts'

const here = import.meta.dirname
const node = process.execPath
const script = (name: string) => (job: Job) => [node, join(here, 'candidates', `${name}.ts`), job.input, job.output]

const COLLECTOR = 'seneca-collector'
const READLINE = 'Node readline by hand'

const collector: Candidate = {
  name: COLLECTOR,
  command: ({ input, output, folder }) => [
    'env',
    `IN=${input}`,
    `OUT=${output}`,
    node,
    join(here, '../../core/main.ts'),
    'run',
    '--once',
    '--config',
    join(here, 'configs/w1.yaml'),
    '--data-dir',
    join(folder, 'data'),
  ],
}

const own: readonly Candidate[] = [
  collector,
  { name: 'its record model alone', command: script('model') },
  { name: READLINE, command: script('readline') },
  { name: 'Node 1 MiB chunks by hand', command: script('chunks') },
]

/** CPU of the collector ÷ the peer's: the least, and what is aimed at. Readline stands in where Fluent Bit is not here. */
const gates: Readonly<Record<string, { readonly gate: number; readonly aim: number }>> = {
  'Fluent Bit': { gate: 0.3, aim: 0.12 },
  [READLINE]: { gate: 0.59, aim: 0.24 },
}

export interface W1Options {
  readonly events: number
  readonly rounds: number
  /** Names to leave in; all when empty. */
  readonly only: readonly string[]
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

interface Result {
  readonly candidate: Candidate
  readonly costs: Cost[]
  problem?: string
}

const runOnce = async (candidate: Candidate, job: Job): Promise<Cost> => {
  rmSync(job.folder, { recursive: true, force: true })
  mkdirSync(job.folder, { recursive: true })
  const isDone = candidate.followsForEver ? { isDone: markCounter(job.output, job.expected, candidate.mark) } : {}
  return measure({ command: candidate.command(job), ...isDone })
}

const cpu = (result: Result, events: number): number =>
  (median(result.costs.map((cost) => cost.cpuSeconds)) * 1e6) / events

const print = (results: readonly Result[], options: W1Options): void => {
  const { events } = options
  const readline = results.find(({ candidate }) => candidate.name === READLINE)
  const fluentBit = results.find(({ candidate }) => candidate.name === 'Fluent Bit')
  const over = (result: Result, peer: Result | undefined): string =>
    peer?.costs.length ? (cpu(result, options.events) / cpu(peer, options.events)).toFixed(2) : ''
  console.log(
    `\nW1, medians                 CPU-s/1M  records/CPU-s  records/s   peak MiB   ÷ readline${fluentBit?.costs.length ? '  ÷ Fluent Bit' : ''}`,
  )
  for (const result of results) {
    if (result.costs.length === 0) continue
    const wall = median(result.costs.map((cost) => cost.wallSeconds))
    const peak = Math.max(...result.costs.map((cost) => cost.peakMiB))
    const cells = [
      cpu(result, events).toFixed(2).padStart(8),
      Math.round(1e6 / cpu(result, events))
        .toString()
        .padStart(14),
      Math.round(events / wall)
        .toString()
        .padStart(10),
      peak.toFixed(0).padStart(10),
      over(result, readline).padStart(12),
      over(result, fluentBit).padStart(14),
    ]
    console.log(
      `${result.candidate.name.padEnd(28)}${cells.join(' ')}${result.problem ? `  output differs: ${result.problem}` : ''}`,
    )
  }
}

/** Prints how the collector stands; false when it misses the gate. */
const judge = (results: readonly Result[], { events }: W1Options): boolean => {
  const ours = results.find(({ candidate }) => candidate.name === COLLECTOR)
  if (!ours?.costs.length) return true
  let isMet = ours.problem === undefined
  const peers = results.filter(({ candidate, costs }) => gates[candidate.name] && costs.length > 0)
  const judged = peers.some(({ candidate }) => candidate.name !== READLINE)
    ? peers.filter(({ candidate }) => candidate.name !== READLINE)
    : peers
  for (const peer of judged) {
    const { gate, aim } = gates[peer.candidate.name]!
    const ratio = cpu(ours, events) / cpu(peer, events)
    const verdict = ratio <= aim ? 'the aim is reached' : ratio <= gate ? 'the gate is met' : 'THE GATE IS MISSED'
    if (ratio > gate) isMet = false
    console.log(`${COLLECTOR} ÷ ${peer.candidate.name}: ${ratio.toFixed(2)} (gate ${gate}, aim ${aim}): ${verdict}`)
  }
  console.log(`${Math.round(1e6 / cpu(ours, events)).toLocaleString('en')} events per CPU second`)
  return isMet
}

export const w1 = async (options: W1Options): Promise<boolean> => {
  const folder = join(tmpdir(), 'seneca-bench')
  mkdirSync(folder, { recursive: true })
  const input = join(folder, `w1-${options.events}.ndjson`)
  const bytes = writeEvents(input, options.events)
  console.log(
    `W1: ${options.events.toLocaleString('en')} events of ${Math.round(bytes / options.events)} bytes, ${options.rounds} rounds`,
  )
  const reference = join(folder, 'w1-expected.ndjson')
  await measure({ command: script('chunks')({ input, output: reference, expected: 0, folder }) })
  const { count: expected } = await compare(reference, reference)

  const candidates = [...own, ...presentPeers()].filter(
    ({ name }) => options.only.length === 0 || options.only.some((part) => name.includes(part)),
  )
  const results: Result[] = candidates.map((candidate) => ({ candidate, costs: [] }))
  for (let round = 0; round < options.rounds; round++) {
    for (let i = 0; i < results.length; i++) {
      const result = results[(i + round) % results.length]!
      const job = { input, folder: join(folder, `run-${(i + round) % results.length}`), output: '', expected }
      await step(result, { ...job, output: join(job.folder, 'out.ndjson') }, reference, round)
    }
  }
  print(results, options)
  return judge(results, options)
}

const step = async (result: Result, job: Job, reference: string, round: number): Promise<void> => {
  try {
    const cost = await runOnce(result.candidate, job)
    result.costs.push(cost)
    console.log(
      `  ${result.candidate.name}: ${cost.cpuSeconds.toFixed(2)} CPU-s, ${cost.wallSeconds.toFixed(2)} s, ${cost.peakMiB.toFixed(0)} MiB`,
    )
    if (round > 0 || result.candidate.otherForm) return
    const { problem } = await compare(reference, job.output)
    if (problem !== undefined) result.problem = problem
  } catch (error) {
    result.problem = error instanceof Error ? error.message : String(error)
    console.log(`  ${result.candidate.name} failed: ${result.problem}`)
  } finally {
    rmSync(job.folder, { recursive: true, force: true })
  }
}
