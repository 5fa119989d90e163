/**
 * Appends frames. Several appends share one write and one sync: what comes while a sync is under way goes with the next,
 * at most GROUP_BYTES at once, so nobody waits for company and the disk decides how large the groups are.
 *
 * A write that fails is taken back and its appends reject: their senders have the batches again. A sync that fails says
 * that nobody knows what the disk has, and asking again proves nothing: the file is given up where the last good sync
 * ended, and what came since is written to a new one.
 */
import { CollectorError } from '../../kit/errors.ts'
import { encodeFrame, frameBytes, PAYLOAD_BYTES_MOST } from './frame.ts'
import { scan } from './scan.ts'
import { createSegment, segmentOf, tally, type Segment } from './segment.ts'
import { diskReason, release, type LogState } from './state.ts'

const GROUP_BYTES = 1024 * 1024
/** An active file in which nothing waits is replaced once it holds more than this. */
const DONE_BYTES = 8 * 1024 * 1024

export interface Append {
  readonly meta: string
  readonly records: number
  readonly payload: readonly Uint8Array[]
  /** Called once when it is in the log. `next`: it would be the next to be read, and answering true takes it now. */
  readonly committed?: (seq: number, next: boolean) => boolean
}
interface Waiting extends Append {
  readonly bytes: number
  readonly done: PromiseWithResolvers<void>
}
interface Placed {
  readonly seq: number
  readonly waiting: Waiting
  readonly pieces: readonly Uint8Array[]
}

export interface Writer {
  append(append: Append): Promise<void>
  /** Syncs what `interval` left open. */
  flush(): Promise<void>
  /** Nothing more goes to the file that is written, unless nothing ever went to it. */
  seal(): Promise<void>
  /** Resolves when nothing is being written. */
  idle(): Promise<void>
}

const failure = (folder: string, error: unknown): CollectorError =>
  error instanceof CollectorError
    ? error
    : new CollectorError('storage_failed', `cannot write to ${folder}: ${diskReason(error)}`, {
        retryable: true,
        cause: error,
      })

const newSegment = async (state: LogState, firstSeq: number): Promise<Segment> => {
  const segment = segmentOf(state.folder, state.nextIndex++, firstSeq)
  await createSegment(state.disk, state.folder, segment, state.sync !== 'none')
  state.segments.push(segment)
  return segment
}

/** Frames of a file behind its last good sync that are not done, into a new one; in `commit` mode there are none. */
const rescue = async (state: LogState, from: Segment, to: Segment): Promise<void> => {
  for (let at = from.syncedTo; from.file && at < from.size;) {
    const { frames, next } = await scan(from.file, at, from.size)
    for (const { frame, at: place } of frames) {
      const { seq, meta, records, bytes } = frame
      if (state.cursor.acked.has(seq)) continue
      await to.file?.write(encodeFrame(seq, records, meta, [frame.payload]), to.size)
      to.size += bytes
      to.lastSeq = Math.max(to.lastSeq, seq)
      from.live--
      to.live++
      if (state.out.has(seq)) state.out.set(seq, to)
      if (place < from.readTo) continue
      tally(from.unread, meta, -1, -records, -bytes)
      tally(to.unread, meta, 1, records, bytes)
    }
    at = next
  }
}

/** The file to write to, with room for that much. */
const activeFor = async (state: LogState, bytes: number): Promise<Segment> => {
  const active = state.segments.at(-1)
  if (active && !active.sealed) {
    const done =
      active.live === 0 && active.unread.size === 0 && active.size > Math.min(DONE_BYTES, state.segmentBytes / 4)
    const empty = active.lastSeq < active.firstSeq
    if (empty || (active.size + bytes <= state.segmentBytes && !done)) return active
    if (state.sync === 'interval') await active.file?.sync()
    active.sealed = true
    void release(state)
  }
  return newSegment(state, state.nextSeq)
}

const place = (state: LogState, group: readonly Waiting[]): readonly Placed[] =>
  group.map((waiting) => {
    const seq = state.nextSeq++
    return { seq, waiting, pieces: encodeFrame(seq, waiting.records, waiting.meta, waiting.payload) }
  })

const writeAll = async (segment: Segment, placed: readonly Placed[]): Promise<void> => {
  try {
    await segment.file?.write(
      placed.flatMap(({ pieces }) => pieces),
      segment.size,
    )
  } catch (error) {
    // The file may grow no further, the next one may.
    if ((error as NodeJS.ErrnoException).code === 'EFBIG') segment.sealed = true
    // What came through of it must not stand behind what is written next.
    await segment.file?.truncate(segment.size).catch(() => void (segment.sealed = true))
    throw error
  }
}

