/**
 * The few things a log asks of a disk, all asynchronous: the event loop never waits for one. `nodeDisk` is the real one;
 * tests have one in memory that fails, tears and forgets on demand.
 */
import { close, fdatasync, ftruncate, open, read, writev } from 'node:fs'
import { access, constants, mkdir, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { lockFolder } from './folder-lock.ts'

export interface DiskFile {
  /** Writes all pieces there; when it rejects, what stands behind `position` is unknown. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>
  /** Fills `into` as far as the file reaches; the answer is how far. */
  read(into: Uint8Array, position: number): Promise<number>
  /** What was written is on the disk when it resolves. */
  sync(): Promise<void>
  truncate(size: number): Promise<void>
  close(): Promise<void>
}

export interface Disk {
  /** Makes it with its parents, and makes that last. */
  makeFolder(path: string): Promise<void>
  /** Plain files of a folder with their sizes; none when there is no folder. */
  list(path: string): Promise<readonly { readonly name: string; readonly size: number }[]>
  /** `create` fails where something is; `write` opens what is there; `read` does not need the right to write. */
  open(path: string, mode: 'create' | 'write' | 'read'): Promise<DiskFile>
  /** New, renamed and removed names of the folder last. */
  syncFolder(path: string): Promise<void>
  remove(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Takes the folder for this process; throws `storage_locked`, and names who has it. The answer gives it back. */
  lock(folder: string): Promise<() => void>
}

const FLAGS = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  write: constants.O_RDWR,
  read: constants.O_RDONLY,
} as const

type Done = (error: NodeJS.ErrnoException | null) => void

const call = (run: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => run((error) => (error ? reject(error) : resolve())))

const writeSome = (fd: number, pieces: readonly Uint8Array[], position: number): Promise<number> =>
  new Promise((resolve, reject) =>
    writev(fd, pieces as Uint8Array[], position, (error, written) => (error ? reject(error) : resolve(written))),
  )

const readSome = (fd: number, into: Uint8Array, at: number, position: number): Promise<number> =>
  new Promise((resolve, reject) =>
    read(fd, into, at, into.length - at, position, (error, count) => (error ? reject(error) : resolve(count))),
  )

/** What is left of the pieces behind the first `done` bytes. */
const rest = (pieces: readonly Uint8Array[], done: number): Uint8Array[] => {
  let skip = done
  const left: Uint8Array[] = []
  for (const piece of pieces) {
    if (skip >= piece.length) skip -= piece.length
    else {
      left.push(skip > 0 ? piece.subarray(skip) : piece)
      skip = 0
    }
  }
  return left
}

const fileOf = (fd: number): DiskFile => ({
  async write(pieces, position) {
    let left = pieces as Uint8Array[]
    let total = left.reduce((sum, piece) => sum + piece.length, 0)
    for (let at = position; total > 0;) {
      const written = await writeSome(fd, left, at)
      if (written === 0) throw new Error('the disk takes no more')
      at += written
      total -= written
      if (total > 0) left = rest(left, written)
    }
  },
  async read(into, position) {
    let done = 0
    while (done < into.length) {
      const count = await readSome(fd, into, done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  },
  sync: () => call((done) => fdatasync(fd, done)),
  truncate: (size) => call((done) => ftruncate(fd, size, done)),
  close: () => call((done) => close(fd, done)),
})

const openFile = (path: string, flags: number): Promise<number> =>
  new Promise((resolve, reject) => open(path, flags, 0o600, (error, fd) => (error ? reject(error) : resolve(fd))))

const syncFolder = async (path: string): Promise<void> => {
  const fd = await openFile(path, constants.O_RDONLY)
  try {
    await call((done) => fdatasync(fd, done))
  } finally {
    await call((done) => close(fd, done))
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

export const nodeDisk: Disk = {
  async makeFolder(path) {
    if (await exists(path)) return
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    if (first !== undefined) await syncFolder(join(first, '..'))
    await syncFolder(join(path, '..'))
  },
  async list(path) {
    try {
      const entries = await readdir(path, { withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile())
      return await Promise.all(files.map(async ({ name }) => ({ name, size: (await stat(join(path, name))).size })))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  },
  open: async (path, mode) => fileOf(await openFile(path, FLAGS[mode])),
  syncFolder,
  remove: (path) =>
    unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
    }),
  rename,
  lock: async (folder) => lockFolder(folder),
}
