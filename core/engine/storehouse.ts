/**
 * The logs on disk of one collector: who has which folder, and how much they take together. A log belongs to a component's
 * name, not to the component, so it may outlive it; one whose component is gone is said, and never deleted.
 */
import type { StoragePlace } from '../config/types.ts'
import type { StorageFace } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import {
  listStores,
  noteRoot,
  openLog,
  readWaiting,
  storageRoots,
  storeFolder,
  type Disk,
  type DiskLog,
  type LogEvents,
  type LogKind,
  type SyncPolicy,
} from '../storage/index.ts'
import type { EngineEnvironment } from './types.ts'

export interface Store {
  readonly kind: LogKind
  readonly component: string
  readonly log: DiskLog
}

export interface Storehouse {
  readonly disk: Disk
  /** Waits for nobody: a folder that is in use refuses the start. */
  open(kind: LogKind, component: string, place: StoragePlace, events: LogEvents): Promise<DiskLog>
  /** Where a component's log stands or would stand. */
  folderOf(kind: LogKind, component: string, place: StoragePlace): string
  /** Closes one log. */
  release(log: DiskLog): Promise<void>
  /** Components whose queues hold something although nobody is there to send it, with their folders. */
  orphans(): Promise<readonly { readonly component: string; readonly folder: string }[]>
  /** Files that are being written are ended, so that each can be removed as soon as nothing in it waits. */
  seal(): void
  /** Bytes of all logs on disk. */
  readonly bytes: number
  readonly stores: readonly Store[]
  close(): Promise<void>
}

const holdsSomething = async (disk: Disk, folder: string): Promise<boolean> => {
  for await (const _first of readWaiting(disk, folder)) return true
  return false
}

export const createStorehouse = (
  env: Pick<EngineEnvironment, 'clock' | 'dataDirectory'>,
  disk: Disk,
  faceOf: (extension: string) => Partial<StorageFace> | undefined,
): Storehouse => {
  const stores: Store[] = []
  /** Whose room depends on what all of them take. */
  const waiting = new Map<DiskLog, () => void>()
  const folderOf = ({ extension }: StoragePlace): { readonly path: string; readonly sync: SyncPolicy } => {
    if (extension === undefined) return { path: env.dataDirectory, sync: 'commit' }
    const folder = faceOf(extension)?.folder
    if (!folder)
      throw new CollectorError(
        'start_failed',
        `the extension '${extension}' has no folder for queues; name one such as file_storage`,
      )
    return folder
  }
  return {
    disk,
    stores,
    async open(kind, component, place, events) {
      const { path, sync } = folderOf(place)
      const folder = storeFolder(path, kind, component)
      const open = stores.find(({ log }) => log.folder === folder)
      // Letters of a component that was replaced: they go on.
      if (open && kind === 'dead_letters') return open.log
      if (open)
        throw new CollectorError('start_failed', `the queue in ${folder} is still being emptied; try again when it is`)
      noteRoot(env.dataDirectory, path)
      const freed = (): void => {
        for (const look of waiting.values()) look()
      }
      const log = await openLog({ folder, disk, clock: env.clock, sync, events: { ...events, freed } })
      stores.push({ kind, component, log })
      waiting.set(log, () => events.freed())
      return log
    },
    folderOf: (kind, component, place) => storeFolder(folderOf(place).path, kind, component),
    async release(log) {
      const at = stores.findIndex((store) => store.log === log)
      if (at === -1) return
      stores.splice(at, 1)
      waiting.delete(log)
      await log.close()
    },
    async orphans() {
      const used = new Set(stores.map(({ log }) => log.folder))
      const found = listStores(storageRoots(env.dataDirectory)).filter(
        ({ kind, folder }) => kind === 'queues' && !used.has(folder),
      )
      const holding = await Promise.all(found.map(({ folder }) => holdsSomething(disk, folder)))
      return found.filter((_store, at) => holding[at])
    },
    seal() {
      for (const { log } of stores) void log.seal()
    },
    get bytes() {
      return stores.reduce((sum, { log }) => sum + log.bytes, 0)
    },
    async close() {
      waiting.clear()
      await Promise.all(stores.splice(0).map(({ log }) => log.close()))
    },
  }
}
