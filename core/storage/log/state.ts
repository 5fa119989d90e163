/** What the parts of one open log share. */
import type { Cursor } from './cursor.ts'
import type { Disk } from './disk.ts'
import type { Segment, Tally } from './segment.ts'

/** `commit`: an append resolves when it is on the disk. `interval`: it is there within a second. `none`: when the system likes. */
export type SyncPolicy = 'commit' | 'interval' | 'none'

export interface LogEvents {
  /** Something on the disk is not as it should be; told once each time. */
  trouble(what: string, error: Error): void
  /** Something cannot be done now, told each time it is tried in vain; undefined: it was done. */
  ailing(what: string, error: Error | undefined): void
  /** What was counted as waiting and cannot be read any more. */
  lost(meta: string, missing: Readonly<Tally>): void
  /** A file was removed, so there is room. */
  freed(): void
}

export interface LogState {
  readonly disk: Disk
  readonly folder: string
  readonly sync: SyncPolicy
  readonly segmentBytes: number
  readonly events: LogEvents
  readonly cursor: Cursor
  /** Oldest first; the last one may still be written. */
  readonly segments: Segment[]
  /** Read and not done, and the segment that keeps it. */
  readonly out: Map<number, Segment>
  /** Damaged bytes that were set aside. */
  setAside: number
  nextSeq: number
  nextIndex: number
  /** A read is under way. */
  reading: boolean
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EFBIG: 'the file would be larger than is allowed',
  EIO: 'the disk fails',
  EACCES: 'it may not be written',
  EPERM: 'it may not be written',
}

/** What to tell a person about an error of the disk. */
export const diskReason = (thrown: unknown): string => {
  const { code, message } = thrown as NodeJS.ErrnoException
  return (code !== undefined && REASONS[code]) || message
}

/** Removes segments in which nothing waits any more; what they were, the cursor need not remember one by one. */
export const release = async (state: LogState): Promise<void> => {
  const { disk, segments, cursor } = state
  const over = segments.filter(
    ({ sealed, live, readTo, size, unread }) =>
      sealed && live <= 0 && (readTo >= size || (unread.size === 0 && !state.reading)),
  )
  if (over.length === 0) return
  for (const segment of over) segments.splice(segments.indexOf(segment), 1)
  const oldest = Math.min(state.nextSeq, ...segments.map(({ firstSeq }) => firstSeq), ...state.out.keys())
  if (oldest - 1 > cursor.acked.low) cursor.done(cursor.acked.low + 1, oldest - 1)
  for (const segment of over) {
    try {
      await segment.file?.close()
      segment.file = undefined
      await disk.remove(segment.path)
    } catch (error) {
      state.events.trouble(`cannot remove ${segment.path}`, new Error(diskReason(error), { cause: error }))
    }
  }
  state.events.freed()
}
