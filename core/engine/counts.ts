/**
 * What passed a component in one pipeline. Records are what the balance goes by; points are what the field counts, the
 * data points of metrics and else the records.
 */
import type { Batch } from '../model/types.ts'

export interface Counts {
  recordsIn: number
  recordsOut: number
  pointsIn: number
  pointsOut: number
  /** Time in the component itself, without what follows it. */
  ms: number
  errors: number
  /** Points that went back to their source, or that the destination did not take in the end. */
  failed: number
}

export const newCounts = (): Counts => ({
  recordsIn: 0,
  recordsOut: 0,
  pointsIn: 0,
  pointsOut: 0,
  ms: 0,
  errors: 0,
  failed: 0,
})

export const countIn = (counts: Counts, batch: Batch): void => {
  counts.recordsIn += batch.count
  counts.pointsIn += batch.points
}

/** `left` records of the batch went another way. */
export const countOut = (counts: Counts, batch: Batch, left = 0): void => {
  counts.recordsOut += batch.count - left
  counts.pointsOut += left === 0 ? batch.points : batch.points - pointsOf(batch, left)
}

export const countFailed = (counts: Counts, batch: Batch, records = batch.count): void => {
  counts.failed += pointsOf(batch, records)
}

/** Which of the records it were is not known here, so their points are the average. */
const pointsOf = (batch: Batch, records: number): number =>
  records === batch.count || batch.count === 0 ? batch.points : Math.round((batch.points * records) / batch.count)
