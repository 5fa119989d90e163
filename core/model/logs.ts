/** Batches out of plain values, and out of other batches. */
import { PartsBatch } from './batch.ts'
import { groupOf, plainFromInit } from './plain/init.ts'
import { PlainPart } from './plain/part.ts'
import type { Batch, LogBatch, LogInit, LogsOptions, Signal } from './types.ts'

/** A batch of records given as plain values, which are copied. Throws `TypeError` for what a record cannot hold. */
export const logs = (records: Iterable<LogInit>, options?: LogsOptions): LogBatch => {
  const group = groupOf(options)
  const plain = Array.from(records, (init) => plainFromInit(init, group))
  return new PartsBatch(plain.length === 0 ? [] : [new PlainPart(plain)])
}

/** The records of several batches in order; nothing is copied. */
export const concat = <S extends Signal = 'logs'>(batches: Iterable<Batch<S>>): Batch<S> => {
  const all = Array.from(batches)
  if (all.length === 1) return all[0]!
  return new PartsBatch(all.flatMap((batch) => (batch as unknown as PartsBatch).parts)) as unknown as Batch<S>
}
