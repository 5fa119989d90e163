/**
 * A log on disk: what is appended is read again in order and stays until it is done. The queue of an exporter and the
 * dead letters of a component are each one such log, in a folder of its own that belongs to one process at a time.
 *
 * Promises: an append that resolved survives what `sync` says (`commit`: a power cut; the others: the end of the process);
 * one that rejected is not in the log. What was not marked done comes again after a restart. Damage costs what is damaged
 * and nothing else, is counted and kept aside, and never stops the start. The event loop never waits for the disk.
 */
import type { Clock } from '../../kit/clock.ts'
import { openCursor } from './cursor.ts'
import type { Disk } from './disk.ts'
import type { Frame } from './frame.ts'
import { findSegments } from './opening.ts'
import { readNext } from './reader.ts'
import { bytesOf, tally, type Tally } from './segment.ts'
import { diskReason, release, type LogEvents, type LogState, type SyncPolicy } from './state.ts'
import { createWriter, type Append } from './writer.ts'

export const SEGMENT_BYTES = 64 * 1024 * 1024
/** How long `interval` may leave a write in the system's hands. */
const SYNC_EVERY_MS = 1_000

export interface LogOptions {
  readonly folder: string
  readonly disk: Disk
  readonly clock: Pick<Clock, 'every'>
  readonly sync: SyncPolicy
  /** A new file begins at this size. */
  readonly segmentBytes?: number
  readonly events: LogEvents
}

/** What the log held when it was opened, and what was wrong with it. */
export interface LogOpening {
  readonly waiting: ReadonlyMap<string, Tally>
  readonly damaged: number
  readonly torn: number
}

export interface DiskLog {
  readonly folder: string
  readonly opening: LogOpening
  /** Bytes it takes on the disk, with those that were set aside. */
  readonly bytes: number
  readonly setAside: number
  /** Frames that are not done. */
  readonly live: number
  /** Bytes of the frames that nobody has read and that are not done. */
  readonly waitingBytes: number
  /** The highest number it has given. */
  readonly lastSeq: number
  append(append: Append): Promise<void>
  /** Some of the oldest frames that nobody has read yet; none when all were. One call at a time. */
  read(): Promise<readonly Frame[]>
  /** Whether `read` would find something. */
  readonly hasMore: boolean
  /** It need not be kept any more. */
  done(seq: number): void
  /** The same for one that was not read by `read`. False when it was done already. */
  discard(frame: Frame): boolean
  /** What comes next goes to a new file, so that the one before can be removed as soon as nothing in it waits. */
  seal(): Promise<void>
  /** Resolves when what was said to be done is noted on the disk. */
  settled(): Promise<void>
  close(): Promise<void>
}

const openState = async (options: LogOptions): Promise<{ state: LogState; opening: LogOpening }> => {
  const { disk, folder, sync, segmentBytes = SEGMENT_BYTES, events } = options
  const cursor = await openCursor(disk, folder, (error) =>
    events.ailing(
      'cannot note what is done, so that it may come twice',
      error === undefined ? undefined : new Error(diskReason(error), { cause: error }),
    ),
  )
  const found = await findSegments(disk, folder, cursor.acked, true)
  const state: LogState = {
    disk,
    folder,
    sync,
    segmentBytes,
    events,
    cursor,
    segments: [...found.segments],
    out: new Map(),
    setAside: found.setAside,
    nextSeq: found.lastSeq + 1,
    nextIndex: found.lastIndex + 1,
    reading: false,
  }
  for (const segment of state.segments) if (segment.live === 0) segment.readTo = segment.size
  await release(state)
  return { state, opening: found }
}

const syncRegularly = (options: LogOptions, flush: () => Promise<void>, cursor: LogState['cursor']): (() => void) => {
  if (options.sync === 'none') return () => {}
  const told = (error?: unknown): void =>
    options.events.ailing(
      'cannot sync, so that a power cut may take what came since',
      error === undefined ? undefined : new Error(diskReason(error), { cause: error }),
    )
  return options.clock.every(SYNC_EVERY_MS, () => void Promise.all([flush(), cursor.sync()]).then(() => told(), told))
}

/** Throws `storage_locked`, or what the disk says when the folder cannot be used at all. */
export const openLog = async (options: LogOptions): Promise<DiskLog> => {
  const { disk, folder, events } = options
  await disk.makeFolder(folder)
  const unlock = await disk.lock(folder)
  try {
    const { state, opening } = await openState(options)
    const { segments, cursor, out } = state
    const writer = createWriter(state)
    const stopSyncing = syncRegularly(options, () => writer.flush(), cursor)
    return {
      folder,
      opening,
      get bytes() {
        return segments.reduce((sum, { size }) => sum + size, state.setAside)
      },
      get setAside() {
        return state.setAside
      },
      get live() {
        return segments.reduce((sum, { live }) => sum + live, 0)
      },
      get waitingBytes() {
        return segments.reduce((sum, { unread }) => sum + bytesOf(unread), 0)
      },
      get lastSeq() {
        return state.nextSeq - 1
      },
      append: (append) => writer.append(append),
      read: () => readNext(state),
      get hasMore() {
        return segments.some(({ readTo, size }) => readTo < size)
      },
      done(seq) {
        const segment = out.get(seq)
        if (!segment) return
        out.delete(seq)
        segment.live--
        cursor.done(seq)
        if (segment.live <= 0 && segment.sealed) void release(state)
      },
      discard: ({ seq, meta, records, bytes }) => {
        const segment = segments.find((one) => one.firstSeq <= seq && seq <= one.lastSeq && one.unread.has(meta))
        if (!segment || cursor.acked.has(seq) || out.has(seq)) return false
        tally(segment.unread, meta, -1, -records, -bytes)
        segment.live--
        cursor.done(seq)
        if (segment.live <= 0 && segment.sealed) void release(state)
        events.freed()
        return true
      },
      seal: () => writer.seal(),
      settled: () => cursor.idle(),
      async close() {
        stopSyncing()
        await writer.idle()
        if (state.sync !== 'none') await writer.flush().catch(() => {})
        await cursor.close()
        for (const { file } of segments) await file?.close().catch(() => {})
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}
