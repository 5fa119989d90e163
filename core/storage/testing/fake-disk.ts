/**
 * A disk in memory for tests: it runs full, becomes read-only, fails to sync or to read, and forgets at a power cut what
 * was never synced, as disks do: written pages in any order, torn ones, and names whose folder was not synced.
 */
import { CollectorError } from '../../kit/errors.ts'
import type { Disk, DiskFile } from '../log/disk.ts'

interface Write {
  readonly position: number
  readonly bytes: Buffer
}
interface Inode {
  data: Buffer
  /** What a power cut leaves for certain. */
  kept: Buffer
  /** What the system would write in its own time. */
  unsynced: Write[]
}

export interface FakeDisk extends Disk {
  /** Bytes of all files together; more is refused with ENOSPC. */
  capacity: number
  readOnly: boolean
  /** The next syncs that fail; what they should have kept is then never kept. */
  failingSyncs: number
  /** Reads that touch this byte of a file of this name fail. */
  badByte: { readonly name: string; readonly at: number } | undefined
  /** Runs before a write or sync is done. */
  before: (what: 'write' | 'sync') => Promise<void>
  readonly syncs: number
  names(): string[]
  /** The file's bytes, to be looked at or changed. */
  bytes(path: string): Buffer
  setBytes(path: string, bytes: Buffer): void
  /** The process is gone: all it wrote stays, its locks fall, and what it still does reaches nothing. */
  kill(): FakeDisk
  /** The machine is gone too. */
  powerCut(random: () => number): FakeDisk
}

const fail = (code: string): never => {
  throw Object.assign(new Error(code), { code })
}

const applied = (to: Buffer, { position, bytes }: Write): Buffer => {
  const end = Math.max(to.length, position + bytes.length)
  const next = Buffer.alloc(end)
  to.copy(next)
  bytes.copy(next, position)
  return next
}

type Names = Map<string, Inode>

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))

/** Each write reached the disk or did not, or did in part. */
const remains = ({ kept, unsynced }: Inode, random: () => number): Inode => {
  let data = kept
  for (const write of unsynced) {
    const luck = random()
    if (luck < 0.4) data = applied(data, write)
    else if (luck < 0.7) {
      const part = write.bytes.subarray(0, Math.floor(random() * write.bytes.length))
      data = applied(data, { ...write, bytes: part })
    } else if (luck < 0.8) {
      // The length was noted, the pages were not.
      data = applied(data, { ...write, bytes: Buffer.alloc(write.bytes.length) })
    }
  }
  return { data, kept: data, unsynced: [] }
}

interface World {
  readonly names: Names
  readonly keptNames: Names
  /** Throws once the process is gone. */
  readonly here: () => void
  readonly used: () => number
  readonly synced: () => void
  readonly disk: () => FakeDisk
}

const fileOf = ({ disk, here, used, synced }: World, path: string, inode: Inode): DiskFile => ({
  async write(pieces, position) {
    await disk().before('write')
    here()
    if (disk().readOnly) fail('EROFS')
    const bytes = Buffer.concat(pieces)
    const room = disk().capacity - used() + Math.max(0, inode.data.length - position)
    const write = { position, bytes: bytes.subarray(0, Math.max(0, room)) }
    inode.data = applied(inode.data, write)
    inode.unsynced.push(write)
    if (room < bytes.length) fail('ENOSPC')
  },
  async read(into, position) {
    here()
    const { badByte } = disk()
    const end = position + into.length
    if (badByte && path.endsWith(badByte.name) && position <= badByte.at && badByte.at < end) fail('EIO')
    return inode.data.copy(into, 0, position, end)
  },
  async sync() {
    await disk().before('sync')
    here()
    synced()
    if (disk().failingSyncs > 0) {
      disk().failingSyncs--
      inode.unsynced = []
      fail('EIO')
    }
    for (const write of inode.unsynced) inode.kept = applied(inode.kept, write)
    inode.unsynced = []
  },
  async truncate(size) {
    here()
    if (disk().readOnly) fail('EROFS')
    inode.data = Buffer.from(inode.data.subarray(0, size))
    inode.kept = Buffer.from(inode.kept.subarray(0, size))
    inode.unsynced = inode.unsynced
      .filter(({ position }) => position < size)
      .map(({ position, bytes }) => ({ position, bytes: bytes.subarray(0, size - position) }))
  },
  close: async () => {},
})

const folderCalls = (world: World): Omit<Disk, 'lock'> => {
  const { names, keptNames, here, disk } = world
  const inodeOf = (path: string): Inode => names.get(path) ?? fail('ENOENT')
  return {
    makeFolder: async () => here(),
    async list(folder) {
      here()
      return [...names].flatMap(([path, { data }]) =>
        folderOf(path) === folder ? [{ name: path.slice(folder.length + 1), size: data.length }] : [],
      )
    },
    async open(path, mode) {
      here()
      if (mode === 'create') {
        if (names.has(path)) fail('EEXIST')
        if (disk().readOnly) fail('EROFS')
        names.set(path, { data: Buffer.alloc(0), kept: Buffer.alloc(0), unsynced: [] })
      }
      return fileOf(world, path, inodeOf(path))
    },
    async syncFolder(folder) {
      here()
      for (const path of keptNames.keys()) if (folderOf(path) === folder) keptNames.delete(path)
      for (const [path, inode] of names) if (folderOf(path) === folder) keptNames.set(path, inode)
    },
    async remove(path) {
      here()
      if (disk().readOnly) fail('EROFS')
      names.delete(path)
    },
    async rename(from, to) {
      here()
      const inode = inodeOf(from)
      names.delete(from)
      names.set(to, inode)
    },
  }
}

const create = (names: Names, keptNames: Names): FakeDisk => {
  const locks = new Set<string>()
  let alive = true
  let syncs = 0
  const here = (): void => void (alive || fail('EIO'))
  const used = (): number => [...names.values()].reduce((sum, { data }) => sum + data.length, 0)
  const world: World = { names, keptNames, here, used, synced: () => void syncs++, disk: () => disk }
  const disk: FakeDisk = {
    ...folderCalls(world),
    capacity: Infinity,
    readOnly: false,
    failingSyncs: 0,
    badByte: undefined,
    before: async () => {},
    get syncs() {
      return syncs
    },
    names: () => [...names.keys()],
    bytes: (path) => names.get(path)?.data ?? fail('ENOENT'),
    setBytes(path, bytes) {
      const inode = { data: bytes, kept: bytes, unsynced: [] }
      names.set(path, inode)
      keptNames.set(path, inode)
    },
    kill() {
      alive = false
      return create(names, keptNames)
    },
    powerCut(random) {
      alive = false
      const left: Names = new Map()
      for (const path of new Set([...names.keys(), ...keptNames.keys()])) {
        const inode = random() < 0.5 ? keptNames.get(path) : names.get(path)
        if (inode) left.set(path, remains(inode, random))
      }
      return create(left, new Map(left))
    },
    async lock(folder) {
      here()
      if (locks.has(folder)) throw new CollectorError('storage_locked', `${folder} is in use`)
      locks.add(folder)
      return () => void locks.delete(folder)
    },
  }
  return disk
}

export const fakeDisk = (): FakeDisk => create(new Map(), new Map())
