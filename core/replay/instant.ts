/**
 * Instants as Marcus writes them, as whole microseconds since the epoch: safe integers until the year 2255, and exact,
 * because Marcus writes six digits. Its clocks are UTC, its spellings are not one: `…+00:00`, `…Z`, a blank instead of
 * the T, no zone at all (UTC is meant), and file names stamped `20261123_174808`.
 */
export type Micros = number

const ISO = /(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/
const STAMP = /(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)/

const offsetMinutes = (zone: string | undefined): number => {
  if (zone === undefined || zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return zone.startsWith('-') ? -minutes : minutes
}

/** The first instant in a text; undefined when there is none. */
export const parseInstant = (text: unknown): Micros | undefined => {
  if (typeof text !== 'string') return undefined
  const found = ISO.exec(text)
  if (found === null) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', zone] = found
  const seconds = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!) / 1_000 - offsetMinutes(zone) * 60
  return seconds * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}

/** The UTC instant in a file name such as `realtime_20261123_174810.jsonl`. */
export const parseStamp = (name: string): Micros | undefined => {
  const found = STAMP.exec(name)
  if (found === null) return undefined
  const [, year, month, day, hour, minute, second] = found
  return Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second!) * 1_000
}

/** As Python's `datetime.isoformat()` has it: six digits and `+00:00`. */
export const formatInstant = (at: Micros): string => {
  const text = new Date(Math.floor(at / 1_000)).toISOString()
  return `${text.slice(0, 19)}.${String(at % 1_000_000).padStart(6, '0')}+00:00`
}

/** `20261123_174810`. */
export const formatStamp = (at: Micros): string => {
  const text = new Date(Math.floor(at / 1_000)).toISOString()
  return `${text.slice(0, 10).replaceAll('-', '')}_${text.slice(11, 19).replaceAll(':', '')}`
}

export const seconds = (count: number): Micros => Math.round(count * 1_000_000)
