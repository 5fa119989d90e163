/**
 * Instants as whole microseconds since the epoch: safe integers until 2255, and exact, because Marcus writes six digits.
 * Its spellings are not one (`+00:00`, `Z`, a blank for the T, no zone at all): without a zone it is UTC.
 */
import { timeFromText } from 'seneca-collector'

export type Micros = number

export const SECOND: Micros = 1_000_000
export const MILLI: Micros = 1_000

export const microsOf = (text: unknown): Micros | undefined => {
  if (typeof text !== 'string' || text.length > 40) return undefined
  const nanos = timeFromText(text)
  return nanos === undefined ? undefined : Number(nanos / 1_000n)
}

export const nanosOf = (at: Micros): bigint => BigInt(Math.max(0, Math.round(at))) * 1_000n

export const isoOf = (at: Micros): string => {
  const millis = Math.floor(at / 1_000)
  const text = new Date(millis).toISOString()
  const below = Math.round(at - millis * 1_000)
  return below === 0 ? text : `${text.slice(0, -1)}${String(below).padStart(3, '0')}Z`
}

/** Seconds between two instants, to the millisecond. */
export const secondsBetween = (from: Micros, to: Micros): number => Math.round((to - from) / 1_000) / 1_000

const STAMP = /(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)/

/** The UTC instant in a file name such as `realtime_20261123_174810.jsonl`. */
export const stampOf = (name: string): Micros | undefined => {
  const found = STAMP.exec(name)
  if (found === null) return undefined
  const [, year, month, day, hour, minute, second] = found
  const millis = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  return Number.isNaN(millis) ? undefined : millis * 1_000
}