const syncOrMove = async (state: LogState, segment: Segment, placed: readonly Placed[]): Promise<Segment> => {
  try {
    await segment.file?.sync()
    return segment
  } catch (error) {
    state.events.trouble(
      `${segment.path} could not be synced; what is not delivered goes to a new file`,
      error as Error,
    )
    segment.sealed = true
    // As low as any number that may come to stand in it.
    const next = await newSegment(state, segment.firstSeq)
    await rescue(state, segment, next)
    segment.size = segment.syncedTo
    segment.readTo = Math.min(segment.readTo, segment.size)
    await segment.file?.truncate(segment.size).catch(() => {})
    await writeAll(next, placed)
    await next.file?.sync()
    void release(state)
    return next
  }
}

/** From now on they are readable, and their senders know it. */
const commit = (state: LogState, segment: Segment, placed: readonly Placed[]): void => {
  for (const { seq, waiting } of placed) {
    const { meta, records, bytes, committed } = waiting
    const isNext = !state.reading && state.segments.every((one) => one.readTo === one.size)
    segment.size += bytes
    segment.lastSeq = seq
    segment.live++
    const claimed = committed?.(seq, isNext) === true && isNext
    if (claimed) {
      segment.readTo = segment.size
      state.out.set(seq, segment)
    } else tally(segment.unread, meta, 1, records, bytes)
    waiting.done.resolve()
  }
}

const flush = async (state: LogState): Promise<void> => {
  const active = state.segments.at(-1)
  if (!active || active.sealed || active.syncedTo === active.size) return
  const after = await syncOrMove(state, active, [])
  after.syncedTo = after.size
}

/** The file that is written, if anything is in it. */
const written = (state: LogState): Segment | undefined => {
  const active = state.segments.at(-1)
  return active && !active.sealed && active.lastSeq >= active.firstSeq ? active : undefined
}

const seal = async (state: LogState): Promise<void> => {
  try {
    if (state.sync === 'interval') await flush(state)
  } catch {
    return // Told by the next sync, and tried again when room is looked for again.
  }
  const active = written(state)
  if (!active) return
  active.sealed = true
  await release(state)
}

export const createWriter = (state: LogState): Writer => {
  const waiting: Waiting[] = []
  /** Jobs on the file, one after the other. */
  let last: Promise<void> = Promise.resolve()
  let due = false

  const takeGroup = (): Waiting[] => {
    let [n, bytes] = [0, 0]
    for (const one of waiting) {
      if (n > 0 && bytes + one.bytes > GROUP_BYTES) break
      bytes += one.bytes
      n++
    }
    return waiting.splice(0, n)
  }
  const write = async (group: readonly Waiting[]): Promise<void> => {
    try {
      const bytes = group.reduce((sum, one) => sum + one.bytes, 0)
      const active = await activeFor(state, bytes)
      const placed = place(state, group)
      await writeAll(active, placed)
      const segment = state.sync === 'commit' ? await syncOrMove(state, active, placed) : active
      commit(state, segment, placed)
      if (state.sync === 'commit') segment.syncedTo = segment.size
    } catch (error) {
      const failed = failure(state.folder, error)
      for (const one of group) one.done.reject(failed)
    }
  }
  const run = async (): Promise<void> => {
    // What is appended in the same turn goes together.
    await new Promise(setImmediate)
    due = false
    while (waiting.length > 0) await write(takeGroup())
  }
  const then = (job: () => Promise<void>): Promise<void> => {
    const done = last.then(job)
    last = done.catch(() => {})
    return done
  }
  return {
    append(append) {
      const bytes = frameBytes(append.meta, append.payload)
      if (bytes > PAYLOAD_BYTES_MOST)
        return Promise.reject(
          new CollectorError('too_large', `a batch of ${bytes} bytes is more than a queue on disk keeps in one piece`),
        )
      const done = Promise.withResolvers<void>()
      waiting.push({ ...append, bytes, done })
      if (!due) {
        due = true
        void then(run)
      }
      return done.promise
    },
    flush: () => then(() => flush(state)),
    seal: () => (written(state) ? then(() => seal(state)) : Promise.resolve()),
    idle: () => last,
  }
}
