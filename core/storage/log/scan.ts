/**
 * Reads the frames of a file piece by piece. Behind bytes that are no frame it goes on at the next good one, and tells
 * what it left out; what cannot be read from the disk counts as damaged, page by page.
 */
import type { DiskFile } from './disk.ts'
import { frameAt, MARKER, type Frame } from './frame.ts'

/** Read at once where the frames are kept; a frame that is larger is read alone. Each read costs two changes of thread. */
const CHUNK_BYTES = 512 * 1024
/** Read at once where they are only looked at. */
const SCRATCH_BYTES = 1024 * 1024
const PAGE_BYTES = 4096

export interface Span {
  readonly from: number
  readonly to: number
}
export interface Scanned {
  /** In order, each with where it stands. */
  readonly frames: readonly { readonly frame: Frame; readonly at: number }[]
  /** Where to go on; at least one byte further than before. */
  readonly next: number
  readonly damaged: readonly Span[]
}

/** Pages that the disk does not give are zeros, and so no frames. */
const readPages = async (file: DiskFile, into: Buffer, position: number): Promise<number> => {
  let done = 0
  for (let at = 0; at < into.length; at += PAGE_BYTES) {
    const page = into.subarray(at, at + PAGE_BYTES)
    try {
      const got = await file.read(page, position + at)
      done = at + got
      if (got < page.length) return done
    } catch {
      page.fill(0)
      done = at + page.length
    }
  }
  return done
}

/** In `scratch` where it fits, else in memory of its own; its frames share it. */
const readChunk = async (file: DiskFile, position: number, size: number, scratch?: Buffer): Promise<Buffer> => {
  const bytes = scratch && size <= scratch.length ? scratch.subarray(0, size) : Buffer.allocUnsafeSlow(size)
  const got = await file.read(bytes, position).catch(() => readPages(file, bytes, position))
  return got === size ? bytes : bytes.subarray(0, got)
}

/** Memory for `scan` where nobody keeps the frames: it is used again and again. */
export const createScratch = (): Buffer => Buffer.allocUnsafeSlow(SCRATCH_BYTES)

/** One piece of what stands in [from, end); `from < end`. */
export const scan = async (file: DiskFile, from: number, end: number, scratch?: Buffer): Promise<Scanned> => {
  let bytes = await readChunk(file, from, Math.min(scratch?.length ?? CHUNK_BYTES, end - from), scratch)
  const first = frameAt(bytes, 0)
  if (typeof first === 'number' && first > bytes.length && from + first <= end)
    bytes = await readChunk(file, from, first)
  const frames: Scanned['frames'][number][] = []
  const damaged: Span[] = []
  if (bytes.length === 0) return { frames, next: end, damaged: [{ from, to: end }] }
  const fileGoesOn = from + bytes.length < end
  let at = 0
  while (at < bytes.length) {
    const frame = frameAt(bytes, at)
    if (typeof frame === 'object') {
      frames.push({ frame, at: from + at })
      at += frame.bytes
      continue
    }
    if (typeof frame === 'number' && at > 0 && fileGoesOn && from + at + frame <= end) break
    const found = bytes.indexOf(MARKER, at + 1)
    const rest = fileGoesOn ? Math.max(at + 1, bytes.length - MARKER.length + 1) : bytes.length
    const to = found < 0 ? rest : found
    damaged.push({ from: from + at, to: from + to })
    at = to
  }
  return { frames, next: from + at, damaged }
}

/** Adds spans, joining neighbours. */
export const addSpans = (spans: readonly Span[], more: readonly Span[]): Span[] => {
  const all = [...spans]
  for (const span of more) {
    const last = all.at(-1)
    if (last?.to === span.from) all[all.length - 1] = { from: last.from, to: span.to }
    else all.push(span)
  }
  return all
}
