/**
 * A live SQLite file of another process, read only: one short transaction per look, and only when the file has changed.
 * Busy or locked means later. A file that was replaced is opened anew; one that is no database is told and tried again.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'

export type Rows = readonly Readonly<Record<string, SQLOutputValue>>[]

export type Query = (sql: string, ...values: (string | number)[]) => Rows

export interface Database {
  readonly path: string
  /** Another file in the same place has another identity. */
  readonly identity: string | undefined
  /** Runs `look` when something was committed since it last ran to its end; the answer tells whether it ran. */
  poll(look: (query: Query) => void): boolean
  readonly trouble: string | undefined
  close(): void
}

/** The trouble of a database that is still to come. */
export const NOT_THERE = 'not there'

const BUSY_MS = 50
/** SQLITE_BUSY and SQLITE_LOCKED. */
const LATER = new Set([5, 6])

const identityOf = (path: string): string | undefined => {
  try {
    const { dev, ino } = statSync(path)
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}

export const openLive = (path: string): Database => {
  let db: DatabaseSync | undefined
  let identity: string | undefined
  let version: unknown
  let trouble: string | undefined

  const close = (): void => {
    db?.close()
    db = undefined
    version = undefined
  }

  const current = (): DatabaseSync | undefined => {
    const found = identityOf(path)
    if (found !== identity) close()
    identity = found
    if (found === undefined) return undefined
    db ??= new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS })
    return db
  }

  return {
    path,
    get identity() {
      return identity
    },
    get trouble() {
      return trouble
    },
    close,
    poll: (look) => {
      try {
        const open = current()
        if (open === undefined) {
          trouble = NOT_THERE
          return false
        }
        const now = open.prepare('PRAGMA data_version').get()?.['data_version']
        if (now === version) return false
        look((sql, ...values) => open.prepare(sql).all(...values))
        version = now
        trouble = undefined
        return true
      } catch (error) {
        const { errcode, message } = error as Error & { errcode?: number }
        trouble = message
        if (errcode === undefined || !LATER.has(errcode & 0xff)) close()
        return false
      }
    },
  }
}

/** A database as it was left: copied with its journal, so that reading it changes nothing where it lies. */
export const openCopy = (path: string): Database => {
  if (!existsSync(path)) return openLive(path)
  const folder = mkdtempSync(join(tmpdir(), 'seneca-marcus-'))
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    if (existsSync(path + suffix)) copyFileSync(path + suffix, join(folder, basename(path) + suffix))
  }
  const copy = openLive(join(folder, basename(path)))
  return {
    path,
    get identity() {
      return copy.identity
    },
    poll: (look) => copy.poll(look),
    get trouble() {
      return copy.trouble
    },
    close: () => {
      copy.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
