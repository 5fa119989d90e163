/**
 * A folder belongs to one process at a time. The lock is the system's (through SQLite, which Node brings): it falls with
 * the process, however that ends, so nothing has to be cleaned up after a crash.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CollectorError } from '../../kit/errors.ts'
import { noteOwner, ownerOf } from '../owner.ts'

const LOCK = 'lock'
const SQLITE_BUSY = 5

export const lockFolder = (folder: string): (() => void) => {
  const database = new DatabaseSync(join(folder, LOCK))
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    noteOwner(folder)
  } catch (error) {
    database.close()
    const code = (error as { readonly errcode?: unknown }).errcode
    if (typeof code !== 'number' || (code & 0xff) !== SQLITE_BUSY) throw error
    throw new CollectorError('storage_locked', `${folder} is in use by ${ownerOf(folder)}; stop it first`, {
      cause: error,
    })
  }
  return () => {
    if (database.isOpen) database.close()
  }
}
