/**
 * Whether a Marcus's logs are stamped by this machine's clock: the last line of the log that was written last says when
 * that was, and so does the file system. A day that is replayed or was copied says something else.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { microsOf } from './micros.ts'
import { fieldsOf } from './parse/fields.ts'

const FOLDERS = ['conversations', 'agent_events']
const LAST_BYTES = 256 * 1024
const APART_MS = 5_000

const newestLog = (logs: readonly string[]): string | undefined => {
  let newest: { readonly path: string; readonly at: number } | undefined
  for (const folder of logs.flatMap((path) => FOLDERS.map((name) => join(path, name)))) {
    try {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name)
        const at = name.endsWith('.jsonl') ? statSync(path).mtimeMs : -Infinity
        if (at > (newest?.at ?? 0)) newest = { path, at }
      }
    } catch {
      // Not there (yet).
    }
  }
  return newest?.path
}

/** Milliseconds since the epoch; undefined when the line has no time. */
const stampOf = (line: string | undefined): number | undefined => {
  try {
    const at = microsOf(fieldsOf(JSON.parse(line ?? ''))['timestamp'])
    return at === undefined ? undefined : at / 1_000
  } catch {
    return undefined
  }
}

export const isStampedHere = (logs: readonly string[]): boolean => {
  const path = newestLog(logs)
  if (path === undefined) return false
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const { size, mtimeMs } = fstatSync(file)
    const bytes = Buffer.alloc(Math.min(size, LAST_BYTES))
    readSync(file, bytes, 0, bytes.length, size - bytes.length)
    const stamp = stampOf(bytes.toString('utf8').trimEnd().split('\n').at(-1))
    return stamp !== undefined && Math.abs(mtimeMs - stamp) <= APART_MS
  } catch {
    return false
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
