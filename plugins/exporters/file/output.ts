/**
 * The file being written: its handle, how far it is written, and its identity. Every write says its place, so a failed
 * one is simply written over; what it left behind is cut off. Devices and pipes (`/dev/stdout`) have no places: there
 * bytes just go out.
 */
import { type FileHandle, open, rename, stat } from 'node:fs/promises'
import type { OutputIdentity } from './journal.ts'
import { sizeOf } from './encoding.ts'

/** More pieces than the system takes in one call are cut into several. */
const MOST_PIECES = 1_024

const rest = (pieces: readonly Uint8Array[], done: number): Uint8Array[] => {
  let skip = done
  const left: Uint8Array[] = []
  for (const piece of pieces) {
    if (skip >= piece.length) skip -= piece.length
    else {
      left.push(skip === 0 ? piece : piece.subarray(skip))
      skip = 0
    }
  }
  return left
}

export class Output {
  readonly path: string
  #handle: FileHandle
  #end: number
  #identity: OutputIdentity
  readonly isRegular: boolean

  private constructor(path: string, handle: FileHandle, end: number, identity: OutputIdentity, isRegular: boolean) {
    this.path = path
    this.#handle = handle
    this.#end = end
    this.#identity = identity
    this.isRegular = isRegular
  }

  static async open(path: string): Promise<Output> {
    const handle = await openForWriting(path)
    const stats = await handle.stat({ bigint: true })
    const identity = { path, inode: `${stats.dev}:${stats.ino}`, birth: String(stats.birthtimeNs) }
    return new Output(path, handle, Number(stats.size), identity, stats.isFile())
  }

  /** How far it is written. */
  get end(): number {
    return this.#end
  }

  get identity(): OutputIdentity {
    return this.#identity
  }

  get handle(): FileHandle {
    return this.#handle
  }

  async cutTo(end: number): Promise<void> {
    if (this.isRegular) await this.#handle.truncate(end)
    this.#end = end
  }

  /** Appends all of it, or throws and leaves the file as it was. */
  async append(pieces: readonly Uint8Array[]): Promise<void> {
    const size = sizeOf(pieces)
    try {
      for (let done = 0; done < size;) done += await this.#write(rest(pieces, done).slice(0, MOST_PIECES), done)
      this.#end += size
    } catch (error) {
      await this.cutTo(this.#end).catch(() => undefined)
      throw error
    }
  }

  async sync(): Promise<void> {
    if (this.isRegular) await this.#handle.datasync()
  }

  /** Gives the file another name and begins a new one under its own. */
  async moveTo(backup: string): Promise<Output> {
    await rename(this.path, backup)
    const next = await Output.open(this.path)
    await this.close()
    return next
  }

  /** False when the path is another file now, or none: somebody has rotated it. */
  async isInPlace(): Promise<boolean> {
    const stats = await stat(this.path, { bigint: true }).catch(() => undefined)
    return (
      stats !== undefined && `${stats.dev}:${stats.ino}` === this.#identity.inode && Number(stats.size) >= this.#end
    )
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #write(pieces: Uint8Array[], done: number): Promise<number> {
    const { bytesWritten } = await this.#handle.writev(pieces, this.isRegular ? this.#end + done : undefined)
    if (bytesWritten === 0) throw new Error('the file takes no more')
    return bytesWritten
  }
}

const openForWriting = async (path: string): Promise<FileHandle> => {
  try {
    return await open(path, 'r+')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A terminal or pipe cannot be read back; a file that is not there is made.
    if (code === 'ENOENT') return open(path, 'wx+')
    if (code === 'EACCES' || code === 'ENXIO' || code === 'ESPIPE') return open(path, 'w')
    throw error
  }
}
