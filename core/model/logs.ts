/** Batches out of plain values, and out of other batches. */
import { PartsBatch } from './batch.ts'
import { groupOf, plainFromInit } from './plain/init.ts'
import { PlainPart } from './plain/part.ts'
import { metricParts, spanParts } from './otlp/message/build.ts'
import type { Batch, LogBatch, LogInit, LogsOptions, MetricInit, Signal, SpanInit } from './types.ts'

/** A batch of records given as plain values, which are copied. Throws `TypeError` for what a record cannot hold. */
export const logs = (records: Iterable<LogInit>, options?: LogsOptions): LogBatch => {
  const group = groupOf(options)
  const plain = Array.from(records, (init) => plainFromInit(init, group))
  return new PartsBatch('logs', plain.length === 0 ? [] : [new PlainPart(plain)])
}

/**
 * A batch of spans given as plain values. Times in nanoseconds since the epoch, ids as lower-case hex; `kind` and
 * `status.code` are OTLP's numbers. Throws `TypeError` for what a span cannot hold.
 */
export const spans = (records: Iterable<SpanInit>, options: LogsOptions = {}): Batch<'traces'> =>
  new PartsBatch('traces', spanParts(Array.from(records), options))

/**
 * A batch of metrics given as plain values, each with its data points. A whole number as a point's `value` is an int64,
 * `new Double(3)` a double. Throws `TypeError` for what a metric cannot hold.
 */
export const metrics = (records: Iterable<MetricInit>, options: LogsOptions = {}): Batch<'metrics'> =>
  new PartsBatch('metrics', metricParts(Array.from(records), options))

/** The records of several batches of one signal in order; nothing is copied. Of none: an empty batch of logs. */
export const concat = <S extends Signal>(batches: Iterable<Batch<S>>): Batch<S> => {
  const all = Array.from(batches) as PartsBatch<S>[]
  const [first] = all
  if (all.length === 1 && first) return first
  const { signal } = first ?? { signal: 'logs' as S }
  const other = all.find((batch) => batch.signal !== signal)
  if (other) throw new TypeError(`${signal} and ${other.signal} do not go into one batch`)
  return new PartsBatch(
    signal,
    all.flatMap((batch) => batch.parts),
  )
}
