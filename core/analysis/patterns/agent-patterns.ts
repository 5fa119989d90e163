/**
 * What became of what each agent was given, and how often it gives a sign. Marcus itself and its planner, who use tokens and
 * close tasks, are no agents that anything is given to.
 */
import type { Course } from './courses.ts'
import { spansOf } from './spans.ts'
import { nameIn, type Tracks } from './tracks.ts'
import type { AgentPatterns } from './types.ts'

const WORK: ReadonlySet<string> = new Set(['task.assigned', 'task.started', 'task.progress.updated', 'task.blocked'])

export const agentPatternsOf = (agents: Tracks, courses: readonly Course[]): AgentPatterns[] => {
  const attempts = Map.groupBy(
    courses.flatMap((course) => course.attempts),
    ({ agent }) => agent,
  )
  return [...agents]
    .filter(([, track]) => track.some(({ type }) => type.startsWith('agent.') || WORK.has(type)))
    .map(([id, track]): AgentPatterns => {
      const own = attempts.get(id) ?? []
      const count = (...types: string[]): number => track.filter(({ type }) => types.includes(type)).length
      const spans = own.flatMap(({ end, since, until }) => (end === 'completed' ? [until! - since] : []))
      return {
        agent_id: id,
        agent_name: nameIn(track, id, 'agentName'),
        events: track.length,
        assigned: own.length,
        completed: count('task.completed'),
        recovered: count('task.recovered'),
        unassigned: count('task.unassigned'),
        blocked: count('task.blocked'),
        refused: count('task.progress.refused', 'task.completion.refused'),
        silent: count('agent.silent'),
        duration: spansOf(spans),
        cadence: spansOf(track.slice(1).map(({ time }, i) => time - track[i]!.time)),
      }
    })
    .toSorted((a, b) => b.completed - a.completed || b.events - a.events || (a.agent_id < b.agent_id ? -1 : 1))
}
