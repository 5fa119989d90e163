/**
 * What the detectors need of events, as columns: cheap to take from a batch and to hand to a worker thread. Rows without
 * a type or an id are no events and stay out.
 */
import type { Batch } from '../model/types.ts'
import { path } from '../model/index.ts'

export interface Columns {
  readonly types: string[]
  readonly ids: string[]
  /** Milliseconds since the epoch, at the source. */
  readonly times: number[]
  /** Task id, '' when there is none. */
  readonly tasks: string[]
  readonly agents: string[]
  /** Who completed a task: `agent`, `marcus`, `subtasks`, or ''. */
  readonly by: string[]
}

const UID = path(['attributes', 'log.record.uid'])
const TASK = path(['attributes', 'marcus.task.id'])
const AGENT = path(['attributes', 'marcus.agent.id'])
const BY = path(['attributes', 'marcus.by'])
const NANOS_PER_MS = 1_000_000n

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

export const columnsOf = (batch: Batch, wanted: (type: string) => boolean): Columns => {
  const columns: Columns = { types: [], ids: [], times: [], tasks: [], agents: [], by: [] }
  if (batch.signal !== 'logs') return columns
  for (const record of batch as Batch<'logs'>) {
    const type = record.eventName
    if (type === '' || record.time === 0n || !wanted(type)) continue
    columns.types.push(type)
    columns.ids.push(text(record.get(UID)))
    columns.times.push(Number(record.time / NANOS_PER_MS))
    columns.tasks.push(text(record.get(TASK)))
    columns.agents.push(text(record.get(AGENT)))
    columns.by.push(text(record.get(BY)))
  }
  return columns
}
