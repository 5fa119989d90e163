/**
 * Asks the system to tell of changes in folders. It only shortens the wait: whoever uses it polls as well, for file
 * systems that tell nothing and for the time after the system's watches have run out.
 */
import { type FSWatcher, watch } from 'node:fs'
import { basename } from 'node:path'

/** Beyond it, folders are only polled. */
const MAX_WATCHED_FOLDERS = 1_000

export interface FolderWatch {
  /** Watches these folders and no others. */
  set(folders: ReadonlySet<string>): void
  close(): void
}

/** `onChange(folder, name)`: something happened to `name` there; '' = somewhere. `created`: a name came or went. */
export const watchFolders = (
  onChange: (folder: string, name: string, created: boolean) => void,
  onFailure: (folder: string, error: Error) => void,
): FolderWatch => {
  const watchers = new Map<string, FSWatcher>()
  const failed = new Set<string>()
  const drop = (folder: string): void => {
    watchers.get(folder)?.close()
    watchers.delete(folder)
  }
  const add = (folder: string): void => {
    if (watchers.has(folder) || failed.has(folder) || watchers.size >= MAX_WATCHED_FOLDERS) return
    try {
      const watcher = watch(folder, { persistent: true })
      watchers.set(folder, watcher)
      watcher.on('change', (event, file) => {
        const name = file === null ? '' : String(file)
        // The folder itself came or went: what is watched may no longer be what has its name.
        if (event === 'rename' && name === basename(folder)) drop(folder)
        onChange(folder, name, event === 'rename')
      })
      watcher.on('error', () => drop(folder))
    } catch (error) {
      failed.add(folder)
      onFailure(folder, error as Error)
    }
  }
  return {
    set(folders) {
      for (const folder of watchers.keys()) if (!folders.has(folder)) drop(folder)
      for (const folder of folders) add(folder)
    },
    close() {
      for (const folder of watchers.keys()) drop(folder)
    },
  }
}
