/** A recorded day, read once, as the makers of the truth share it. */
import { boots as bootsOf, type Boot } from '../../core/replay/boots.ts'
import { recordedCalls, type Call } from '../../core/replay/calls.ts'
import { parseInstant, seconds, type Json, type Micros, type Recording } from '../../core/replay/index.ts'

export interface Day {
  readonly recording: Recording
  readonly calls: readonly Call[]
  readonly boots: readonly Boot[]
  readonly end: Micros
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export const succeeded = (call: Call): boolean => isObject(call.answer) && call.answer['success'] === true

/** An answer's time and the log line's differ by what lies between: a socket and a busy process. */
export const SLACK = seconds(0.6)

export const around = (call: Call): { from: Micros; to: Micros } => ({
  from: call.sentAt - SLACK,
  to: call.answeredAt + SLACK,
})

export const dayOf = (recording: Recording): Day => {
  const calls = recordedCalls(recording)
  const times = recording.lines('truth.ndjson').flatMap((line) => parseInstant(line['ts']) ?? [])
  const end = Math.max(...times, ...calls.map((call) => call.answeredAt))
  return { recording, calls, boots: bootsOf(recording), end }
}
