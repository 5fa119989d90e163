/**
 * Where a queue on disk is left and come back to while it still holds something, what is put into it then waits behind a
 * fence for what stands elsewhere in between. Several fences may stand in one queue; the first is the one that counts.
 */
import type { Item } from './backlog.ts'

export interface Fences {
  readonly count: number
  /** What is put from now on stands behind it; resolves when what was put before is in. */
  set(): Promise<void>
  /** The last one never was. */
  undo(): void
  /** The first one falls. */
  lift(): void
  /** Nothing of what stood before the first is left, here or among `unsettled`. */
  passed(unsettled: Iterable<Item>): boolean
}

/** What stands in order of its numbers. */
export interface Numbered {
  /** Resolves when nothing is being written. */
  written(): Promise<void>
  /** The number of what was put last. */
  readonly last: number
  /** The number of what would be taken next, as far as it is at hand. */
  readonly next: number | undefined
  /** There may be more than what is at hand. */
  readonly more: boolean
}

export interface NumberedFences extends Fences {
  /** What would be taken next stands behind the first fence. */
  readonly closed: boolean
}

export const createFences = (of: Numbered): NumberedFences => {
  const numbers: number[] = []
  const isBehind = (seq: number | undefined): boolean => {
    const [first] = numbers
    return first !== undefined && seq !== undefined && seq > first
  }
  return {
    get count() {
      return numbers.length
    },
    get closed() {
      return isBehind(of.next)
    },
    async set() {
      await of.written()
      numbers.push(of.last)
    },
    undo: () => void numbers.pop(),
    lift: () => void numbers.shift(),
    passed(unsettled) {
      for (const { seq } of unsettled) if (!isBehind(seq)) return false
      return of.next === undefined ? !of.more : isBehind(of.next)
    },
  }
}
