/** What a client wants: patterns over topics and types, and a condition over the event. Compiled once. */
import { decode } from 'seneca-collector'
import type { LogRecord } from 'seneca-collector'
import { compilePattern, patternProblem } from 'seneca-collector/events'
import { BadRequest } from './protocol.ts'
import type { Entry } from './ring.ts'

/** Types answered from memory; an unbounded number of types would be an unbounded map. */
const TYPES_MOST = 1_000

export interface Subscription {
  readonly patterns: readonly string[]
  wants(entry: Entry): boolean
}

export type CompileFilter = (text: string) => (record: LogRecord) => boolean

const typeMatcher = (patterns: readonly string[]): ((type: string) => boolean) => {
  for (const pattern of patterns) {
    const problem = patternProblem(pattern)
    if (problem !== undefined) throw new BadRequest(`pattern "${pattern}": ${problem}`)
  }
  const matchers = patterns.map((pattern) => compilePattern(pattern))
  const answers = new Map<string, boolean>()
  return (type) => {
    const before = answers.get(type)
    if (before !== undefined) return before
    if (answers.size >= TYPES_MOST) answers.clear()
    const answer = matchers.some((matches) => matches(type))
    answers.set(type, answer)
    return answer
  }
}

const recordOf = (entry: Entry): LogRecord => entry.record ?? decode('logs', 'envelope', entry.message).at(0)

/** Throws `BadRequest` where a pattern or the condition is wrong. */
export const subscription = (
  patterns: readonly string[],
  filter: string | undefined,
  compileFilter: CompileFilter,
): Subscription => {
  const matches = typeMatcher(patterns)
  if (filter === undefined || filter === '') return { patterns, wants: (entry) => matches(entry.type) }
  const keeps = compileFilter(filter)
  return { patterns, wants: (entry) => matches(entry.type) && keeps(recordOf(entry)) }
}
