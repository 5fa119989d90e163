/**
 * A window of stored events, looked at afterwards: which types, which order, what fails and how it goes on, which tasks are
 * slow or stuck, who completes what, at which hours, and when there was unusually much or little.
 */
import { createVolume } from '../volume.ts'
import type { VolumeFinding } from '../volume-finding.ts'
import { agentPatternsOf } from './agent-patterns.ts'
import { commonSequencesOf } from './common-sequences.ts'
import { coursesOf, retriesOf, taskPatternsOf } from './courses.ts'
import { failuresOf, recoveriesOf } from './failures.ts'
import { hoursOf } from './hours.ts'
import { tracksOf, type Track } from './tracks.ts'
import { transitionsOf } from './transitions.ts'
import type { PatternEvent, PatternOptions, PatternReport } from './types.ts'

/** What analysis itself says is not work that could be much or little. */
const isCounted = (type: string): boolean => !type.startsWith('insight.') && !type.startsWith('alert.')

const typesOf = (events: Track): Record<string, number> => {
  const counts = Map.groupBy(events, ({ type }) => type)
  const sorted = [...counts].toSorted(([a, left], [b, right]) => right.length - left.length || (a < b ? -1 : 1))
  // A type may be called `__proto__`.
  return Object.fromEntries(sorted.map(([type, { length }]) => [type, length]))
}

/** The detector learns from all events and speaks of the window. */
const anomaliesOf = (events: Track, { since, until }: PatternOptions): PatternReport['anomalies'] => {
  const volume = createVolume()
  const findings: VolumeFinding[] = []
  for (const { time, type } of events) if (isCounted(type)) findings.push(...volume.observe(time))
  const learning = events.length === 0 || volume.learning
  if (!learning) findings.push(...volume.advance(until))
  return { learning, findings: findings.filter(({ at }) => at >= since && at <= until) }
}

/** `events` in any order; those before `options.since` are only what the usual is learnt from. */
export const patternsOf = (events: readonly PatternEvent[], options: PatternOptions): PatternReport => {
  const { since, until, top } = options
  const all = events.filter(({ time }) => time < until).toSorted((a, b) => a.time - b.time)
  const own = all.filter(({ time }) => time >= since)
  const tracks = { task: tracksOf(own, 'task'), agent: tracksOf(own, 'agent') }
  const courses = coursesOf(tracks.task)
  return {
    total_events: own.length,
    event_types: typesOf(own),
    common_sequences: {
      by_task: commonSequencesOf(tracks.task, top),
      by_agent: commonSequencesOf(tracks.agent, top),
    },
    transitions: { by_task: transitionsOf(tracks.task, top), by_agent: transitionsOf(tracks.agent, top) },
    failures: failuresOf(own, tracks),
    retries: retriesOf(courses).slice(0, top),
    recoveries: recoveriesOf(tracks),
    tasks: taskPatternsOf(courses, tracks.task, until),
    agents: agentPatternsOf(tracks.agent, courses),
    hours: hoursOf(own, options.timezone),
    anomalies: anomaliesOf(all, options),
  }
}
