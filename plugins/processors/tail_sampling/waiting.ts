/** Traces that wait for their decision, oldest first, and their bounds. */
import { concat } from 'seneca-collector'
import type { Batch } from 'seneca-collector'

export interface WaitingTrace {
  readonly id: string
  readonly parts: Batch<'traces'>[]
  spans: number
  bytes: number
  /** When the decision is due, in monotonic milliseconds. */
  dueAt: number
}

export interface Waiting {
  readonly traces: number
  readonly spans: number
  readonly bytes: number
  get(id: string): WaitingTrace | undefined
  add(id: string, spans: Batch<'traces'>, dueAt: number): WaitingTrace
  take(id: string): WaitingTrace | undefined
  /** The one that came first. */
  oldest(): WaitingTrace | undefined
  all(): Iterable<WaitingTrace>
}

export const batchOf = ({ parts }: WaitingTrace): Batch<'traces'> => (parts.length === 1 ? parts[0]! : concat(parts))

export const createWaiting = (): Waiting => {
  const traces = new Map<string, WaitingTrace>()
  let spans = 0
  let bytes = 0
  return {
    get traces() {
      return traces.size
    },
    get spans() {
      return spans
    },
    get bytes() {
      return bytes
    },
    get: (id) => traces.get(id),
    add(id, batch, dueAt) {
      let trace = traces.get(id)
      if (trace === undefined) traces.set(id, (trace = { id, parts: [], spans: 0, bytes: 0, dueAt }))
      trace.parts.push(batch)
      trace.spans += batch.count
      trace.bytes += batch.bytes
      spans += batch.count
      bytes += batch.bytes
      return trace
    },
    take(id) {
      const trace = traces.get(id)
      if (trace === undefined) return undefined
      traces.delete(id)
      spans -= trace.spans
      bytes -= trace.bytes
      return trace
    },
    oldest: () => traces.values().next().value,
    all: () => traces.values(),
  }
}
