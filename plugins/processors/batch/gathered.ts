/**
 * Records that wait to be sent, in order, with whom they came from; taken out in pieces of a given size. Sizes are in what the
 * field counts: log records, spans, and the data points of metrics. A metric is not cut in two: one with more points than
 * a piece may hold is a piece of its own.
 */
import { concat, type Batch } from 'seneca-collector'

export interface Part<S> {
  readonly batch: Batch
  readonly source: S
}

export interface Piece<S> {
  readonly batch: Batch
  readonly parts: readonly Part<S>[]
}

export interface Gathered<S> {
  readonly count: number
  readonly points: number
  add(batch: Batch, source: S): void
  /** Up to `most` points from the front (0 = all). Undefined when there are none. */
  take(most: number): Piece<S> | undefined
}

/** How many records from the front have at most `room` points; at least one where a piece has to begin. */
const fitting = (batch: Batch, room: number, begins: boolean): number => {
  if (batch.points <= room) return batch.count
  if (batch.signal !== 'metrics') return room
  let n = 0
  let points = 0
  for (const { pointCount } of batch as Batch<'metrics'>) {
    points += pointCount
    if (points > room) break
    n++
  }
  return begins ? Math.max(1, n) : n
}

export const createGathered = <S>(): Gathered<S> => {
  let parts: Part<S>[] = []
  let count = 0
  let points = 0
  return {
    get count() {
      return count
    },
    get points() {
      return points
    },
    add(batch, source) {
      parts.push({ batch, source })
      count += batch.count
      points += batch.points
    },
    take(most) {
      if (count === 0) return undefined
      const taken: Part<S>[] = []
      let room = most > 0 ? most : points
      let used = 0
      for (const part of parts) {
        const n = fitting(part.batch, room, taken.length === 0)
        if (n < part.batch.count) {
          if (n > 0) taken.push({ ...part, batch: part.batch.slice(0, n) })
          if (n > 0) parts[used] = { ...part, batch: part.batch.slice(n) }
          break
        }
        taken.push(part)
        room -= part.batch.points
        used++
        if (room <= 0) break
      }
      parts = parts.slice(used)
      const batch = concat(taken.map((part) => part.batch))
      count -= batch.count
      points -= batch.points
      return { batch, parts: taken }
    },
  }
}

export interface Sizes {
  /** Send when this many have gathered; 0 = always. */
  readonly trigger: number
  readonly most: number
  readonly timeoutMs: number
}

const NONE: readonly never[] = []

/** All pieces that are due now: everything when `all`, else as many full ones as there are. Mostly there are none. */
export const duePieces = <S>(gathered: Gathered<S>, { trigger, most }: Sizes, all: boolean): readonly Piece<S>[] => {
  if (gathered.count === 0 || !(all || gathered.points >= trigger)) return NONE
  const pieces: Piece<S>[] = []
  while (gathered.count > 0 && (all || gathered.points >= trigger)) {
    const piece = gathered.take(most)
    if (!piece) break
    pieces.push(piece)
  }
  return pieces
}
