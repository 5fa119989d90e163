/** Envelope lines in the order of their times; lines of one time keep their order. Offsets in RFC 3339 are honoured. */
import { readFileSync } from 'node:fs'
import { timeFromText } from '../../model/index.ts'

export interface Sorted {
  readonly text: string
  readonly events: number
  readonly first: string | undefined
  readonly last: string | undefined
}

const timestampOf = (line: string): string => {
  const { timestamp } = JSON.parse(line) as { readonly timestamp?: unknown }
  return typeof timestamp === 'string' ? timestamp : ''
}

export const sortEnvelopes = (path: string): Sorted => {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const timestamp = timestampOf(line)
      return { line, timestamp, time: timeFromText(timestamp) ?? 0n }
    })
    .toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  const shown = (timestamp: string | undefined): string | undefined => timestamp?.slice(0, 19).replace('T', ' ')
  return {
    text: lines.map(({ line }) => `${line}\n`).join(''),
    events: lines.length,
    first: shown(lines[0]?.timestamp),
    last: shown(lines.at(-1)?.timestamp),
  }
}
