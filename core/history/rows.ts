/** The records of a batch as rows. */
import { hash } from 'node:crypto'
import { path } from '../model/index.ts'
import type { Batch, LogRecord, Value } from '../model/types.ts'
import type { EventRow } from './types.ts'

const uid = path(['attributes', 'log.record.uid'])
const task = path(['attributes', 'marcus.task.id'])
const agent = path(['attributes', 'marcus.agent.id'])
const NEWLINE = 10

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '')

/** The envelope lines of a batch, in order. */
const linesOf = (batch: Batch<'logs'>): string[] => {
  const bytes = Buffer.concat(batch.encode('envelope'))
  const lines: string[] = []
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, from)
    lines.push(bytes.toString('utf8', from, end < 0 ? bytes.length : end))
    from = end < 0 ? bytes.length : end + 1
  }
  return lines
}

const rowOf = (record: LogRecord, line: string): EventRow => ({
  // An event without an id is known by what it says.
  id: textOf(record.get(uid)) || hash('sha256', line, 'hex').slice(0, 32),
  time: record.time === 0n ? record.observedTime : record.time,
  type: record.eventName,
  task: textOf(record.get(task)),
  agent: textOf(record.get(agent)),
  severity: record.severity,
  line,
})

export const rowsOf = (batch: Batch<'logs'>): readonly EventRow[] => {
  const lines = linesOf(batch)
  return Array.from(batch, (record, i) => rowOf(record, lines[i]!))
}
