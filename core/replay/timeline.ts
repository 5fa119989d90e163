/** A recorded day as one list of steps, in the order in which they happened. */
import { parseLine } from './json.ts'
import { boots, type Boot } from './boots.ts'
import { boardSteps } from './board.ts'
import { recordedCalls, type Call } from './calls.ts'
import { parseInstant, parseStamp, type Micros } from './instant.ts'
import { logSteps } from './logs.ts'
import type { Recording } from './recording.ts'
import { costSteps, marcusRowSteps } from './rows.ts'
import { assignmentFileSteps, historySteps, projectFileSteps, subtaskSteps } from './state-files.ts'
import type { Step } from './step.ts'

export interface Timeline {
  readonly start: Micros
  readonly end: Micros
  readonly steps: readonly Step[]
  readonly boots: readonly Boot[]
  readonly calls: readonly Call[]
}

/** The first and last instants anything in the logs or the truth file speaks of. */
const span = (recording: Recording): { start: Micros; end: Micros } => {
  let start = Infinity
  let end = -Infinity
  const see = (at: Micros | undefined): void => {
    if (at === undefined) return
    start = Math.min(start, at)
    end = Math.max(end, at)
  }
  for (const path of recording.files) {
    if (path.startsWith('logs/')) see(parseStamp(path))
    if (!path.startsWith('logs/') || !path.endsWith('.jsonl')) continue
    const text = recording.bytes(path).toString('utf8').trimEnd()
    see(parseInstant(parseLine(text.slice(0, text.indexOf('\n')))?.['timestamp']))
    see(parseInstant(parseLine(text.slice(text.lastIndexOf('\n') + 1))?.['timestamp']))
  }
  for (const line of recording.lines('truth.ndjson')) see(parseInstant(line['ts']))
  return Number.isFinite(start) ? { start, end } : { start: 0, end: 0 }
}

/** What happens first among things of one instant: the process, then what it writes, then what ends it. */
const rank = (step: Step): number =>
  step.kind === 'process' ? 0 : step.kind === 'up' ? 1 : step.kind === 'down' ? 3 : 2

export const timelineOf = (recording: Recording): Timeline => {
  const { start, end } = span(recording)
  const lives = boots(recording)
  const calls = recordedCalls(recording)
  const processes = lives.flatMap((boot): Step[] => [
    { at: Math.max(boot.startedAt, start), kind: 'process', boot },
    { at: Math.max(boot.upAt, start), kind: 'up', boot },
    ...(Number.isFinite(boot.downAt) ? [{ at: boot.downAt, kind: 'down', boot } as const] : []),
  ])
  const steps = [
    ...processes,
    ...logSteps(recording, lives, calls, start, end),
    ...boardSteps(recording, start, end),
    ...marcusRowSteps(recording, start),
    ...costSteps(recording, start),
    ...assignmentFileSteps(recording, start),
    ...subtaskSteps(recording, calls),
    ...projectFileSteps(recording, end),
    ...historySteps(recording, start),
  ].toSorted((a, b) => a.at - b.at || rank(a) - rank(b))
  return { start, end: Math.max(end, steps.at(-1)?.at ?? end), steps, boots: lives, calls }
}
