/**
 * What of one file has been taken over by others: chunks are opened in order and acknowledged in any order; the base
 * moves only over the part without gaps. Positions are worked out when somebody asks, not per chunk. Its length is the
 * number of chunks the consumer lets be open.
 */
import type { FilePosition } from './types.ts'

type Lazy = () => FilePosition

export interface Ledger {
  /** The answer acknowledges it. */
  open(position: Lazy): () => void
  /** Nothing was handed on for this stretch: it counts as soon as all before it does. */
  pass(position: Lazy): void
  base(): FilePosition
  readonly pending: number
}

export const createLedger = (start: Lazy): Ledger => {
  let base = start
  const queue: { readonly position: Lazy; acknowledged: boolean }[] = []
  const settle = (): void => {
    let settled = 0
    while (queue[settled]?.acknowledged === true) settled++
    const last = queue[settled - 1]
    if (last === undefined) return
    base = last.position
    queue.splice(0, settled)
  }
  const open = (position: Lazy): (() => void) => {
    const entry = { position, acknowledged: false }
    queue.push(entry)
    return () => {
      entry.acknowledged = true
      settle()
    }
  }
  return {
    open,
    pass: (position) => open(position)(),
    base: () => {
      const position = base()
      base = () => position
      return position
    },
    get pending() {
      return queue.length
    },
  }
}
