/**
 * One store of events over any backend: appends in order and in groups, retention, queries, the state of any time, and the
 * check of the chain.
 *
 * Retention counts what it evicts, and folds it into a snapshot first, so that the state of later times can still be told.
 */
import type { Clock } from '../kit/index.ts'

import { matchPattern } from '../events/index.ts'
import { createGroupWriter } from './group-writer.ts'
import { PAGE } from './pages.ts'
import { keyOf } from './rows.ts'
import { says } from './says.ts'
import type { StateView } from './state.ts'
import { createStates } from './states.ts'
import type { Appended, EventBackend, EventRow, Scan, StoredRow, StoreStats } from './types.ts'
import { verifyStore, type Verified } from './verify.ts'

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
  /** Somewhere in the line as it is stored, or in a text in it. */
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
  verify(): Promise<Verified>
  /** Evicts what is too old or too much; answers how many. */
  retain(): Promise<number>
  close(): Promise<void>
}

/** A snapshot of the state is kept about every so many events. */
const SNAPSHOT_EVERY = 5_000
const NANOS_PER_MS = 1_000_000n
/** How far ahead of this clock events may be and still hold the front: another machine's clock may be ahead of ours. */
const AHEAD_MOST = 24n * 3_600_000_000_000n

const fits = (row: StoredRow, { patterns, text, where }: HistoryQuery): boolean =>
  (patterns === undefined || patterns.length === 0 || patterns.some((pattern) => matchPattern(pattern, row.type))) &&
  (text === undefined || says(row.line, text)) &&
  (where === undefined || where(row))

const scanOf = (query: HistoryQuery, afterSeq: number): Scan => ({
  afterSeq,
  limit: PAGE,
  ...(query.descending === true && { descending: true }),
  ...(query.since !== undefined && { since: query.since }),
  ...(query.until !== undefined && { until: query.until }),
  ...(query.task !== undefined && { task: keyOf(query.task) }),
  ...(query.agent !== undefined && { agent: keyOf(query.agent) }),
  ...(query.severity !== undefined && { severity: query.severity }),
})

export const createHistory = (backend: EventBackend, limits: HistoryLimits, clock: Pick<Clock, 'nanos'>): History => {
  const writer = createGroupWriter(backend)
  const states = createStates(backend)
  let sinceSnapshot = 0

  /** The first event that is young enough. One from a clock that is far ahead does not keep what lies before it. */
  const firstYoung = async (afterSeq: number, retentionMs: number): Promise<StoredRow | undefined> => {
    const now = clock.nanos()
    const young = { afterSeq, limit: 1, since: now - BigInt(Math.round(retentionMs)) * NANOS_PER_MS }
    const [first] = await backend.scan({ ...young, until: now + AHEAD_MOST })
    return first ?? (await backend.scan(young))[0]
  }
  /** The number of the last event that has to go. */
  const lastToGo = async ({ events, firstSeq, lastSeq }: StoreStats): Promise<number> => {
    const over = limits.eventsMax === undefined ? 0 : lastSeq - limits.eventsMax
    if (limits.retentionMs === undefined || events === 0) return over
    const first = await firstYoung(firstSeq - 1, limits.retentionMs)
    return Math.max(over, first ? first.seq - 1 : lastSeq)
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
    byId: (id) => backend.byId(keyOf(id)),
    stats: () => backend.stats(),
    get waiting() {
      return writer.waiting
    },
    state: (at) => states.at(at),
    verify: () => verifyStore(backend),
    async retain() {
      const stats = await backend.stats()
      const last = await lastToGo(stats)
      if (last < stats.firstSeq) return 0
      await states.foldFront(last)
      return backend.evict(last)
    },
    async close() {
      await writer.idle()
      await backend.close()
    },
  }
}
