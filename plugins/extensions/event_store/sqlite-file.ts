/**
 * Opens the file of events, makes what is missing in it, and says whose it is. A damaged one of ours is moved aside under a
 * new name and never stops the start; another program's database is left alone, with a sentence.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CollectorError } from 'seneca-collector'

export interface SqliteInit {
  readonly file: string
  readonly sync: 'commit' | 'interval' | 'none'
  readonly compress: boolean
}

export interface OpenedFile<T> {
  readonly database: DatabaseSync
  readonly made: T
  readonly movedAside: string | undefined
}

const SYNCHRONOUS = { commit: 'FULL', interval: 'NORMAL', none: 'OFF' } as const
/** `Sene`: what `file` and `PRAGMA application_id` know it by. */
const APPLICATION_ID = 0x53656e65

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, type TEXT NOT NULL,
    task TEXT NOT NULL, agent TEXT NOT NULL, severity INTEGER NOT NULL, hash TEXT NOT NULL, part INTEGER, line TEXT);
  CREATE INDEX IF NOT EXISTS events_time ON events (time);
  CREATE INDEX IF NOT EXISTS events_task ON events (task, seq) WHERE task <> '';
  CREATE INDEX IF NOT EXISTS events_agent ON events (agent, seq) WHERE agent <> '';
  CREATE TABLE IF NOT EXISTS parts (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, bytes INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS snapshots (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, state TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  PRAGMA application_id = ${APPLICATION_ID}`

/**
 * Results of SQLite that say the file itself is broken: SQLITE_CORRUPT, SQLITE_NOTADB, and SQLITE_ERROR for what is asked for
 * and not there.
 */
const BROKEN = new Set([11, 26, 1])
const PRIMARY = 0xff
const TABLES = ['events', 'parts', 'snapshots', 'meta']
/** Another program may well have a table of events; hardly two of these. */
const OURS_LEAST = 2

class Damaged extends Error {}

const isBroken = (error: unknown): boolean =>
  error instanceof Damaged || BROKEN.has(((error as { readonly errcode?: number }).errcode ?? 0) & PRIMARY)

/** Where a file says which versions of the format may write and read it: 1, or 2 with a WAL. */
const VERSIONS = { at: 18, most: 2 }

/** SQLite takes a file of versions to come for one that may not be written. */
const refuseVersions = (file: string): void => {
  const head = Buffer.alloc(VERSIONS.at + 2)
  const opened = openSync(file, 'r')
  const length = readSync(opened, head)
  closeSync(opened)
  if (length === head.length && head.subarray(VERSIONS.at).some((version) => version > VERSIONS.most))
    throw new Damaged('version')
}

const refuseForeign = (database: DatabaseSync, file: string): void => {
  if (database.prepare('PRAGMA application_id').get()?.['application_id'] === APPLICATION_ID) return
  const held = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map(({ name }) => name)
  // Damage may have taken the mark, or a name.
  if (held.length === 0 || TABLES.filter((name) => held.includes(name)).length >= OURS_LEAST) return
  const what = `${file} is another program's database: it has a table '${String(held[0])}'; name another file in 'path'`
  throw new CollectorError('start_failed', what)
}

/** `make` prepares what is asked later, so that a file of another shape is found out now. */
const open = <T>(
  { file, sync }: SqliteInit,
  make: (database: DatabaseSync) => T,
): Omit<OpenedFile<T>, 'movedAside'> => {
  const database = new DatabaseSync(file)
  try {
    database.exec('PRAGMA busy_timeout = 5000')
    refuseForeign(database, file)
    refuseVersions(file)
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${SYNCHRONOUS[sync]}; ${SCHEMA}`)
    if (database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] !== 'ok') throw new Damaged('quick_check')
    return { database, made: make(database) }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Files that were moved aside and still stand there. */
export const movedAside = (file: string): readonly string[] =>
  readdirSync(dirname(file))
    .filter((name) => name.startsWith(`${basename(file)}.damaged`) && !/-(?:wal|shm)$/.test(name))
    .map((name) => join(dirname(file), name))

const moveAside = (file: string): string => {
  let to = `${file}.damaged`
  for (let n = 1; existsSync(to); n++) to = `${file}.damaged.${n}`
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(file + suffix)) renameSync(file + suffix, to + suffix)
  return to
}

export const openFile = <T>(init: SqliteInit, make: (database: DatabaseSync) => T): OpenedFile<T> => {
  try {
    return { ...open(init, make), movedAside: undefined }
  } catch (error) {
    if (!isBroken(error)) throw error
    const movedAside = moveAside(init.file)
    return { ...open(init, make), movedAside }
  }
}
