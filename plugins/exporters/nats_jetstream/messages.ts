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

export interface Message {
  readonly subject: string
  readonly id: string
  readonly payload: Uint8Array
}

const linesOf = (batch: LogBatch, format: 'envelope' | 'body'): Uint8Array[] => {
  const all = Buffer.concat(batch.encode(format))
  const lines: Uint8Array[] = []
  for (let from = 0; from < all.length;) {
    const end = all.indexOf(NEWLINE, from)
    lines.push(all.subarray(from, end))
    from = end + 1
  }
  return lines
}

const payloadsOf = (batch: LogBatch, format: Options['format']): Uint8Array[] => {
  if (format === 'envelope' || format === 'body') return linesOf(batch, format)
  return Array.from({ length: batch.count }, (_, index) => {
    const bytes = Buffer.concat(batch.slice(index, index + 1).encode(format))
    return format === 'otlp_proto' ? bytes : bytes.subarray(0, -1)
  })
}

const headerValue = (id: string): string => (PLAIN.test(id) ? id : encodeURIComponent(id))

export const createMessages = (format: Options['format'], subject: Subject): ((batch: LogBatch) => Message[]) => {
  const madeUp = new WeakMap<LogBatch, string>()

  const madeUpId = (batch: LogBatch, index: number): string => {
    const base = madeUp.get(batch) ?? randomUUID()
    madeUp.set(batch, base)
    return `${base}.${index}`
  }
  const idOf = (record: LogRecord, batch: LogBatch, index: number): string => {
    const id = record.get(UID)
    if (typeof id === 'string' && id !== '') return headerValue(id)
    const { origin } = record
    return origin === undefined ? madeUpId(batch, index) : headerValue(`${origin.key}:${origin.offset}`)
  }
  return (batch) => {
    const payloads = payloadsOf(batch, format)
    const messages: Message[] = []
    let index = 0
    for (const record of batch) {
      const payload = payloads[index] ?? new Uint8Array()
      messages.push({ subject: subject.of(record), id: idOf(record, batch, index), payload })
      index++
    }
    return messages
  }
}
