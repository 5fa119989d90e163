/**
 * One file of a log.
 *
 *   segment = magic "SENECAQ1"(8) index(u48) first_seq(u48) crc32 of both(u32) frame*       header: 24 bytes, little-endian
 *
 * A segment is written by one life of the process: the next one begins a new file and cuts a torn end off the old.
 */
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Disk, DiskFile } from './disk.ts'

export const SEGMENT_HEADER_BYTES = 24
const MAGIC = Buffer.from('SENECAQ1')
const NAME = /^(\d{8,})\.log$/
const SET_ASIDE = /^(\d{8,})-\d+-\d+\.damaged$/

/** Frames and their records that wait, of one meta. */
export interface Tally {
  frames: number
  records: number
  bytes: number
}

export interface Segment {
  readonly index: number
  readonly path: string
  firstSeq: number
  /** Open while it is written or read. */
  file: DiskFile | undefined
  /** What may be read: committed bytes. */
  size: number
  /** How far it has been read. */
  readTo: number
  /** Up to here a sync has succeeded. */
  syncedTo: number
  /** Nothing more is written. */
  sealed: boolean
  /** Frames that are not done. */
  live: number
  lastSeq: number
  /** What was not read yet, by meta. */
  readonly unread: Map<string, Tally>
}

export const segmentIndex = (name: string): number | undefined => {
  const digits = NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** The segment that bytes were set aside from. */
export const setAsideIndex = (name: string): number | undefined => {
  const digits = SET_ASIDE.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const padded = (index: number): string => String(index).padStart(8, '0')

export const setAsideName = (index: number, from: number, to: number): string =>
  `${padded(index)}-${from}-${to}.damaged`

export const segmentOf = (folder: string, index: number, firstSeq: number): Segment => ({
  index,
  path: join(folder, `${padded(index)}.log`),
  firstSeq,
  file: undefined,
  size: SEGMENT_HEADER_BYTES,
  readTo: SEGMENT_HEADER_BYTES,
  syncedTo: SEGMENT_HEADER_BYTES,
  sealed: false,
  live: 0,
  lastSeq: firstSeq - 1,
  unread: new Map(),
})

const headerOf = ({ index, firstSeq }: Segment): Buffer => {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  MAGIC.copy(bytes)
  bytes.writeUIntLE(index, 8, 6)
  bytes.writeUIntLE(firstSeq, 14, 6)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20)
  return bytes
}

/** Undefined when it is no header. */
export const firstSeqIn = (header: Buffer): number | undefined =>
  header.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) === 0 &&
  crc32(header.subarray(0, 20)) === header.readUInt32LE(20)
    ? header.readUIntLE(14, 6)
    : undefined

/** Makes the file; it and its name are on the disk when it resolves, if `lasting`. */
export const createSegment = async (disk: Disk, folder: string, segment: Segment, lasting: boolean): Promise<void> => {
  const file = await disk.open(segment.path, 'create')
  try {
    await file.write([headerOf(segment)], 0)
    if (lasting) {
      await file.sync()
      await disk.syncFolder(folder)
    }
    segment.file = file
  } catch (error) {
    await file.close().catch(() => {})
    await disk.remove(segment.path).catch(() => {})
    throw error
  }
}

export const bytesOf = (counts: ReadonlyMap<string, Readonly<Tally>>): number => {
  let sum = 0
  for (const { bytes } of counts.values()) sum += bytes
  return sum
}

export const tally = (
  counts: Map<string, Tally>,
  meta: string,
  frames: number,
  records: number,
  bytes: number,
): void => {
  const count = counts.get(meta)
  if (!count) {
    counts.set(meta, { frames, records, bytes })
    return
  }
  count.frames += frames
  count.records += records
  count.bytes += bytes
  if (count.frames === 0) counts.delete(meta)
}
