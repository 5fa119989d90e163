/**
 * Where the logs of a collector stand.
 *
 *   <storage folder>/queues/<component>        <storage folder>/dead_letters/<component>
 *
 * The data directory is a storage folder; those of storage extensions are noted in it, so that they are found when no
 * collector runs. A log belongs to a component's name, so it is still listed when that component is gone.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const logKinds = ['queues', 'dead_letters'] as const
export type LogKind = (typeof logKinds)[number]

export interface StoreFolder {
  readonly kind: LogKind
  /** `exporter/otlp_http`. */
  readonly component: string
  readonly folder: string
}

const NOTES = 'storage-folders'
/** Longest name that every file system takes. */
const NAME_BYTES_MOST = 200

/** `exporter/otlp_http/x` as the name of a folder, and no other component's. */
const folderName = (component: string): string => {
  const name = encodeURIComponent(component)
  if (name.length <= NAME_BYTES_MOST) return name
  return `${name.slice(0, NAME_BYTES_MOST - 33)}~${createHash('sha256').update(component).digest('hex').slice(0, 32)}`
}

/** A shortened name is shown as it is. */
const componentOf = (name: string): string => {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

export const storeFolder = (root: string, kind: LogKind, component: string): string =>
  join(root, kind, folderName(component))

/** The storage folders a data directory knows of, itself first. */
export const storageRoots = (dataDirectory: string): readonly string[] => {
  const notes = join(dataDirectory, NOTES)
  const noted = existsSync(notes) ? readFileSync(notes, 'utf8').split('\n') : []
  return [...new Set([dataDirectory, ...noted.filter((path) => path !== '')])]
}

export const noteRoot = (dataDirectory: string, root: string): void => {
  if (!storageRoots(dataDirectory).includes(root)) appendFileSync(join(dataDirectory, NOTES), `${root}\n`)
}

export const listStores = (roots: readonly string[]): readonly StoreFolder[] =>
  roots.flatMap((root) =>
    logKinds.flatMap((kind) => {
      const parent = join(root, kind)
      if (!existsSync(parent)) return []
      return readdirSync(parent, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => ({ kind, component: componentOf(name), folder: join(parent, name) }))
    }),
  )
