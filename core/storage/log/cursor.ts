/**
 * What of a log is done, on disk: a log of its own, of entries that each carry their checksum.
 *
 *   entry = from(u48) to(u48) zero(u32) crc32 of the rest(u32)          20 bytes, little-endian
 *
 * An entry that is damaged is passed over, so what it said is done again: a loss here costs a repetition, never a record.
 * Entries are written as frames are done, those of one moment together; nobody waits for it. When a write fails (a full
 * disk), what it held is kept and goes with the next. A long file is replaced by a short one that says the same.
 */
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { Acked } from './acked.ts'
import type { Disk, DiskFile } from './disk.ts'

const ENTRY_BYTES = 20
const FILE = 'cursor'
/** Entries that a file may hold before it is replaced. */
const LONG = 50_000

export interface Cursor {
  readonly acked: Acked
  /** All of [from, to] is done. */
  done(from: number, to?: number): void
  /** Resolves when what was said so far is written, or could not be. */
  idle(): Promise<void>
  /** What was written is on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

const encode = (ranges: readonly { readonly from: number; readonly to: number }[]): Buffer => {
  const bytes = Buffer.alloc(ranges.length * ENTRY_BYTES)
  ranges.forEach(({ from, to }, i) => {
    const at = i * ENTRY_BYTES
    bytes.writeUIntLE(from, at, 6)
    bytes.writeUIntLE(to, at + 6, 6)
    bytes.writeUInt32LE(crc32(bytes.subarray(at, at + 16)), at + 16)
  })
  return bytes
}

/** How many entries were damaged. */
const decode = (bytes: Buffer, acked: Acked): number => {
  let damaged = 0
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const [from, to] = [bytes.readUIntLE(at, 6), bytes.readUIntLE(at + 6, 6)]
    if (crc32(bytes.subarray(at, at + 16)) === bytes.readUInt32LE(at + 16) && from <= to) acked.add(from, to)
    else damaged++
  }
  return damaged
}

const readAll = async (disk: Disk, path: string, size: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(size)
  const file = await disk.open(path, 'read')
  try {
    return bytes.subarray(0, await file.read(bytes, 0))
  } finally {
    await file.close()
  }
}

/** What a folder's cursor says, without touching it. */
export const readCursor = async (disk: Disk, folder: string): Promise<{ acked: Acked; damaged: number }> => {
  const acked = new Acked()
  const found = (await disk.list(folder)).find(({ name }) => name === FILE)
  const damaged = found ? decode(await readAll(disk, join(folder, FILE), found.size), acked) : 0
  return { acked, damaged }
}

const state = (acked: Acked): Buffer => encode([{ from: 0, to: acked.low }, ...acked.ranges])

/** A new file that says all of it, under the name of the old. */
const replace = async (disk: Disk, folder: string, acked: Acked): Promise<{ file: DiskFile; size: number }> => {
  const fresh = join(folder, `${FILE}.new`)
  await disk.remove(fresh)
  const file = await disk.open(fresh, 'create')
  try {
    const bytes = state(acked)
    await file.write([bytes], 0)
    await file.sync()
    await disk.rename(fresh, join(folder, FILE))
    await disk.syncFolder(folder)
    return { file, size: bytes.length }
  } catch (error) {
    await file.close().catch(() => {})
    throw error
  }
}

/** `told` hears what became of each write: those that did not succeed are repeated with the next entry. */
export const openCursor = async (disk: Disk, folder: string, told: (error: unknown) => void): Promise<Cursor> => {
  const { acked } = await readCursor(disk, folder)
  let waiting: { from: number; to: number }[] = []
  let file: DiskFile | undefined
  let size = 0
  let synced = 0
  let writing: Promise<void> | undefined

  const note = (from: number, to: number): void => {
    const last = waiting.at(-1)
    if (last && from === last.to + 1) last.to = to
    else waiting.push({ from, to })
  }
  const write = async (): Promise<void> => {
    const group = waiting
    waiting = []
    try {
      if (!file || size > LONG * ENTRY_BYTES) {
        const before = file
        ;({ file, size } = await replace(disk, folder, acked))
        synced = size
        await before?.close()
        return told(undefined)
      }
      const bytes = encode(group)
      await file.write([bytes], size)
      size += bytes.length
      told(undefined)
    } catch (error) {
      // A short file takes over from one that could not be written to its end.
      await file?.close().catch(() => {})
      file = undefined
      told(error)
    }
  }
  const run = async (): Promise<void> => {
    // What is done in the same turn goes together.
    await new Promise(setImmediate)
    while (waiting.length > 0) await write()
    writing = undefined
  }
  return {
    acked,
    done(from, to = from) {
      acked.add(from, to)
      note(from, to)
      writing ??= run()
    },
    idle: () => writing ?? Promise.resolve(),
    async sync() {
      await writing
      if (!file || synced === size) return
      synced = size
      await file.sync()
    },
    async close() {
      await writing
      await file?.close().catch(told)
    },
  }
}
