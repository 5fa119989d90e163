/**
 * Hands out frames that were committed and not yet read, oldest first, a piece of a file at a time. How much is read ahead
 * is decided by who calls: nothing is kept here, so a long queue costs no memory.
 */
import type { Frame } from './frame.ts'
import { setAside } from './opening.ts'
import { scan, type Span } from './scan.ts'
import { tally, type Segment } from './segment.ts'
import { release, type LogState } from './state.ts'

const quarantine = async (state: LogState, segment: Segment, spans: readonly Span[]): Promise<void> => {
  for (const span of spans) {
    const bytes = span.to - span.from
    state.events.trouble(
      'damaged bytes were passed over',
      new Error(`${bytes} bytes at ${span.from} of ${segment.path}`),
    )
    if (segment.file)
      state.setAside += await setAside(state.disk, state.folder, segment.file, segment.index, span).catch(() => 0)
  }
}

/** Everything of it was read; what was counted and not found is lost. */
const writeOff = (state: LogState, segment: Segment): void => {
  const unread = [...segment.unread]
  segment.unread.clear()
  for (const [meta, missing] of unread) {
    segment.live -= missing.frames
    state.events.lost(meta, missing)
  }
}

const readSome = async (state: LogState, segment: Segment): Promise<readonly Frame[]> => {
  segment.file ??= await state.disk.open(segment.path, 'read')
  const { frames, next, damaged } = await scan(segment.file, segment.readTo, segment.size)
  const fresh: Frame[] = []
  for (const { frame } of frames) {
    const { seq, meta, records, bytes } = frame
    // A file that was given up may have frames that stand in a later one too.
    if (state.cursor.acked.has(seq) || state.out.has(seq)) continue
    state.out.set(seq, segment)
    tally(segment.unread, meta, -1, -records, -bytes)
    fresh.push(frame)
  }
  // Only now, so that nothing is claimed past what is still being read.
  segment.readTo = next
  if (damaged.length > 0) await quarantine(state, segment, damaged)
  if (segment.readTo >= segment.size) {
    writeOff(state, segment)
    if (segment.sealed) void release(state)
  }
  return fresh
}

/** Some of the oldest frames that were not read yet; none when all were. Not to be called again before it answers. */
export const readNext = async (state: LogState): Promise<readonly Frame[]> => {
  state.reading = true
  try {
    for (;;) {
      const segment = state.segments.find(({ readTo, size }) => readTo < size)
      if (!segment) return []
      const frames = await readSome(state, segment)
      if (frames.length > 0) return frames
    }
  } finally {
    state.reading = false
  }
}
