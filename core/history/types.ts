/**
 * What a store of events keeps and answers. A stored event is an envelope line with what it is found by; events are numbered
 * in the order they were stored, and chained: `hash = sha256(hash of the one before, line)`.
 */
import type { Batch } from '../model/types.ts'

/** What is found by, beside the line itself. Absent parts are ''. */
export interface EventRow {
  readonly id: string
  /** Nanoseconds since the epoch, at the source; 2^63 - 1 at most. */
  readonly time: bigint
  readonly type: string
  readonly task: string
  readonly agent: string
  /** OTel's severity number. */
  readonly severity: number
  /** The envelope, without a line break. */
  readonly line: string
}

export interface StoredRow extends EventRow {
  /** Counts from 1, without gaps. */
  readonly seq: number
  /** 64 lower-case hex digits. */
  readonly hash: string
}

/** A page of rows in the order of `seq`; all conditions hold. */
export interface Scan {
  readonly afterSeq: number
  readonly limit: number
  /** Newest first: then rows before `afterSeq` (0 = from the end). */
  readonly descending?: boolean
  /** Inclusive. */
  readonly since?: bigint
  /** Exclusive. */
  readonly until?: bigint
  readonly task?: string
  readonly agent?: string
  /** At least. */
  readonly severity?: number
}

export interface StoreStats {
  readonly events: number
  /** What the lines take as they are stored. */
  readonly bytes: number
  /** What they would take uncompressed. */
  readonly lineBytes: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly firstTime: bigint | undefined
  readonly lastTime: bigint | undefined
  /** Evicted since the store was made. */
  readonly evicted: number
  /** The chain begins after this hash: that of the last evicted event, or 64 zeros. */
  readonly anchor: string
  /** The hash of event `lastSeq`, kept apart from the events, so that one that vanishes from their end is missed. */
  readonly head: string
}

export interface Appended {
  readonly added: number
  /** Their ids were there already: they are what they were, and stay once. */
  readonly duplicates: number
}

/** The state after all events up to number `seq`, of which the latest happened at `time`. */
export interface Snapshot {
  readonly seq: number
  readonly time: bigint
  /** JSON. */
  readonly state: string
}

/** What every kind of storage does. Calls come one at a time; `append` is all or nothing and durable when it resolves. */
export interface EventBackend {
  open(): Promise<void>
  append(rows: readonly EventRow[]): Promise<Appended>
  scan(scan: Scan): Promise<readonly StoredRow[]>
  byId(id: string): Promise<StoredRow | undefined>
  /** Removes the events up to number `last`, and counts them. Answers how many went. */
  evict(last: number): Promise<number>
  stats(): Promise<StoreStats>
  putSnapshot(snapshot: Snapshot): Promise<void>
  /** The one of the highest number among those within the limits. */
  snapshotBefore(limits: { readonly time: bigint; readonly seq: number }): Promise<Snapshot | undefined>
  /** What is wrong with the storage itself, in sentences; looks at all of it. */
  faults?(): Promise<readonly string[]>
  close(): Promise<void>
}

/** The public face of the extension `event_store`. */
export interface EventStoreFace {
  /** Resolves when the events are stored as durably as the extension is told to. */
  append(batch: Batch<'logs'>): Promise<Appended>
}
