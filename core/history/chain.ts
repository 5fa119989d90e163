/** The hash chain over stored events: one changed byte, one missing or one added event breaks it from there on. */
import { hash } from 'node:crypto'
import type { EventRow, StoredRow } from './types.ts'

/** Before the first event. */
export const CHAIN_START = '0'.repeat(64)

export const nextHash = (before: string, line: string): string => hash('sha256', `${before}\n${line}`, 'hex')

/** Numbers rows and chains them behind the last stored one. */
export const chained = (rows: readonly EventRow[], lastSeq: number, lastHash: string): StoredRow[] => {
  let seq = lastSeq
  let before = lastHash
  return rows.map((row) => {
    before = nextHash(before, row.line)
    return { ...row, seq: ++seq, hash: before }
  })
}

/** The last event that was given out. A store keeps it apart from the events: nothing else tells that their end is gone. */
export interface ChainEnd {
  readonly seq: number
  readonly hash: string
}

export const endToText = ({ seq, hash: last }: ChainEnd): string => `${seq} ${last}`

/** The later of what was kept apart and what the events say: the first may be older than the store keeps it, or damaged. */
export const laterEnd = (kept: string, stored: ChainEnd): ChainEnd => {
  const [, seq, last] = /^(\d{1,15}) ([\da-f]{64})$/.exec(kept) ?? []
  return seq !== undefined && last !== undefined && Number(seq) >= stored.seq
    ? { seq: Number(seq), hash: last }
    : stored
}

export interface ChainBreak {
  readonly seq: number
  /** '' where nothing tells it. */
  readonly id: string
  /** `misfiled`: the line is whole, and stands under an id, time, type, task, agent or severity that is not its own. */
  readonly reason: 'changed' | 'missing' | 'misfiled'
}

/** Follows the chain page by page; `check` answers the first break, and remembers where it stands. */
export const createChainCheck = (anchor: string, firstSeq: number) => {
  let before = anchor
  let expected = firstSeq
  let checked = 0
  return {
    get checked() {
      return checked
    },
    get head() {
      return before
    },
    /** The number that comes next. */
    get expected() {
      return expected
    },
    check(rows: readonly Pick<StoredRow, 'seq' | 'id' | 'hash' | 'line'>[]): ChainBreak | undefined {
      for (const row of rows) {
        if (row.seq !== expected) return { seq: expected, id: row.id, reason: 'missing' }
        if (nextHash(before, row.line) !== row.hash) return { seq: row.seq, id: row.id, reason: 'changed' }
        before = row.hash
        expected++
        checked++
      }
      return undefined
    },
  }
}
