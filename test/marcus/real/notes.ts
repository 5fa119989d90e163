/** What is written down of a real day, in the form of the recordings: every message, and what really happened. */
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../../../core/replay/index.ts'

export interface Notes {
  /** truth.ndjson */
  truth(what: string, fields?: Json): void
  /** mcp-session.ndjson */
  message(fields: Json): void
}

export const openNotes = (folder: string): Notes => {
  mkdirSync(folder, { recursive: true })
  let truths = 0
  let messages = 0
  const ts = (): string => new Date().toISOString().replace('Z', '000+00:00')
  const append = (file: string, line: Json): void => appendFileSync(join(folder, file), `${JSON.stringify(line)}\n`)
  return {
    truth: (what, fields = {}) => append('truth.ndjson', { seq: ++truths, ts: ts(), what, ...fields }),
    message: (fields) => append('mcp-session.ndjson', { seq: ++messages, ts: ts(), ...fields }),
  }
}
