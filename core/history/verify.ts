/** Whether a store is what was stored: its chain from end to end, what its events are filed under, and the storage itself. */
import { createChainCheck, type ChainBreak } from './chain.ts'
import { pages } from './pages.ts'
import { rowOfLine } from './rows.ts'
import type { EventBackend, StoredRow, StoreStats } from './types.ts'

export interface Verified {
  readonly checked: number
  readonly head: string
  readonly broken: ChainBreak | undefined
  /** What else is wrong, in sentences. */
  readonly faults: readonly string[]
}

const FILED = ['id', 'time', 'type', 'task', 'agent', 'severity'] as const

/** The chain is over the lines; what they are found by follows from them. */
const misfiled = (rows: readonly StoredRow[]): ChainBreak | undefined => {
  for (const row of rows) {
    const own = rowOfLine(row.line)
    if (own === undefined || FILED.some((name) => own[name] !== row[name]))
      return { seq: row.seq, id: row.id, reason: 'misfiled' }
  }
  return undefined
}

const chainOf = async (backend: EventBackend, { anchor, firstSeq, lastSeq, head }: StoreStats) => {
  const chain = createChainCheck(anchor, firstSeq)
  let lastHash = firstSeq > lastSeq ? anchor : undefined
  const told = (broken: ChainBreak | undefined) => ({ checked: chain.checked, head: chain.head, broken })
  for await (const rows of pages(backend, {}, firstSeq - 1)) {
    const broken = chain.check(rows)
    if (broken) return told(broken)
    const wrong = misfiled(rows)
    if (wrong) return { ...told(wrong), checked: wrong.seq - firstSeq }
    lastHash ??= rows.find(({ seq }) => seq === lastSeq)?.hash
  }
  if (lastHash === head) return told(undefined)
  const seq = Math.min(chain.expected, lastSeq)
  return told({ seq, id: '', reason: lastHash === undefined || firstSeq > lastSeq ? 'missing' : 'changed' })
}

export const verifyStore = async (backend: EventBackend): Promise<Verified> => {
  for (;;) {
    const stats = await backend.stats()
    const chain = await chainOf(backend, stats)
    // What was evicted meanwhile is not missing.
    if (chain.broken && (await backend.stats()).firstSeq !== stats.firstSeq) continue
    return { ...chain, faults: (await backend.faults?.()) ?? [] }
  }
}
