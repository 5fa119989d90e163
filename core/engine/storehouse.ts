/**
 * The logs on disk of one collector: who has which folder, and how much they take together. A log belongs to a component's
 * name, not to the component, so it may outlive it.
 *
 *   <storage folder>/queues/<component>        <storage folder>/dead_letters/<component>
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { StoragePlace } from '../config/types.ts'
import type { StorageFace } from '../kit/context.ts'
import { CollectorError } from '../kit/errors.ts'
import { openLog, type Disk, type DiskLog, type LogEvents, type SyncPolicy } from '../storage/index.ts'
import type { EngineEnvironment } from './types.ts'

export type LogKind = 'queues' | 'dead_letters'

/** Longest name that every file system takes. */
const NAME_BYTES_MOST = 200

/** `exporter/otlp_http/x` as the name of a folder, and no other component's. */
export const folderName = (component: string): string => {
  const name = encodeURIComponent(component)
  if (name.length <= NAME_BYTES_MOST) return name
  return `${name.slice(0, NAME_BYTES_MOST - 33)}~${createHash('sha256').update(component).digest('hex').slice(0, 32)}`
}

export interface Store {
  readonly kind: LogKind
  readonly component: string
  readonly log: DiskLog
}

export interface Storehouse {
  readonly disk: Disk
  /** Waits for nobody: a folder that is in use refuses the start. */
  open(kind: LogKind, component: string, place: StoragePlace, events: LogEvents): Promise<DiskLog>
  /** Bytes of all logs on disk. */
  readonly bytes: number
  readonly stores: readonly Store[]
  close(): Promise<void>
}

export const createStorehouse = (
  env: Pick<EngineEnvironment, 'clock' | 'dataDirectory'>,
  disk: Disk,
  faceOf: (extension: string) => Partial<StorageFace> | undefined,
): Storehouse => {
  const stores: Store[] = []
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
      const folder = join(path, kind, folderName(component))
      const log = await openLog({ folder, disk, clock: env.clock, sync, events })
      stores.push({ kind, component, log })
      return log
    },
    get bytes() {
      return stores.reduce((sum, { log }) => sum + log.bytes, 0)
    },
    async close() {
      await Promise.all(stores.splice(0).map(({ log }) => log.close()))
    },
  }
}
