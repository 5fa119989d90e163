/** What the trace asks of an event, read from its record. */
import { attributeForDataKey, Double, isList, path } from 'seneca-collector'
import type { LogRecord, PathHandle, Value, ValueMap } from 'seneca-collector'

export interface EventView {
  readonly type: string
  readonly id: string
  readonly time: bigint
  readonly traceId: string
  /** A member of `data` as text; '' when absent. */
  text(key: string): string
  texts(key: string): readonly string[]
  number(key: string): number | undefined
  flag(key: string): boolean | undefined
  /** Who and what it is about: agent, task, project, priority. */
  context(): ValueMap
  /** All of `data`, as attributes, with the event's id. */
  details(): ValueMap
}

const UID = 'log.record.uid'
const METADATA = 'seneca.'
const uid = path(['attributes', UID])

/** Handles of the keys asked for above: a fixed set. */
const handles = new Map<string, PathHandle>()
const handleOf = (key: string): PathHandle => {
  let handle = handles.get(key)
  if (handle === undefined) handles.set(key, (handle = path(['attributes', attributeForDataKey(key)])))
  return handle
}

const contextKeys = [
  'task_id',
  'task_name',
  'parent_id',
  'agent_id',
  'agent_name',
  'agent_role',
  'project_id',
  'project_name',
  'priority',
] as const

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '')

export const viewOf = (record: LogRecord): EventView => {
  const member = (key: string): Value | undefined => record.get(handleOf(key))
  return {
    type: record.eventName,
    id: textOf(record.get(uid)) || `${record.eventName}@${record.time}`,
    time: record.time,
    traceId: record.traceId,
    text: (key) => textOf(member(key)),
    texts(key) {
      const value = member(key)
      return isList(value) ? value.filter((item): item is string => typeof item === 'string') : []
    },
    number(key) {
      const value = member(key)
      return typeof value === 'number' || value instanceof Double ? Number(value) : undefined
    },
    flag(key) {
      const value = member(key)
      return typeof value === 'boolean' ? value : undefined
    },
    context() {
      const map: Record<string, Value> = {}
      for (const key of contextKeys) {
        const value = member(key)
        if (value !== undefined && value !== null) map[attributeForDataKey(key)] = value
      }
      return map
    },
    details() {
      const map: Record<string, Value> = {}
      for (const [key, value] of record.attributes)
        if ((key === UID || !key.startsWith(METADATA)) && !Object.hasOwn(map, key)) map[key] = value
      return map
    },
  }
}
