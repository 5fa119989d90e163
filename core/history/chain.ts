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

export interface ChainBreak {
  readonly seq: number
  readonly id: string
  readonly reason: 'changed' | 'missing'
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
    check(rows: readonly StoredRow[]): ChainBreak | undefined {
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
