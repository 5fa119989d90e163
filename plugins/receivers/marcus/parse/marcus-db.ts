/**
 * `data/marcus.db`, table persistence(collection, key, data, stored_at): all events of the realtime log again, and what
 * only stands here: starts, ends, decisions, artifacts, outcomes. A decision is published twice; its row is one.
 */
import { microsOf, type Micros } from '../micros.ts'
import type { Parsed } from '../observation.ts'
import { fieldsOf, isFields, maybe, numberOf, textOf, type Fields } from './fields.ts'
import { parseRealtime } from './realtime.ts'

export interface PersistedRow {
  readonly collection: string
  readonly key: string
  readonly data: string
  readonly storedAt: string
}

export interface ParsedRow {
  readonly at: Micros | undefined
  /** Undefined: no rule knows it. */
  readonly parsed: Parsed | undefined
  /** The type of an unknown event, to tell whether the realtime log has it too. */
  readonly type?: string
  readonly content?: Fields
}

const event = (data: Fields): Parsed | undefined => {
  const type = textOf(data['event_type']) ?? ''
  const inner = fieldsOf(data['data'])
  const task = textOf(inner['task_id'])
  const agent = textOf(inner['agent_id']) ?? textOf(data['source'])
  if (type === 'task_started' && task !== undefined && agent !== undefined) {
    return { kind: 'started', task, agent, ...maybe('name', textOf(inner['task_name'])) }
  }
  if (type === 'task_completed' && task !== undefined && agent !== undefined) {
    const doneAt = microsOf(inner['completed_at']) ?? microsOf(data['timestamp']) ?? 0
    return { kind: 'outcome_event', task, agent, success: inner['success'] === true, doneAt }
  }
  if (type === 'task_assigned' && task !== undefined && agent !== undefined) {
    return { kind: 'assignment', task, agent, ...maybe('name', textOf(inner['task_name'])) }
  }
  if (type === 'decision_logged') return { kind: 'housekeeping', name: type }
  return parseRealtime(type, inner)
}

export const decisionOf = (data: Fields): Parsed | undefined => {
  const id = textOf(data['decision_id'])
  const task = textOf(data['task_id'])
  if (id === undefined || task === undefined) return undefined
  return {
    kind: 'decision',
    id,
    task,
    agent: textOf(data['agent_id']) ?? 'unknown',
    what: textOf(data['what']) ?? '',
    ...maybe('why', textOf(data['why'])),
    ...maybe('impact', textOf(data['impact'])),
    ...maybe('project', textOf(data['project_id'])),
  }
}

export const artifactOf = (data: Fields): Parsed | undefined => {
  const task = textOf(data['task_id'])
  const filename = textOf(data['filename'])
  if (task === undefined || filename === undefined) return undefined
  const agent = textOf(data['agent_id'])
  return {
    kind: 'artifact',
    id: textOf(data['artifact_id']) ?? `${task}/${filename}`,
    task,
    filename,
    type: textOf(data['artifact_type']) ?? 'unknown',
    ...maybe('agent', agent === 'unknown' ? undefined : agent),
    ...maybe('location', textOf(data['relative_path']) ?? textOf(data['location'])),
    ...maybe('project', textOf(data['project_id'])),
  }
}

const outcomeOf = (key: string, data: Fields): Parsed | undefined => {
  const task = textOf(data['task_id'])
  if (task === undefined) return undefined
  return {
    kind: 'outcome',
    key,
    task,
    success: data['success'] === true,
    ...maybe('name', textOf(data['task_name'])),
    ...maybe('agent', textOf(data['agent_id'])),
    ...maybe('score', numberOf(data['estimation_accuracy'])),
  }
}

const nameOf = (data: Fields): Parsed | undefined => {
  const task = textOf(data['task_id'])
  const name = textOf(data['name'])
  if (task === undefined || name === undefined) return undefined
  return { kind: 'task_name', task, name, ...maybe('project', textOf(data['project_id'])) }
}

const rowFact = ({ collection, key }: PersistedRow, data: Fields): Parsed | undefined => {
  switch (collection) {
    case 'events':
      return event(data)
    case 'decisions':
      return decisionOf(data)
    case 'artifacts':
      return artifactOf(data)
    case 'task_outcomes':
      return outcomeOf(key, data)
    case 'task_metadata':
      return nameOf(data)
    default:
      // State of Marcus's own (profiles, settings, subtasks): a later version's new collections are no events.
      return { kind: 'housekeeping', name: `row_${collection}` }
  }
}

/** One row. Throws on data that is no JSON object. */
export const parseMarcusRow = (row: PersistedRow): ParsedRow => {
  const data: unknown = JSON.parse(row.data)
  if (!isFields(data)) throw new TypeError('the row holds no JSON object')
  const times = [data['timestamp'], data['completed_at'], data['created_at'], row.storedAt]
  const at = times.map(microsOf).find((time) => time !== undefined)
  const type = row.collection === 'events' ? textOf(data['event_type']) : undefined
  return { at, parsed: rowFact(row, data), content: data, ...maybe('type', type) }
}
