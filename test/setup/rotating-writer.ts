/**
 * Appends lines to `in.log`, each known by its number, in uneven pieces and half lines, and renames the file away when it is
 * full. What has come out completely may be deleted, so that the disk stays bounded.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface Writer {
  readonly written: number
  readonly rotations: number
  /** Writes so many lines more. */
  write(count: number): void
  /** Input files before this one are not needed any more. */
  release(file: number): void
  close(): void
}

export interface WriterOptions {
  readonly folder: string
  /** Line `n`, without its end. */
  readonly line: (n: number) => string
  readonly linesPerFile: number
}

export const createWriter = ({ folder, line, linesPerFile }: WriterOptions): Writer => {
  const path = join(folder, 'in.log')
  const rotated = (file: number): string => `${path}.${String(file).padStart(6, '0')}`
  let fd = openSync(path, 'a')
  const fileOf = (n: number): number => Math.floor(n / linesPerFile)
  let written = 0
  let released = 0

  const rotate = (): void => {
    closeSync(fd)
    renameSync(path, rotated(fileOf(written) - 1))
    fd = openSync(path, 'a')
  }

  return {
    get written() {
      return written
    },
    get rotations() {
      return fileOf(Math.max(0, written - 1))
    },
    write(count) {
      for (let left = count; left > 0;) {
        if (written > 0 && written % linesPerFile === 0) rotate()
        const now = Math.min(left, linesPerFile - (written % linesPerFile))
        const bytes = Buffer.from(Array.from({ length: now }, (_, i) => `${line(written + i)}\n`).join(''))
        // A reader may look between the halves: in the middle of a line, or of a character.
        const half = bytes.length >> 1
        writeSync(fd, bytes, 0, half)
        writeSync(fd, bytes, half)
        written += now
        left -= now
      }
    },
    release(file) {
      for (; released < file; released++) if (existsSync(rotated(released))) rmSync(rotated(released))
    },
    close: () => closeSync(fd),
  }
}
