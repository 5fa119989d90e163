/** What is measured without being asked for. */
import type { Pairing } from './durations.ts'
import { LATENCY_BOUNDS_S, TASK_BOUNDS_S } from './latency-level.ts'

export interface DurationSpec {
  /** Name of the histogram, in seconds. */
  readonly name: string
  readonly description: string
  readonly bounds: readonly number[]
  /** What `insight.latency.level` calls it; undefined = not judged by the bands. */
  readonly path: string | undefined
  /** Undefined: the event says it by itself (`delay`: how late it comes, `tool`: its `duration_ms`). */
  readonly pairing: Pairing | 'delay' | 'tool'
}

export const knownDurations: readonly DurationSpec[] = [
  {
    name: 'marcus.event.delay',
    description: 'From when an event happened to when it was seen here, corrected for clocks that differ.',
    bounds: LATENCY_BOUNDS_S,
    path: 'marcus → collector',
    pairing: 'delay',
  },
  {
    name: 'marcus.tool.duration',
    description: 'How long Marcus took to answer a tool call.',
    bounds: LATENCY_BOUNDS_S,
    path: 'tool call',
    pairing: 'tool',
  },
  {
    name: 'marcus.task.assignment.duration',
    description: 'From an agent asking for work to its assignment.',
    bounds: LATENCY_BOUNDS_S,
    path: 'request → assignment',
    pairing: { from: 'agent.work.requested', to: 'task.assigned', by: 'agent_id' },
  },
  {
    name: 'marcus.task.duration',
    description: 'From the assignment of a task to its completion.',
    bounds: TASK_BOUNDS_S,
    path: undefined,
    pairing: { from: 'task.assigned', to: 'task.completed', by: 'task_id' },
  },
  {
    name: 'marcus.task.blocked.duration',
    description: 'From a blocker to its end.',
    bounds: TASK_BOUNDS_S,
    path: undefined,
    pairing: { from: 'task.blocked', to: 'task.unblocked', by: 'task_id' },
  },
]

export const ownDuration = (given: {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly by: Pairing['by']
  readonly bands: boolean
}): DurationSpec => ({
  name: given.name,
  description: `From ${given.from} to ${given.to}.`,
  bounds: given.bands ? LATENCY_BOUNDS_S : TASK_BOUNDS_S,
  path: given.bands ? `${given.from} → ${given.to}` : undefined,
  pairing: { from: given.from, to: given.to, by: given.by },
})
