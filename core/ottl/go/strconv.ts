/** Numbers and booleans as Go's `strconv` reads and writes them. Every reader answers `undefined` for what is none. */
import { INT64_MAX, INT64_MIN, int64 } from '../numbers.ts'
import type { Int } from '../numbers.ts'

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
])

export const parseBool = (text: string): boolean | undefined => booleans.get(text)

const bases: Readonly<Record<string, number>> = { x: 16, X: 16, b: 2, B: 2, o: 8, O: 8 }

const digitOf = (character: string): number => {
  const code = character.charCodeAt(0)
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 122 ? lower - 87 : 99
}

/** Base 0 reads `0x`, `0b`, `0o` and `0` prefixes and allows single underscores between digits. */
export const parseInt64 = (text: string, base = 10): Int | undefined => {
  const negative = text.startsWith('-')
  let digits = negative || text.startsWith('+') ? text.slice(1) : text
  let radix = base
  if (base === 0) {
    const prefix = /^0([xXbBoO])/.exec(digits)
    radix = prefix ? bases[prefix[1]!]! : digits.startsWith('0') && digits.length > 1 ? 8 : 10
    digits = withoutUnderscores(prefix ? digits.slice(2) : digits, prefix !== null || radix === 8) ?? ''
  }
  if (digits === '' || radix < 2 || radix > 36) return undefined
  let value = 0n
  const wide = BigInt(radix)
  for (const character of digits) {
    const digit = digitOf(character)
    if (character.length !== 1 || digit >= radix) return undefined
    value = value * wide + BigInt(digit)
    if (value > INT64_MAX + 1n) return undefined
  }
  if (negative) value = -value
  return value <= INT64_MAX && value >= INT64_MIN ? int64(value) : undefined
}

const withoutUnderscores = (digits: string, afterPrefix: boolean): string | undefined => {
  if (!digits.includes('_')) return digits
  const pattern = afterPrefix ? /^(?:_?[0-9a-zA-Z])+$/ : /^[0-9a-zA-Z](?:_?[0-9a-zA-Z])*$/
  return pattern.test(digits) ? digits.replaceAll('_', '') : undefined
}

const DIGITS = '\\d(?:_?\\d)*'
const DECIMAL = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?$`)
const HEX_FLOAT = /^([+-]?)0[xX]((?:_?[0-9a-fA-F])*)\.?((?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?)[pP]([+-]?\d(?:_?\d)*)$/

/** Decimal and hexadecimal floats, `inf`, `infinity` and `nan` in any case. Out of range is an error, as in Go. */
export const parseFloat64 = (text: string): number | undefined => {
  if (DECIMAL.test(text)) {
    const value = Number(text.replaceAll('_', ''))
    return Number.isFinite(value) ? value : undefined
  }
  const special = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(text)
  if (special) {
    if (special[2] !== undefined) return special[1] === '-' ? -Infinity : Infinity
    return special[1] === '' ? Number.NaN : undefined
  }
  const hex = HEX_FLOAT.exec(text)?.map((part) => part.replaceAll('_', ''))
  if (!hex || hex[2] + hex[3]! === '') return undefined
  const value = Number.parseInt(hex[2]! + hex[3]!, 16) * 2 ** (Number(hex[4]) - 4 * hex[3]!.length)
  if (!Number.isFinite(value)) return undefined
  return hex[1] === '-' ? -value : value
}

/** A double as encoding/json writes it: like JavaScript, but the whole part of 1e20 in full and `1e-7`, `1e+21`. */
export const floatToText = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  return Object.is(value, -0) ? '-0' : String(value)
}
