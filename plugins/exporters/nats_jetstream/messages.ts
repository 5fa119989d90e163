/**
 * A batch as messages, one per record. Line formats are encoded in one go and cut at the newlines: no line of JSON holds
 * one. A message's id is the event's; without one it is the record's place; without that one is made up, the same
 * whenever this batch is sent again.
 */
import { randomUUID } from 'node:crypto'
import { type LogBatch, type LogRecord, path } from 'seneca-collector'
import type { Options } from './options.ts'
import type { Subject } from './subject.ts'

const NEWLINE = 10
const UID = path(['attributes', 'log.record.uid'])
/** What may stand in a header line as it is. */
const PLAIN = /^[\x21-\x7e][\x20-\x7e]*$/

/** In columns: an object and a view per message would cost more than sending it. */
export interface Messages {
  readonly subjects: readonly string[]
  readonly ids: readonly string[]
  /** The payloads of all, and where each begins and ends in them. */
  readonly bytes: Buffer
  readonly starts: Uint32Array
  readonly ends: Uint32Array
}

type Payloads = Pick<Messages, 'bytes' | 'starts' | 'ends'>

const lines = (batch: LogBatch, format: 'envelope' | 'body'): Payloads => {
  const pieces = batch.encode(format)
  const [whole] = pieces
  const isWhole = pieces.length === 1 && whole !== undefined
  const bytes = isWhole ? Buffer.from(whole.buffer, whole.byteOffset, whole.length) : Buffer.concat(pieces)
  const starts = new Uint32Array(batch.count)
  const ends = new Uint32Array(batch.count)
  for (let from = 0, index = 0; from < bytes.length; index++) {
    const end = bytes.indexOf(NEWLINE, from)
    starts[index] = from
    ends[index] = end
    from = end + 1
  }
  return { bytes, starts, ends }
}

const payloads = (batch: LogBatch, format: Options['format']): Payloads => {
  if (format === 'envelope' || format === 'body') return lines(batch, format)
  const pieces: Uint8Array[] = []
  const starts = new Uint32Array(batch.count)
  const ends = new Uint32Array(batch.count)
  for (let index = 0, at = 0; index < batch.count; index++) {
    const piece = Buffer.concat(batch.slice(index, index + 1).encode(format))
    pieces.push(piece)
    starts[index] = at
    at += piece.length
    // A line's newline is no part of the message.
    ends[index] = format === 'otlp_proto' ? at : at - 1
  }
  return { bytes: Buffer.concat(pieces), starts, ends }
}

const headerValue = (id: string): string => (PLAIN.test(id) ? id : encodeURIComponent(id))

export const createMessages = (format: Options['format'], subject: Subject): ((batch: LogBatch) => Messages) => {
  const madeUp = new WeakMap<LogBatch, string>()
  let lastKey: string | undefined
  let lastPrefix = ''

  const madeUpId = (batch: LogBatch, index: number): string => {
    const base = madeUp.get(batch) ?? randomUUID()
    madeUp.set(batch, base)
    return `${base}.${index}`
  }
  const idOf = (record: LogRecord, batch: LogBatch, index: number): string => {
    const id = record.get(UID)
    if (typeof id === 'string' && id !== '') return headerValue(id)
    const { origin } = record
    if (origin === undefined) return madeUpId(batch, index)
    if (origin.key !== lastKey) {
      lastKey = origin.key
      lastPrefix = headerValue(`${lastKey}:`)
    }
    return lastPrefix + origin.offset
  }
  return (batch) => {
    const subjects: string[] = []
    const ids: string[] = []
    // One view for all records; nothing is left out.
    batch.filter((record, index) => {
      subjects.push(subject.of(record))
      ids.push(idOf(record, batch, index))
      return true
    })
    return { subjects, ids, ...payloads(batch, format) }
  }
}
