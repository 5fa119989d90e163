/**
 * One store of events over any backend: appends in order and in groups, retention, queries, the state of any time, and the
 * check of the chain.
 *
 * Retention counts what it evicts, and folds it into a snapshot first, so that the state of later times can still be told.
 */
import type { Clock } from '../kit/index.ts'

import { matchPattern } from '../events/index.ts'
import { createChainCheck, type ChainBreak } from './chain.ts'
import { createGroupWriter } from './group-writer.ts'
import { PAGE, pages } from './pages.ts'
import type { StateView } from './state.ts'
import { createStates } from './states.ts'
import type { Appended, EventBackend, EventRow, Scan, StoredRow, StoreStats } from './types.ts'

export interface HistoryLimits {
  /** Older events are evicted; undefined = never. */
  readonly retentionMs: number | undefined
  readonly eventsMax: number | undefined
}

export interface HistoryQuery {
  readonly since?: bigint
  readonly until?: bigint
  /** NATS-like patterns of types and topics; one has to match. */
  readonly patterns?: readonly string[]
  readonly task?: string
  readonly agent?: string
  readonly severity?: number
  /** Somewhere in the line. */
  readonly text?: string
  /** A condition of the caller's own on the line. */
  readonly where?: (row: StoredRow) => boolean
  readonly limit: number
  readonly descending?: boolean
  /** Where the page before ended. */
  readonly cursor?: number
}

export interface Page {
  readonly rows: readonly StoredRow[]
  /** Where the next page begins; undefined when there is none. */
  readonly cursor: number | undefined
}

export interface History {
  append(rows: readonly EventRow[]): Promise<Appended>
  query(query: HistoryQuery): Promise<Page>
  byId(id: string): Promise<StoredRow | undefined>
  stats(): Promise<StoreStats>
  /** What has not been written yet. */
  readonly waiting: number
  /** The state at a time; undefined = now. */
  state(at: bigint | undefined): Promise<StateView>
  verify(): Promise<{ readonly checked: number; readonly head: string; readonly broken: ChainBreak | undefined }>
  /** Evicts what is too old or too much; answers how many. */
  retain(): Promise<number>
  close(): Promise<void>
}

/** A snapshot of the state is kept about every so many events. */
const SNAPSHOT_EVERY = 5_000
const NANOS_PER_MS = 1_000_000n
const fits = (row: StoredRow, { patterns, text, where }: HistoryQuery): boolean =>
  (patterns === undefined || patterns.length === 0 || patterns.some((pattern) => matchPattern(pattern, row.type))) &&
  (text === undefined || row.line.includes(text)) &&
  (where === undefined || where(row))

const scanOf = (query: HistoryQuery, afterSeq: number): Scan => ({
  afterSeq,
  limit: PAGE,
  ...(query.descending === true && { descending: true }),
  ...(query.since !== undefined && { since: query.since }),
  ...(query.until !== undefined && { until: query.until }),
  ...(query.task !== undefined && { task: query.task }),
  ...(query.agent !== undefined && { agent: query.agent }),
  ...(query.severity !== undefined && { severity: query.severity }),
})

export const createHistory = (backend: EventBackend, limits: HistoryLimits, clock: Pick<Clock, 'nanos'>): History => {
  const writer = createGroupWriter(backend)
  const states = createStates(backend)
  let sinceSnapshot = 0

  const tooMany = async (): Promise<number> => {
    const { events, firstSeq } = await backend.stats()
    const over = limits.eventsMax === undefined ? 0 : Math.max(0, events - limits.eventsMax)
    if (limits.retentionMs === undefined || events === 0) return over
    const before = clock.nanos() - BigInt(limits.retentionMs) * NANOS_PER_MS
    const [firstKept] = await backend.scan({ afterSeq: firstSeq - 1, limit: 1, since: before })
    return Math.max(over, firstKept ? firstKept.seq - firstSeq : events)
  }

  return {
    async append(rows) {
      const answer = await writer.append(rows)
      sinceSnapshot += answer.added
      if (sinceSnapshot >= SNAPSHOT_EVERY) {
        sinceSnapshot = 0
        await states.snapshot()
      }
      return answer
    },
    async query(query) {
      const found: StoredRow[] = []
      let after = query.cursor ?? 0
      for (;;) {
        const rows = await backend.scan(scanOf(query, after))
        for (const row of rows) {
          after = row.seq
          if (!fits(row, query)) continue
          found.push(row)
          if (found.length === query.limit) return { rows: found, cursor: after }
        }
        if (rows.length < PAGE) return { rows: found, cursor: undefined }
      }
    },
    byId: (id) => backend.byId(id),
    stats: () => backend.stats(),
    get waiting() {
      return writer.waiting
    },
    state: (at) => states.at(at),
    async verify() {
      const { anchor, firstSeq } = await backend.stats()
      const chain = createChainCheck(anchor, firstSeq)
      for await (const rows of pages(backend, {}, firstSeq - 1)) {
        const broken = chain.check(rows)
        if (broken) return { checked: chain.checked, head: chain.head, broken }
      }
      return { checked: chain.checked, head: chain.head, broken: undefined }
    },
    async retain() {
      const count = await tooMany()
      if (count === 0) return 0
      await states.foldFront(count)
      const { events } = await backend.stats()
      return backend.evict({ before: undefined, most: events - count })
    },
    async close() {
      await writer.idle()
      await backend.close()
    },
  }
}
