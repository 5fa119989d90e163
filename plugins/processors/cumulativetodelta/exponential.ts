/** Buckets of exponential histograms: made coarser, and taken from one another. */
import type { Buckets } from 'seneca-collector'

export interface Counts {
  readonly offset: number
  readonly counts: readonly number[]
}

export const countsOf = (buckets: Buckets | undefined): Counts => ({
  offset: buckets?.offset ?? 0,
  counts: (buckets?.bucketCounts ?? []).map(Number),
})

/** `bits` scales lower: 2^bits neighbours become one bucket. */
export const coarsen = ({ offset, counts }: Counts, bits: number): Counts => {
  if (counts.length === 0 || bits <= 0) return { offset, counts }
  const first = Math.floor(offset / 2 ** bits)
  const merged: number[] = []
  for (const [i, count] of counts.entries()) {
    const at = Math.floor((offset + i) / 2 ** bits) - first
    merged[at] = (merged[at] ?? 0) + count
  }
  return { offset: first, counts: merged }
}

/** Takes away the buckets up to an index, and answers how much was in them. */
export const trim = ({ offset, counts }: Counts, index: number): readonly [rest: Counts, taken: number] => {
  const n = Math.min(counts.length, Math.max(0, index - offset + 1))
  const taken = counts.slice(0, n).reduce((sum, count) => sum + count, 0)
  return [{ offset: offset + n, counts: counts.slice(n) }, taken]
}

/** Undefined where something would be below zero: then one was not counted on from the other. Empty ends are left out. */
export const subtract = (after: Counts, before: Counts): Counts | undefined => {
  const counts = [...after.counts]
  for (const [i, count] of before.counts.entries()) {
    if (count === 0) continue
    const at = before.offset + i - after.offset
    const left = (counts[at] ?? 0) - count
    if (at < 0 || at >= counts.length || left < 0) return undefined
    counts[at] = left
  }
  const first = counts.findIndex((count) => count !== 0)
  if (first < 0) return { offset: 0, counts: [] }
  return { offset: after.offset + first, counts: counts.slice(first, counts.findLastIndex((count) => count !== 0) + 1) }
}
