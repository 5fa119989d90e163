/**
 * Events in, spans out.
 *
 *   task (root of the trace: from its first attempt, or its first subtask's, until it is done)
 *   └ attempt (from task.assigned until completed, recovered, unassigned, or assigned anew), one for each try, links to the
 *     │        attempt before it and to the tasks it depends on; progress, blockers, decisions, silence are its span events
 *     └ tools/call … (mcp.tool.called of the agent that holds the task)
 *
 * A span is handed out when it ends. Nothing is told twice: the last events that began and ended attempts are known again.
 */
import type { SpanInit } from 'seneca-collector'
import { rootTaskOf, traceIdOf } from 'seneca-collector/events'
import type { EventView } from './event-view.ts'
import { spanIdOf } from './span-id.ts'
import { attemptSpan, taskSpans, toolSpan, type Outcome } from './spans.ts'
import { TOLD_MAX, type OpenAttempt, type Task, type Tasks } from './tasks.ts'

/** Further span events of an attempt are counted and left out, as OpenTelemetry's SDKs do by default. */
const EVENTS_MAX = 128
const NANOS_PER_S = 1_000_000_000

type Ended = readonly SpanInit[]
const nothing: Ended = []

/** Event types that become span events of the attempt under way. */
const noted: ReadonlySet<string> = new Set([
  'task.started',
  'task.progress.updated',
  'task.progress.refused',
  'task.blocked',
  'task.unblocked',
  'task.completion.refused',
  'task.quality.assessed',
  'agent.silent',
  'agent.resumed',
  'decision.logged',
  'artifact.logged',
])

const newTask = (event: EventView, id: string): Task => {
  const parent = event.text('parent_id')
  const root = rootTaskOf(id, parent === '' ? undefined : parent)
  return {
    id,
    root,
    traceId: event.traceId === '' ? traceIdOf(root) : event.traceId,
    name: id,
    dependsOn: [],
    attributes: {},
    attempts: 0,
    begun: undefined,
    open: undefined,
    previous: undefined,
    told: [],
    done: false,
  }
}

/** A copy to be changed and put back. */
const taskOf = (tasks: Tasks, event: EventView, id: string): Task => {
  const task = { ...(tasks.get(id) ?? newTask(event, id)) }
  const name = event.text('task_name')
  if (name !== '') task.name = name
  return task
}

/** Whether the event has been taken before; if not, it is now. */
const isTold = (task: Task, { id }: EventView): boolean => {
  if (task.told.includes(id)) return true
  task.told = [...task.told, id].slice(-TOLD_MAX)
  return false
}

const begin = (task: Task, at: bigint): void => {
  if (task.begun === undefined || BigInt(task.begun) > at) task.begun = String(at)
}

const openAttempt = (task: Task, event: EventView, start: bigint, more: OpenAttempt['attributes']): OpenAttempt => ({
  spanId: spanIdOf('attempt', event.id),
  agentId: event.text('agent_id'),
  start: String(start),
  attributes: { 'seneca.task.attempt': task.attempts, 'log.record.uid': event.id, ...more },
  events: [],
  droppedEvents: 0,
})

const closeAttempt = (tasks: Tasks, task: Task, end: bigint, outcome: Outcome): SpanInit[] => {
  const { open } = task
  if (open === undefined) return []
  const span = attemptSpan(tasks, task, open, end, outcome)
  task.previous = open.spanId
  task.open = undefined
  return [span]
}

const created = (tasks: Tasks, event: EventView, id: string): Ended => {
  const task = taskOf(tasks, event, id)
  task.dependsOn = event.texts('depends_on')
  task.attributes = event.context()
  if (event.text('status') === 'done') task.done = true
  tasks.put(task)
  return nothing
}

const assigned = (tasks: Tasks, event: EventView, id: string): Ended => {
  const task = taskOf(tasks, event, id)
  if (isTold(task, event)) return nothing
  const ended = closeAttempt(tasks, task, event.time, 'superseded')
  task.attempts++
  task.done = false
  task.attributes = { ...task.attributes, ...event.context() }
  begin(task, event.time)
  task.open = openAttempt(task, event, event.time, {})
  tasks.put(task)
  if (task.root !== task.id) {
    const root = { ...(tasks.get(task.root) ?? newTask(event, task.root)) }
    begin(root, event.time)
    tasks.put(root)
  }
  return ended
}

/** A completion whose assignment was never seen: its duration says when it began, else it is a point in time. */
const assume = (task: Task, event: EventView): void => {
  if (event.text('by') === 'subtasks' || event.text('agent_id') === '') return
  const seconds = event.number('duration_seconds')
  const start = event.time - BigInt(Math.round((seconds ?? 0) * NANOS_PER_S))
  begin(task, start)
  task.attempts++
  task.attributes = { ...task.attributes, ...event.context() }
  task.open = openAttempt(task, event, start, seconds === undefined ? { 'seneca.start_unknown': true } : {})
}

const ended = (tasks: Tasks, event: EventView, id: string, outcome: Outcome): Ended => {
  const task = taskOf(tasks, event, id)
  if (isTold(task, event) || (task.done && task.open === undefined)) return nothing
  if (task.open === undefined && outcome === 'completed') assume(task, event)
  const spans = closeAttempt(tasks, task, event.time, outcome)
  if (outcome === 'completed') {
    task.done = true
    spans.push(...taskSpans(tasks, task, event))
  }
  tasks.put(task)
  return spans
}

const note = (tasks: Tasks, event: EventView, task: Task | undefined): Ended => {
  const open = task?.open
  if (!task || !open || open.events.some((each) => each.attributes['log.record.uid'] === event.id)) return nothing
  if (open.events.length >= EVENTS_MAX) open.droppedEvents++
  else open.events.push({ time: String(event.time), name: event.type, attributes: event.details() })
  tasks.put(task)
  return nothing
}

const called = (tasks: Tasks, event: EventView): Ended => {
  const task = tasks.heldBy(event.text('agent_id'))
  return task?.open ? [toolSpan(task, task.open, event)] : nothing
}

type Handler = (tasks: Tasks, event: EventView, taskId: string) => Ended

const handlers: Readonly<Record<string, Handler>> = {
  'task.created': created,
  'task.assigned': assigned,
  'task.completed': (tasks, event, id) => ended(tasks, event, id, 'completed'),
  'task.recovered': (tasks, event, id) => ended(tasks, event, id, 'recovered'),
  'task.unassigned': (tasks, event, id) => ended(tasks, event, id, 'unassigned'),
}

/** The spans that ended with this event. */
export const takeEvent = (tasks: Tasks, event: EventView): Ended => {
  if (event.type === 'mcp.tool.called') return called(tasks, event)
  const id = event.text('task_id')
  const handler = Object.hasOwn(handlers, event.type) ? handlers[event.type] : undefined
  if (handler) return id === '' ? nothing : handler(tasks, event, id)
  if (!noted.has(event.type)) return nothing
  return note(tasks, event, id === '' ? tasks.heldBy(event.text('agent_id')) : tasks.get(id))
}
