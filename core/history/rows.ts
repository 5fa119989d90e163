/** The records of a batch as rows, and what a line would be filed under. */
import { hash } from 'node:crypto'
import { decode, path } from '../model/index.ts'
import type { Batch, LogRecord, Value } from '../model/types.ts'
import type { EventRow } from './types.ts'

const uid = path(['attributes', 'log.record.uid'])
const task = path(['attributes', 'marcus.task.id'])
const agent = path(['attributes', 'marcus.agent.id'])
const NEWLINE = 10

/** Records count in 64 bits without a sign (the year 2554), databases with one. */
const TIME_MOST = 2n ** 63n - 1n
/** Indexes of databases take no longer keys (PostgreSQL: 2,704 bytes). */
const KEY_MOST = 512

/** A text as it is found by: what is longer by its hash, and half a character as the one that stands for such. */
export const keyOf = (text: string): string =>
  text.length > KEY_MOST ? `sha256:${hash('sha256', text, 'hex')}` : text.toWellFormed()

const textOf = (value: Value | undefined): string => (typeof value === 'string' ? keyOf(value) : '')

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

const timeOf = ({ time, observedTime }: LogRecord): bigint => {
  const told = time === 0n ? observedTime : time
  return told < TIME_MOST ? told : TIME_MOST
}

const rowOf = (record: LogRecord, line: string): EventRow => ({
  // An event without an id is known by what it says.
  id: textOf(record.get(uid)) || hash('sha256', line, 'hex').slice(0, 32),
  time: timeOf(record),
  type: record.eventName.toWellFormed(),
  task: textOf(record.get(task)),
  agent: textOf(record.get(agent)),
  severity: record.severity,
  line,
})

export const rowsOf = (batch: Batch<'logs'>): readonly EventRow[] => {
  const lines = linesOf(batch)
  return Array.from(batch, (record, i) => rowOf(record, lines[i]!))
}

/** Undefined: the line is no event. */
export const rowOfLine = (line: string): EventRow | undefined => {
  const batch = decode('logs', 'envelope', Buffer.from(line), { onInvalid: () => 'skip' })
  return batch.count === 1 ? rowOf(batch.at(0), line) : undefined
}
