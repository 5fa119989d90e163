/**
 * Values as JSON text the way the reference prints them: keys sorted, bytes in base64, `<`, `>` and `&` escaped where it
 * escapes them, U+2028 and U+2029 always.
 */
import { compareText } from '../compare.ts'
import { isFloat, isInt, toNumber } from '../numbers.ts'
import { Duration, Failure, Id, isBytes, isStoredList, isStoredMap, RawList, RawMap, Time } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { floatToText } from './strconv.ts'
import { timeToRfc3339 } from './time.ts'

const escapesAll = /[<>&\u2028\u2029]/g
const escapesFew = /[\u2028\u2029]/g

const quote = (text: string, html: boolean): string =>
  JSON.stringify(text.toWellFormed()).replaceAll(html ? escapesAll : escapesFew, (character) => {
    const code = character.charCodeAt(0).toString(16)
    return `\\u${code.padStart(4, '0')}`
  })

/** The reference has two JSON writers: the one that escapes HTML keeps two digits in exponents below zero. */
const jsonNumber = (value: number, html: boolean): string => {
  if (!Number.isFinite(value)) throw new Failure(`${value} has no JSON form`)
  const text = floatToText(value)
  return html ? text.replace(/e-(\d)$/, 'e-0$1') : text
}

const jsonMap = (map: Readonly<Record<string, Evaluated>>, html: boolean): string => {
  const keys = Object.keys(map).toSorted(compareText)
  return `{${keys.map((key) => `${quote(key, html)}:${toJson(map[key]!, html)}`).join(',')}}`
}

export const toJson = (value: Evaluated, html: boolean): string => {
  if (value === null) return 'null'
  if (typeof value === 'string') return quote(value, html)
  if (typeof value === 'boolean') return String(value)
  if (isInt(value)) return String(value)
  if (isFloat(value)) return jsonNumber(toNumber(value), html)
  if (isBytes(value)) return `"${Buffer.from(value).toString('base64')}"`
  if (value instanceof Time) return `"${timeToRfc3339(value)}"`
  if (value instanceof Duration) return String(value.nanos)
  if (value instanceof Id) return `[${[...Buffer.from(value.hex, 'hex')].join(',')}]`
  if (value instanceof RawMap) return jsonMap(value.map, html)
  // Stored maps and lists inside a list literal have nothing the reference would print.
  if (value instanceof RawList)
    return jsonList(value.items, (item) => (isStoredMap(item) || isStoredList(item) ? '{}' : toJson(item, html)))
  if (isStoredList(value)) return jsonList(value, (item) => toJson(item, html))
  return isStoredMap(value) ? jsonMap(value, html) : 'null'
}

const jsonList = <T>(items: readonly T[], write: (item: T) => string): string => `[${items.map(write).join(',')}]`
