/** What a task, an attempt at it and a tool call look like in a trace. Pure: it changes nothing that is known of the tasks. */
import type { SpanInit, SpanLinkInit } from 'seneca-collector'
import { rootTaskOf, traceIdOf } from 'seneca-collector/events'
import type { EventView } from './event-view.ts'
import { spanIdOf } from './span-id.ts'
import type { OpenAttempt, Task, Tasks } from './tasks.ts'

const NANOS_PER_MS = 1_000_000
/** The numbers of OTLP. */
const Kind = { internal: 1, client: 3 } as const
const Status = { ok: 1, error: 2 } as const

export type Outcome = 'completed' | 'recovered' | 'unassigned' | 'superseded'

const messages: Readonly<Record<Exclude<Outcome, 'completed'>, string>> = {
  recovered: 'the agent went silent and Marcus took the task back',
  unassigned: 'the task was taken from the agent by hand',
  superseded: 'the task was given out again',
}

const rootSpanId = (traceId: string, root: string): string => spanIdOf('task', traceId + root)

/** The tasks it depends on, as spans of their own traces: known, or to be worked out from their ids. */
const dependencies = (tasks: Tasks, task: Task): SpanLinkInit[] =>
  task.dependsOn.map((id) => {
    const other = tasks.get(id)
    const root = other?.root ?? rootTaskOf(id)
    const traceId = other?.traceId ?? traceIdOf(root)
    return {
      traceId,
      spanId: rootSpanId(traceId, root),
      attributes: { 'seneca.link.kind': 'dependency', 'marcus.task.id': id },
    }
  })

const retry = ({ traceId, previous }: Task): SpanLinkInit[] =>
  previous === undefined ? [] : [{ traceId, spanId: previous, attributes: { 'seneca.link.kind': 'retry' } }]

export const attemptSpan = (tasks: Tasks, task: Task, open: OpenAttempt, end: bigint, outcome: Outcome): SpanInit => ({
  traceId: task.traceId,
  spanId: open.spanId,
  parentSpanId: rootSpanId(task.traceId, task.root),
  name: task.name,
  kind: Kind.internal,
  startTime: BigInt(open.start),
  endTime: end,
  attributes: { ...task.attributes, ...open.attributes, 'seneca.task.outcome': outcome },
  events: open.events.map(({ time, ...rest }) => ({ time: BigInt(time), ...rest })),
  droppedEventsCount: open.droppedEvents,
  links: [...retry(task), ...dependencies(tasks, task)],
  status: outcome === 'completed' ? { code: Status.ok } : { code: Status.error, message: messages[outcome] },
})

/** The task itself, when it is the root of its trace and anybody has worked on it. */
export const taskSpans = (tasks: Tasks, task: Task, end: EventView): readonly SpanInit[] => {
  if (task.root !== task.id || task.begun === undefined) return []
  return [
    {
      traceId: task.traceId,
      spanId: rootSpanId(task.traceId, task.root),
      name: task.name,
      kind: Kind.internal,
      startTime: BigInt(task.begun),
      endTime: end.time,
      attributes: { ...task.attributes, 'seneca.task.attempts': task.attempts, 'seneca.task.by': end.text('by') },
      links: dependencies(tasks, task),
      status: { code: Status.ok },
    },
  ]
}

export const toolSpan = (task: Task, open: OpenAttempt, call: EventView): SpanInit => {
  const duration = BigInt(Math.round((call.number('duration_ms') ?? 0) * NANOS_PER_MS))
  return {
    traceId: task.traceId,
    spanId: spanIdOf('tool', call.id),
    parentSpanId: open.spanId,
    name: `tools/call ${call.text('tool')}`,
    kind: Kind.client,
    startTime: call.time - duration,
    endTime: call.time,
    attributes: { ...task.attributes, ...call.details() },
    ...(call.flag('ok') === false && { status: { code: Status.error, message: call.text('error') } }),
  }
}
