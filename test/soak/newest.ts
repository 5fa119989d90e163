/** How far the output has come, by its last whole line: cheap enough to be asked all the time. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'

/** More than the longest line. */
const TAIL = 4_096

/** The number of the last whole line; -1 when there is none. */
export const newestLine = (path: string): number => {
  if (!existsSync(path)) return -1
  const fd = openSync(path, 'r')
  try {
    const { size } = fstatSync(fd)
    const tail = Buffer.alloc(Math.min(size, TAIL))
    const read = readSync(fd, tail, 0, tail.length, Math.max(0, size - TAIL))
    const whole = tail.toString('utf8', 0, read).split('\n').slice(0, -1)
    return Number(/^\{"n":(\d+),/.exec(whole.at(-1) ?? '')?.[1] ?? -1)
  } finally {
    closeSync(fd)
  }
}
