/**
 * Keeps positions in the component's storage, one entry a file, and only those that changed. Saves follow each other at
 * least `SAVE_EVERY_MS` apart: what was delivered since the last one is delivered again after a crash, which an exporter
 * that remembers origins (file) does not write twice.
 */
import type { Clock, Store } from 'seneca-collector'
import type { FilePosition } from 'seneca-collector/tail'

const PREFIX = 'position/'
const SAVE_EVERY_MS = 250

const idOf = (position: FilePosition): string => `${PREFIX}${position.device}:${position.inode}:${position.birth}`

export const loadPositions = (storage: Store): FilePosition[] => {
  const positions: FilePosition[] = []
  for (const [, value] of storage.entries(PREFIX)) {
    positions.push(JSON.parse(Buffer.from(value).toString()) as FilePosition)
  }
  return positions
}

export interface Checkpoints {
  /** Something may have changed: save soon. */
  touch(): void
  /** Saves now what has changed; rejects when the storage refuses. */
  save(): Promise<void>
  stop(): void
}

export interface CheckpointOptions {
  readonly storage: Store
  readonly clock: Clock
  readonly positions: () => readonly FilePosition[]
  readonly onError: (error: unknown) => void
}

export const createCheckpoints = ({ storage, clock, positions, onError }: CheckpointOptions): Checkpoints => {
  let saved = new Map<string, string>()
  for (const [key, value] of storage.entries(PREFIX)) saved.set(key, Buffer.from(value).toString())
  let cancel: (() => void) | undefined
  let saving: Promise<void> = Promise.resolve()

  const saveChanges = async (): Promise<void> => {
    const now = new Map(positions().map((position) => [idOf(position), JSON.stringify(position)]))
    const changes: [string, Uint8Array | undefined][] = []
    for (const [key, text] of now) if (saved.get(key) !== text) changes.push([key, Buffer.from(text)])
    for (const key of saved.keys()) if (!now.has(key)) changes.push([key, undefined])
    if (changes.length === 0) return
    await storage.commit(changes)
    saved = now
  }
  const save = (): Promise<void> => {
    saving = saving.catch(() => undefined).then(saveChanges)
    return saving
  }
  return {
    touch() {
      cancel ??= clock.after(SAVE_EVERY_MS, () => {
        cancel = undefined
        save().catch(onError)
      })
    },
    save,
    stop() {
      cancel?.()
      cancel = undefined
    },
  }
}
