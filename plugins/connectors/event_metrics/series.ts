/** Monotonic counts by attributes, bounded: what comes after `most` series is counted under one more, so no event is left out. */
export interface Series {
  add(labels: readonly string[], n?: number): void
  /** Labels in the order they were given; the overflow series has `undefined` ones. */
  entries(): Iterable<readonly [labels: readonly string[] | undefined, count: number]>
  snapshot(): SeriesState
}

export interface SeriesState {
  readonly counts: readonly (readonly [key: string, count: number])[]
  readonly overflow: number
}

const SEPARATOR = '\u001f'

export const createSeries = (most: number, restored?: SeriesState): Series => {
  const counts = new Map(restored?.counts)
  let overflow = restored?.overflow ?? 0
  return {
    add(labels, n = 1) {
      const key = labels.join(SEPARATOR)
      const known = counts.get(key)
      if (known !== undefined) counts.set(key, known + n)
      else if (counts.size < most) counts.set(key, n)
      else overflow += n
    },
    *entries() {
      for (const [key, count] of counts) yield [key.split(SEPARATOR), count] as const
      if (overflow > 0) yield [undefined, overflow] as const
    },
    snapshot: () => ({ counts: [...counts], overflow }),
  }
}
