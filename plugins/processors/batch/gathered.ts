/** Records that wait to be sent, in order, with whom they came from; taken out in pieces of a given size. */
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
  add(batch: Batch, source: S): void
  /** Up to `most` records from the front (0 = all). Undefined when there are none. */
  take(most: number): Piece<S> | undefined
}

export const createGathered = <S>(): Gathered<S> => {
  let parts: Part<S>[] = []
  let count = 0
  return {
    get count() {
      return count
    },
    add(batch, source) {
      parts.push({ batch, source })
      count += batch.count
    },
    take(most) {
      if (count === 0) return undefined
      const wanted = most > 0 ? Math.min(most, count) : count
      const taken: Part<S>[] = []
      let room = wanted
      let used = 0
      for (const part of parts) {
        if (room === 0) break
        if (part.batch.count > room) {
          taken.push({ ...part, batch: part.batch.slice(0, room) })
          parts[used] = { ...part, batch: part.batch.slice(room) }
          room = 0
          break
        }
        taken.push(part)
        room -= part.batch.count
        used++
      }
      parts = parts.slice(used)
      count -= wanted
      return { batch: concat(taken.map(({ batch }) => batch)), parts: taken }
    },
  }
}

export interface Sizes {
  /** Send when this many have gathered; 0 = always. */
  readonly trigger: number
  readonly most: number
  readonly timeoutMs: number
}

/** All pieces that are due now: everything when `all`, else as many full ones as there are. */
export function* duePieces<S>(gathered: Gathered<S>, { trigger, most }: Sizes, all: boolean): Generator<Piece<S>> {
  while (gathered.count > 0 && (all || gathered.count >= trigger)) {
    const piece = gathered.take(most)
    if (!piece) return
    yield piece
  }
}
