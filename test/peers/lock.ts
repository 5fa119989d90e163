/** One process at a time; the others wait. A lock whose owner is gone is taken over. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { waitFor } from '../setup/wait-for.ts'

/** Longer than any build takes. */
const WAIT_MS = 900_000

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const ownerOf = (file: string): number => {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return 0
  }
}

const tryLock = (file: string): boolean => {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const owner = ownerOf(file)
    if (owner > 0 && !isAlive(owner)) rmSync(file, { force: true })
    return false
  }
}

export const withLock = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  await waitFor(`the work that ${file} guards`, () => tryLock(file), WAIT_MS)
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}
