/**
 * The exporter's memory across a crash: an append-only file in the data directory, an entry per written batch. Order:
 * data, journal, acknowledgement. So on start whatever stands in the output behind the last entry was never
 * acknowledged: it is cut off, and comes again. A rotation is announced before the file is renamed, so that it can be
 * finished by the next life.
 *
 *   line     = crc32 of the entry (8 hex digits) SP entry LF        a line that does not fit ends the journal
 *   entry    = opened | written | rotating                          JSON
 *   opened   = {"opened":{path,inode,birth},"end":0|n,"origins":{key:offset},"ids":[…]}   a new file, or a snapshot
 *   written  = {"end":n,"o":{key:offset},"i":[id]}                  `end`: the output's size behind the batch
 *   rotating = {"rotating":"name of the old file"}
 */
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Additions } from './seen.ts'

const SNAPSHOT_AT_BYTES = 1024 * 1024

export interface OutputIdentity {
  readonly path: string
  readonly inode: string
  readonly birth: string
}

interface Written {
  readonly end: number
  readonly o?: Readonly<Record<string, number>>
  readonly i?: readonly string[]
}

/** What a journal tells about the file that was being written. */
export interface Remembered {
  readonly file: OutputIdentity
  /** The state at `opened`, then what was added, in order. */
  readonly start: {
    readonly end: number
    readonly origins: Readonly<Record<string, number>>
    readonly ids: readonly string[]
  }
  readonly written: readonly Written[]
  readonly rotating: string | undefined
}

const lineOf = (entry: object): Buffer => {
  const text = Buffer.from(JSON.stringify(entry))
  return Buffer.from(`${crc32(text).toString(16).padStart(8, '0')} ${text.toString()}\n`)
}

const entriesIn = (bytes: Buffer): Record<string, unknown>[] => {
  const entries: Record<string, unknown>[] = []
  for (let from = 0; ;) {
    const newline = bytes.indexOf(10, from)
    if (newline < 0) return entries
    const text = bytes.subarray(from + 9, newline)
    if (bytes.toString('latin1', from, from + 8) !== crc32(text).toString(16).padStart(8, '0')) return entries
    entries.push(JSON.parse(text.toString()) as Record<string, unknown>)
    from = newline + 1
  }
}

export const readJournal = async (path: string): Promise<Remembered | undefined> => {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  let remembered: Remembered | undefined
  for (const entry of entriesIn(bytes)) {
    if ('opened' in entry) {
      const { opened: file, end, origins, ids } = entry as unknown as { opened: OutputIdentity } & Remembered['start']
      remembered = { file, start: { end, origins, ids }, written: [], rotating: undefined }
    } else if (remembered !== undefined && typeof entry['rotating'] === 'string') {
      remembered = { ...remembered, rotating: entry['rotating'] }
    } else if (remembered !== undefined) {
      ;(remembered.written as Written[]).push(entry as unknown as Written)
      // It went on in the old file: the rename had failed.
      if (remembered.rotating !== undefined) remembered = { ...remembered, rotating: undefined }
    }
  }
  return remembered
}

export interface Snapshot {
  readonly file: OutputIdentity
  readonly end: number
  readonly origins: Readonly<Record<string, number>>
  readonly ids: readonly string[]
}

export class Journal {
  readonly #path: string
  #handle: FileHandle | undefined
  #size = 0
  #snapshotSize = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Larger than it needs to be: time for a snapshot. */
  get isLarge(): boolean {
    return this.#size > SNAPSHOT_AT_BYTES + 2 * this.#snapshotSize
  }

  /** Begins anew with this state, atomically. */
  async snapshot({ file, end, origins, ids }: Snapshot, sync: boolean): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true })
    const fresh = `${this.#path}.new`
    const handle = await open(fresh, 'w')
    const line = lineOf({ opened: file, end, origins, ids })
    await handle.writeFile(line)
    if (sync) await handle.datasync()
    await rename(fresh, this.#path)
    await this.#handle?.close()
    this.#handle = handle
    this.#size = line.length
    this.#snapshotSize = line.length
  }

  async written(end: number, { origins, ids }: Additions): Promise<void> {
    const o = origins.size === 0 ? undefined : Object.fromEntries(origins)
    await this.#append({ end, o, i: ids.length === 0 ? undefined : ids })
  }

  async rotating(name: string): Promise<void> {
    await this.#append({ rotating: name })
  }

  async sync(): Promise<void> {
    await this.#handle?.datasync()
  }

  async close(): Promise<void> {
    await this.#handle?.close()
    this.#handle = undefined
  }

  async #append(entry: object): Promise<void> {
    const line = lineOf(entry)
    // At its own place: an entry that could not be written whole is written over.
    for (let done = 0; done < line.length;) {
      const { bytesWritten } = (await this.#handle?.write(line, done, line.length - done, this.#size + done)) ?? {
        bytesWritten: 0,
      }
      if (bytesWritten === 0) throw new Error('the journal takes no more')
      done += bytesWritten
    }
    this.#size += line.length
  }
}

/** The state behind the last entry that the output still holds, and how far that is. */
export const recall = (
  remembered: Remembered,
  size: number,
): { end: number; origins: Map<string, number>; ids: string[] } => {
  const { start, written } = remembered
  const origins = new Map(Object.entries(start.origins))
  const ids = [...start.ids]
  let { end } = start
  for (const entry of written) {
    if (entry.end > size) break
    end = entry.end
    for (const [key, offset] of Object.entries(entry.o ?? {})) origins.set(key, offset)
    for (const id of entry.i ?? []) ids.push(id)
  }
  return { end, origins, ids }
}
