import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isStampedHere } from './last-stamp.ts'

let logs: string
beforeEach(() => {
  logs = mkdtempSync(join(tmpdir(), 'seneca-last-stamp-'))
  mkdirSync(join(logs, 'conversations'))
})
afterEach(() => rmSync(logs, { recursive: true, force: true }))

const WRITTEN = Date.UTC(2026, 10, 26, 12)

/** A log whose last line says it was written so many seconds before the file system does. */
const write = (name: string, secondsEarlier: number, writtenAt = WRITTEN): void => {
  const path = join(logs, 'conversations', name)
  const line = { timestamp: new Date(writtenAt - secondsEarlier * 1_000).toISOString(), type: 'task_request' }
  writeFileSync(path, `{"timestamp":"2020-01-01T00:00:00Z"}\n${JSON.stringify(line)}\n`)
  utimesSync(path, writtenAt / 1_000, writtenAt / 1_000)
}

it('knows logs that are stamped by the clock of this machine, however old they are', () => {
  write('realtime_1.jsonl', 0.5)
  expect(isStampedHere([logs])).toBe(true)
})

it('knows a day that is replayed or was copied', () => {
  write('realtime_1.jsonl', 86_400)
  expect(isStampedHere([logs])).toBe(false)
})

it('asks the log that was written last', () => {
  write('realtime_1.jsonl', 86_400)
  write('realtime_2.jsonl', 1, WRITTEN + 60_000)
  expect(isStampedHere([logs])).toBe(true)
})

it('trusts nothing where there is no log, or no time in it', () => {
  expect(isStampedHere([logs])).toBe(false)
  writeFileSync(join(logs, 'conversations', 'realtime_1.jsonl'), 'half a li')
  expect(isStampedHere([logs, '/nowhere'])).toBe(false)
})
