/**
 * A workload: candidates that do the same work, run in turn. The order rotates from round to round, and the machine
 * settles between two runs, as whoever runs right after a candidate that kept the disk busy pays for it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { table, type Figures, type Result } from './figures.ts'
import { judge, type Gate } from './gates.ts'

export interface Candidate {
  readonly name: string
  /** Why it cannot be measured here; undefined when it can. */
  readonly missing?: () => Promise<string | undefined>
  /** One run; rejects when its output is wrong. In round 0 contents are checked too, later only counts. */
  readonly run: (round: number) => Promise<Figures>
}

export interface Workload {
  readonly name: string
  readonly title: string
  readonly candidates: readonly Candidate[]
  /** Stands at the top of the ratios. */
  readonly ours: string
  readonly gates: readonly Gate[]
  /** Ends what was started for all candidates. */
  readonly end?: () => Promise<void>
}

export interface BenchOptions {
  /** Records that go through each candidate; undefined: the workload's own number. */
  readonly records: number | undefined
  readonly rounds: number
  /** Parts of names of candidates to leave in; all when empty. */
  readonly only: readonly string[]
}

const SETTLE_MS = 1_000

const present = async (candidates: readonly Candidate[], only: readonly string[]): Promise<readonly Candidate[]> => {
  const here: Candidate[] = []
  for (const candidate of candidates) {
    if (only.length > 0 && !only.some((part) => candidate.name.includes(part))) continue
    const reason = await candidate.missing?.()
    if (reason === undefined) here.push(candidate)
    else console.log(`  ${candidate.name} is not measured: ${reason}`)
  }
  return here
}

const told = (figures: Figures): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(value < 100 ? 2 : 0)}`)
    .join(', ')

/** Runs and prints it; false when a gate is missed or our own output was wrong. */
export const runWorkload = async (workload: Workload, options: BenchOptions): Promise<boolean> => {
  console.log(`\n${workload.name}: ${workload.title}, ${options.rounds} rounds`)
  const candidates = await present(workload.candidates, options.only)
  const runs = candidates.map((): Figures[] => [])
  const problems = candidates.map((): string | undefined => undefined)
  for (let round = 0; round < options.rounds; round++) {
    for (let i = 0; i < candidates.length; i++) {
      const at = (i + round) % candidates.length
      const { name, run } = candidates[at]!
      try {
        const figures = await run(round)
        runs[at]!.push(figures)
        console.log(`  ${name}: ${told(figures)}`)
      } catch (error) {
        problems[at] ??= error instanceof Error ? error.message : String(error)
        console.log(`  ${name} failed: ${problems[at]}`)
      }
      await pause(SETTLE_MS)
    }
  }
  await workload.end?.()
  const results = candidates.map(({ name }, at): Result => ({ name, runs: runs[at]!, problem: problems[at] }))
  console.log(`\n${table(results, workload.ours)}\n`)
  const { sentences, isMet } = judge(results, workload.gates)
  for (const text of sentences) console.log(text)
  return isMet
}
