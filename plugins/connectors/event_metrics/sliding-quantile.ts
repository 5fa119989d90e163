/**
 * Quantiles of what was measured in the last so many seconds, in memory that does not grow with the number of values: cells of
 * time, each with exponential buckets. The answer is the middle of its bucket, at most 4.5 % off (base 2^(1/8)), and on the
 * right side of each of the `edges`.
 */
export interface SlidingQuantile {
  record(value: number, at: number): void
  /** Undefined when nothing was measured. */
  quantile(q: number, now: number): number | undefined
}

const CELLS = 30
const BUCKETS_PER_DOUBLING = 8
/** Values beyond these are in the first or last bucket. */
const LEAST = 1e-6
const MOST = 1e7

const exponentialBounds = (): number[] => {
  const bounds: number[] = []
  for (let i = Math.floor(Math.log2(LEAST) * BUCKETS_PER_DOUBLING); 2 ** (i / BUCKETS_PER_DOUBLING) < MOST; i++)
    bounds.push(2 ** (i / BUCKETS_PER_DOUBLING))
  return bounds
}

/** The index of the first bound that is not below the value. */
const bucketIn = (bounds: readonly number[], value: number): number => {
  let low = 0
  let high = bounds.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value <= bounds[middle]!) high = middle
    else low = middle + 1
  }
  return low
}

export const createSlidingQuantile = (windowMs: number, edges: readonly number[]): SlidingQuantile => {
  const bounds = [...exponentialBounds(), ...edges].toSorted((a, b) => a - b)
  const middleOf = (bucket: number): number => ((bounds[bucket - 1] ?? bounds[0]!) + bounds[bucket]!) / 2
  const cellMs = windowMs / CELLS
  const cells = Array.from({ length: CELLS + 1 }, () => ({ index: -1, counts: new Map<number, number>() }))
  return {
    record(value, at) {
      const index = Math.floor(at / cellMs)
      const cell = cells[index % cells.length]!
      if (cell.index > index) return
      if (cell.index < index) {
        cell.index = index
        cell.counts.clear()
      }
      const bucket = bucketIn(bounds, value)
      cell.counts.set(bucket, (cell.counts.get(bucket) ?? 0) + 1)
    },
    quantile(q, now) {
      const last = Math.floor(now / cellMs)
      const sums = new Map<number, number>()
      let total = 0
      for (const { index, counts } of cells) {
        if (index <= last - CELLS || index > last) continue
        for (const [bucket, n] of counts) {
          sums.set(bucket, (sums.get(bucket) ?? 0) + n)
          total += n
        }
      }
      if (total === 0) return undefined
      let seen = 0
      for (const [bucket, n] of [...sums].toSorted(([a], [b]) => a - b)) {
        seen += n
        if (seen >= q * total) return middleOf(bucket)
      }
      return undefined
    },
  }
}
