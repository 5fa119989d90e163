/**
 * Who has a folder, so that whoever comes second can be told. The lock is somewhere else: that this cannot be written (a full
 * disk) is no reason not to start.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'owner.pid'

export const ownerOf = (folder: string): string => {
  try {
    const pid = readFileSync(join(folder, FILE), 'utf8').trim()
    return pid === '' ? 'another process' : `process ${pid}`
  } catch {
    return 'another process'
  }
}

export const noteOwner = (folder: string): void => {
  try {
    writeFileSync(join(folder, FILE), `${process.pid}\n`)
  } catch {
    // One that is gone shall not be named for it.
    forgetOwner(folder)
  }
}

export const forgetOwner = (folder: string): void => {
  try {
    rmSync(join(folder, FILE), { force: true })
  } catch {
    // The next owner writes it anew.
  }
}
