/**
 * Opens what an earlier life left: every frame is read and checked once, so that it is known what waits and what is
 * damaged before anything new comes. The torn end of the last file is cut off; damaged bytes elsewhere are copied beside
 * the log, counted and passed over.
 */
import { join } from 'node:path'
import { Acked } from './acked.ts'
import type { Disk, DiskFile } from './disk.ts'
import { addSpans, createScratch, scan, type Span } from './scan.ts'
import {
  firstSeqIn,
  SEGMENT_HEADER_BYTES,
  segmentIndex,
  segmentOf,
  setAsideIndex,
  setAsideName,
  tally,
  type Segment,
  type Tally,
} from './segment.ts'

export interface Found {
  readonly segments: readonly Segment[]
  readonly waiting: ReadonlyMap<string, Tally>
  /** Bytes set aside, from earlier lives too. */
  readonly setAside: number
  /** Damaged bytes found this time, without a torn end. */
  readonly damaged: number
  /** Bytes of a torn end. */
  readonly torn: number
  readonly lastSeq: number
  readonly lastIndex: number
}

const COPY_BYTES_MOST = 64 * 1024 * 1024

/** Copies a span beside the log; false when it is there already, or cannot be. */
export const setAside = async (
  disk: Disk,
  folder: string,
  file: DiskFile,
  index: number,
  span: Span,
): Promise<number> => {
  const path = join(folder, setAsideName(index, span.from, span.to))
  const bytes = Buffer.alloc(Math.min(COPY_BYTES_MOST, span.to - span.from))
  const got = await file.read(bytes, span.from).catch(() => 0)
  const copy = await disk.open(path, 'create')
  try {
    await copy.write([bytes.subarray(0, got)], 0)
  } finally {
    await copy.close()
  }
  return got
}

interface Scan {
  readonly disk: Disk
  readonly folder: string
  readonly acked: Acked
  /** Frames that were met: a file given up after a failed sync has some twice. */
  readonly seen: Acked
  readonly waiting: Map<string, Tally>
  readonly scratch: Buffer
}

/** Reads all frames of one file into its tallies; the damaged spans, and the lowest number there is. */
const scanSegment = async (
  on: Scan,
  file: DiskFile,
  segment: Segment,
): Promise<{ readonly spans: readonly Span[]; readonly firstSeq: number | undefined }> => {
  let spans: Span[] = []
  let firstSeq: number | undefined
  for (let at = SEGMENT_HEADER_BYTES; at < segment.size;) {
    const { frames, damaged, next } = await scan(file, at, segment.size, on.scratch)
    for (const { frame } of frames) {
      const { seq, meta, records, bytes } = frame
      segment.lastSeq = Math.max(segment.lastSeq, seq)
      firstSeq = Math.min(firstSeq ?? seq, seq)
      if (on.acked.has(seq) || on.seen.has(seq)) continue
      on.seen.add(seq)
      segment.live++
      tally(segment.unread, meta, 1, records, bytes)
      tally(on.waiting, meta, 1, records, bytes)
    }
    spans = addSpans(spans, damaged)
    at = next
  }
  return { spans, firstSeq }
}

/** What its header says; undefined when that is damaged. */
const firstSeqOf = async (file: DiskFile): Promise<number | undefined> => {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
  await file.read(header, 0).catch(() => 0)
  return firstSeqIn(header)
}

/** One that may not be written (a read-only disk, a protected file) is read all the same. */
const openFound = async (
  disk: Disk,
  path: string,
  mend: boolean,
): Promise<{ readonly file: DiskFile; readonly writable: boolean }> => {
  if (!mend) return { file: await disk.open(path, 'read'), writable: false }
  try {
    return { file: await disk.open(path, 'write'), writable: true }
  } catch {
    return { file: await disk.open(path, 'read'), writable: false }
  }
}

/** `mend` changes files: cuts and sets aside. Without it they are only read. */
export const findSegments = async (disk: Disk, folder: string, acked: Acked, mend: boolean): Promise<Found> => {
  const files = await disk.list(folder)
  const on: Scan = { disk, folder, acked, seen: new Acked(), waiting: new Map(), scratch: createScratch() }
  const named = files
    .flatMap(({ name, size }) => {
      const index = segmentIndex(name)
      return index === undefined ? [] : [{ index, size }]
    })
    .toSorted((a, b) => a.index - b.index)
  const aside = new Map(
    files.filter(({ name }) => setAsideIndex(name) !== undefined).map((one) => [one.name, one.size]),
  )
  const segments: Segment[] = []
  let damaged = 0
  let torn = 0
  for (const { index, size } of named) {
    const path = segmentOf(folder, index, 0).path
    const { file, writable } = await openFound(disk, path, mend)
    try {
      const segment = { ...segmentOf(folder, index, 0), size, sealed: true }
      const scanned = await scanSegment(on, file, segment)
      const firstSeq = await firstSeqOf(file)
      // Whether it may be removed, and what then counts as done, hangs on it: a damaged one is not believed.
      segment.firstSeq = Math.min(firstSeq ?? Infinity, scanned.firstSeq ?? firstSeq ?? 0)
      if (firstSeq !== undefined) segment.lastSeq = Math.max(segment.lastSeq, firstSeq - 1)
      const header = firstSeq === undefined && size >= SEGMENT_HEADER_BYTES
      const spans = addSpans(header ? [{ from: 0, to: SEGMENT_HEADER_BYTES }] : [], scanned.spans)
      const last = spans.at(-1)
      if (index === named.at(-1)?.index && last && last.to === size) {
        spans.pop()
        torn = size - last.from
        segment.size = last.from
        if (writable) await file.truncate(last.from)
      }
      for (const span of spans) {
        damaged += span.to - span.from
        const name = setAsideName(index, span.from, span.to)
        if (mend && !aside.has(name)) aside.set(name, await setAside(disk, folder, file, index, span).catch(() => 0))
      }
      segments.push(segment)
    } finally {
      await file.close()
    }
  }
  const indexes = [...named.map(({ index }) => index), ...[...aside.keys()].map((name) => setAsideIndex(name) ?? 0)]
  return {
    segments,
    waiting: on.waiting,
    setAside: [...aside.values()].reduce((sum, size) => sum + size, 0),
    damaged,
    torn,
    lastSeq: Math.max(acked.high, ...segments.map(({ lastSeq }) => lastSeq)),
    lastIndex: Math.max(0, ...indexes),
  }
}
