/**
 * How many events of each type there were in the last so many seconds, by the time they happened. Time stands in cells, so a
 * window is right to one cell; the newest cell is always in it.
 */
export interface SlidingCounts {
  add(type: string, at: number): void
  /** Events of the last `windowMs` up to `now`, by type. */
  within(windowMs: number, now: number): ReadonlyMap<string, number>
}

/** The shortest window has this many cells, and no cell is shorter than `CELL_LEAST_MS`. */
const CELLS_IN_SHORTEST = 30
const CELL_LEAST_MS = 1_000

export const createSlidingCounts = (windowsMs: readonly number[]): SlidingCounts => {
  const cellMs = Math.max(CELL_LEAST_MS, Math.floor(Math.min(...windowsMs) / CELLS_IN_SHORTEST))
  const length = Math.ceil(Math.max(...windowsMs) / cellMs) + 1
  const cells = Array.from({ length }, () => ({ index: -1, counts: new Map<string, number>() }))
  return {
    add(type, at) {
      const index = Math.floor(at / cellMs)
      const cell = cells[index % length]!
      if (cell.index > index) return
      if (cell.index < index) {
        cell.index = index
        cell.counts.clear()
      }
      cell.counts.set(type, (cell.counts.get(type) ?? 0) + 1)
    },
    within(windowMs, now) {
      const last = Math.floor(now / cellMs)
      const first = last - Math.ceil(windowMs / cellMs) + 1
      const sums = new Map<string, number>()
      for (const { index, counts } of cells) {
        if (index < first || index > last) continue
        for (const [type, n] of counts) sums.set(type, (sums.get(type) ?? 0) + n)
      }
      return sums
    },
  }
}
