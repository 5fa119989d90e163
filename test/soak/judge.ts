/**
 * Reads the output and holds each line against what its number asks for: known, exact, once, in the order of its input
 * file. One bit a line is remembered. It may only begin when no more kills come: after one the collector cuts off what
 * nobody acknowledged, and writes it anew.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { expectedOf, fileOf } from './lines.ts'
import { createSeen } from './seen.ts'

export interface Judge {
  /** Lines that came out. */
  readonly kept: number
  readonly complaints: readonly string[]
  /** Reads what is new. */
  read(): void
  /** The first of `count` lines that should have come out and has not; `count` when all have. */
  firstMissing(count: number): number
}

const CHUNK = 1 << 20
const COMPLAINTS_MAX = 20

export const createJudge = (path: string): Judge => {
  const chunk = Buffer.alloc(CHUNK)
  const complaints: string[] = []
  const last = new Map<number, number>()
  const seen = createSeen()
  let rest = Buffer.alloc(0)
  let offset = 0
  let kept = 0
  let missing = 0

  const complain = (text: string): void => {
    if (complaints.length < COMPLAINTS_MAX) complaints.push(text)
  }
  const take = (line: string): void => {
    const n = Number(/^\{"n":(\d+),/.exec(line)?.[1] ?? NaN)
    if (Number.isNaN(n) || line !== expectedOf(n)) {
      complain(`not a line that should come out: ${line.slice(0, 200)}`)
      return
    }
    if (seen.has(n)) complain(`line ${n} came twice`)
    seen.add(n)
    kept++
    const file = fileOf(n)
    if ((last.get(file) ?? -1) > n) complain(`line ${n} came after line ${last.get(file)} of the same file`)
    last.set(file, n)
    // Only files of which something is missing can bring more.
    for (const done of last.keys()) if (done < fileOf(missing)) last.delete(done)
  }

  return {
    get kept() {
      return kept
    },
    complaints,
    read() {
      if (!existsSync(path)) return
      const fd = openSync(path, 'r')
      try {
        for (;;) {
          const read = readSync(fd, chunk, 0, CHUNK, offset)
          if (read === 0) break
          offset += read
          const text = Buffer.concat([rest, chunk.subarray(0, read)])
          const end = text.lastIndexOf(10) + 1
          for (const line of text.toString('utf8', 0, end).split('\n')) if (line !== '') take(line)
          rest = Buffer.from(text.subarray(end))
        }
      } finally {
        closeSync(fd)
      }
    },
    firstMissing(count) {
      while (missing < count && (seen.has(missing) || expectedOf(missing) === undefined)) missing++
      return missing
    },
  }
}
