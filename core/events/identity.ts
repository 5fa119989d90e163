/**
 * Identity. One fact has up to eight traces in no fixed order, so an id comes from neither position nor content: it is
 * the first 128 bits of sha256(instance, type, natural key, occurrence number). Live and backfill, first and second run
 * give the same ids. Trace ids come from the root task; a subtask uses its parent's.
 */
import { hash } from 'node:crypto'

/** Parts are joined by a unit separator, so that no two lists of parts read the same. */
const SEPARATOR = '\u001f'

const digest = (parts: readonly string[]): string =>
  hash(
    'sha256',
    parts.map((part) => part.replaceAll(SEPARATOR, `${SEPARATOR}${SEPARATOR}`)).join(`${SEPARATOR} `),
    'hex',
  )

/** 32 lower-case hex digits. `key` holds the natural key's values, `occurrence` counts from 0 in canonical order. */
export const eventId = (instance: string, type: string, key: readonly string[], occurrence = 0): string =>
  digest([instance, type, ...key, String(occurrence)]).slice(0, 32)

/** The trace a task belongs to: 32 lower-case hex digits of its root task's id. */
export const traceIdOf = (rootTaskId: string): string => hash('sha256', rootTaskId, 'hex').slice(0, 32)

/** Marcus names subtasks `<parent>_sub_<n>`; the root is what stands before the first `_sub_`. */
export const rootTaskOf = (taskId: string, parentId?: string): string =>
  (parentId ?? taskId).split('_sub_', 1)[0] ?? taskId
