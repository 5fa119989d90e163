/** Joins records to Marcus's agents and tasks: learns from Marcus's own events, and writes what is known into the others. */
import { path } from 'seneca-collector'
import type { Draft, LogRecord, SpanDraft, SpanRecord, Value } from 'seneca-collector'
import type { Holder, Whereabouts } from './whereabouts.ts'

export type Item = LogRecord | SpanRecord

export interface Joined {
  readonly agentId: string
  readonly taskId: string
}

const AGENT = 'marcus.agent.id'
const TASK = 'marcus.task.id'
const places = {
  agent: path(['attributes', AGENT]),
  task: path(['attributes', TASK]),
  taskName: path(['attributes', 'marcus.task.name']),
  project: path(['attributes', 'marcus.project.id']),
}
const releases: ReadonlySet<string> = new Set(['task.completed', 'task.recovered', 'task.unassigned'])

export const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '')
/** On the record, or on its resource. */
export const said = (record: Item, key: string): string =>
  textOf(record.attributes.get(key)) || textOf(record.resource.attributes.get(key))

/** Marcus's own events say who holds what. */
export const learn = (known: Whereabouts, record: LogRecord): void => {
  const taskId = textOf(record.get(places.task))
  if (taskId === '') return
  if (releases.has(record.eventName)) known.released(taskId)
  if (record.eventName !== 'task.assigned') return
  const holder = {
    agentId: textOf(record.get(places.agent)),
    taskId,
    taskName: textOf(record.get(places.taskName)),
    projectId: textOf(record.get(places.project)),
  }
  known.assigned(holder, record.traceId)
}

/** An id that the record says itself goes first, then the session's, then the trace's. */
const whoIs = (
  known: Whereabouts,
  record: Item,
  sessionId: string,
): { readonly agentId: string; readonly holder: Holder | undefined } => {
  const own = said(record, AGENT)
  if (own !== '' && sessionId !== '') known.session(sessionId, own)
  const agentId = own || (known.agentOfSession(sessionId) ?? '')
  if (agentId !== '') return { agentId, holder: known.ofAgent(agentId) }
  const holder = known.ofTrace(record.traceId)
  if (holder && sessionId !== '') known.session(sessionId, holder.agentId)
  return { agentId: holder?.agentId ?? '', holder }
}

/** Writes the ids that are known, and answers them. */
export const join = (known: Whereabouts, draft: Draft | SpanDraft, sessionId: string): Joined => {
  const { agentId, holder } = whoIs(known, draft.record, sessionId)
  if (agentId !== '') draft.set(places.agent, agentId)
  const own = said(draft.record, TASK)
  if (own !== '' || holder === undefined) return { agentId, taskId: own }
  draft.set(places.task, holder.taskId)
  if (holder.taskName !== '') draft.set(places.taskName, holder.taskName)
  if (holder.projectId !== '') draft.set(places.project, holder.projectId)
  return { agentId, taskId: holder.taskId }
}
