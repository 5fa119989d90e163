/**
 * Small durable state (checkpoints, derived state) in one embedded SQLite file.
 *
 * A folder belongs to one process: the file is locked exclusively for as long as it is open, and the lock falls with the
 * process, however it ends. Commits of one turn of the event loop share a transaction and its sync. A damaged file never
 * stops the start: it is moved aside under a new name, which is said, and an empty one takes its place.
 */
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CollectorError } from '../kit/errors.ts'
import type { Store } from '../kit/context.ts'
import { createGroupCommit } from './group-commit.ts'
import { diskReason, type SyncPolicy } from './log/state.ts'
import { forgetOwner, noteOwner, ownerOf } from './owner.ts'

export interface StateStorageOptions {
  readonly directory: string
  readonly sync: SyncPolicy
}

export interface StateStorage {
  /** The state of one component; others never see it. */
  scoped(component: string): Store
  /** Where a damaged file was moved to at the start. */
  readonly movedAside: string | undefined
  close(): void
}

const FILE = 'state.db'
const SYNCHRONOUS: Readonly<Record<SyncPolicy, string>> = { commit: 'FULL', interval: 'NORMAL', none: 'OFF' }

const SQLITE_BUSY = 5
/** What is asked for is not there, or of another format. */
const SQLITE_ERROR = 1
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

/** SQLite's primary result code of a thrown error. */
const resultCode = (error: unknown): number | undefined => {
  const code = (error as { readonly errcode?: unknown }).errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

const openDatabase = (file: string, sync: SyncPolicy): DatabaseSync => {
  const database = new DatabaseSync(file)
  try {
    database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${SYNCHRONOUS[sync]};
      CREATE TABLE IF NOT EXISTS state (component TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL,
        PRIMARY KEY (component, key)) WITHOUT ROWID;
      BEGIN IMMEDIATE; COMMIT;`)
    const check = database.prepare('PRAGMA quick_check(1)').get()
    if (check?.['quick_check'] !== 'ok')
      throw Object.assign(new Error('quick_check failed'), { errcode: SQLITE_CORRUPT })
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const moveAside = (file: string): string => {
  let n = 1
  while (existsSync(`${file}.damaged-${n}`)) n++
  const target = `${file}.damaged-${n}`
  renameSync(file, target)
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
  return target
}

const openOrReplace = (
  file: string,
  options: StateStorageOptions,
): { database: DatabaseSync; movedAside: string | undefined } => {
  try {
    return { database: openDatabase(file, options.sync), movedAside: undefined }
  } catch (error) {
    const code = resultCode(error)
    if (code === SQLITE_BUSY) {
      const who = ownerOf(options.directory)
      const advice = 'stop it, or give this one a folder of its own with --data-dir'
      throw new CollectorError('storage_locked', `${options.directory} is in use by ${who}; ${advice}`, {
        cause: error,
      })
    }
    if (code !== SQLITE_ERROR && code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) throw error
    const movedAside = moveAside(file)
    return { database: openDatabase(file, options.sync), movedAside }
  }
}

/** SQLite only says that it failed. */
const notWritable = (directory: string): string | undefined => {
  try {
    accessSync(directory, constants.W_OK)
    return undefined
  } catch (error) {
    return diskReason(error)
  }
}

/** Throws CollectorError `storage_locked` or `storage_failed`. */
export const openStateStorage = (options: StateStorageOptions): StateStorage => {
  const file = join(options.directory, FILE)
  try {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 })
    const { database, movedAside } = openOrReplace(file, options)
    noteOwner(options.directory)
    const group = createGroupCommit(database)
    return {
      scoped: group.scoped,
      movedAside,
      close() {
        if (!database.isOpen) return
        group.flush()
        database.close()
        forgetOwner(options.directory)
      },
    }
  } catch (error) {
    if (error instanceof CollectorError) throw error
    const reason = notWritable(options.directory) ?? (error instanceof Error ? error.message : String(error))
    throw new CollectorError('storage_failed', `cannot keep state in ${options.directory}: ${reason}`, { cause: error })
  }
}
