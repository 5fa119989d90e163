/** Looks into a log without touching it, whether a collector uses it or not. */
import type { Disk } from './disk.ts'
import { readCursor } from './cursor.ts'
import type { Frame } from './frame.ts'
import { findSegments } from './opening.ts'
import { scan } from './scan.ts'
import { SEGMENT_HEADER_BYTES, segmentIndex, segmentOf } from './segment.ts'
import { Acked } from './acked.ts'

export interface LogSummary {
  /** Entries and their records that are not done. */
  readonly entries: number
  readonly records: number
  /** Bytes of all its files, with those that were set aside. */
  readonly bytes: number
  readonly setAside: number
  /** Damaged bytes in its files, without a torn end. */
  readonly damaged: number
  /** Bytes of an unfinished end. */
  readonly torn: number
  /** Damaged notes of what is done: those entries come twice. */
  readonly damagedNotes: number
}

export const summarize = async (disk: Disk, folder: string): Promise<LogSummary> => {
  const cursor = await readCursor(disk, folder)
  const found = await findSegments(disk, folder, cursor.acked, false)
  const counts = [...found.waiting.values()]
  return {
    entries: counts.reduce((sum, { frames }) => sum + frames, 0),
    records: counts.reduce((sum, { records }) => sum + records, 0),
    bytes: found.segments.reduce((sum, { size }) => sum + size, found.setAside),
    setAside: found.setAside,
    damaged: found.damaged,
    torn: found.torn,
    damagedNotes: cursor.damaged,
  }
}

/** What is not done, oldest first. A file that goes away meanwhile was done. */
export async function* readWaiting(disk: Disk, folder: string): AsyncGenerator<Frame> {
  const { acked } = await readCursor(disk, folder)
  const seen = new Acked()
  const files = await disk.list(folder)
  const named = files
    .flatMap(({ name, size }) => {
      const index = segmentIndex(name)
      return index === undefined ? [] : [{ index, size }]
    })
    .toSorted((a, b) => a.index - b.index)
  for (const { index, size } of named) {
    const file = await disk.open(segmentOf(folder, index, 0).path, 'read').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (!file) continue
    try {
      for (let at = SEGMENT_HEADER_BYTES; at < size;) {
        const { frames, next } = await scan(file, at, size)
        for (const { frame } of frames) {
          if (acked.has(frame.seq) || seen.has(frame.seq)) continue
          seen.add(frame.seq)
          yield frame
        }
        at = next
      }
    } finally {
      await file.close()
    }
  }
}
