/** One value as one directive of Go's fmt prints it: by its type, the verb and the flags. */
import { compareText } from '../compare.ts'
import { isFloat, isInt, toNumber } from '../numbers.ts'
import type { Int } from '../numbers.ts'
import { Duration, goTypeName, Id, isBytes, RawList, RawMap, Time, YEAR_ONE } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { durationToText } from './duration.ts'
import { formatFloat } from './format-float.ts'
import { toJson } from './json.ts'
import { monthNames } from './names.ts'
import { canBackquote, isPrintable, quoted, quotedBytes } from './quote.ts'
import { textOf } from './text.ts'
import { civil, epochSeconds, timeToText } from './time.ts'

export interface Flags {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | undefined
  precision: number | undefined
  /** `%#v`: values as Go source; `sharp` and `plus` are taken by `v`. */
  source: boolean
  /** A value is told that does not fit its verb: without its own way of being text. */
  plain: boolean
}

export const noFlags = (): Flags => ({
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
  source: false,
  plain: false,
})

const padding = (length: number, { zero, minus }: Flags): string =>
  (zero && !minus ? '0' : ' ').repeat(Math.max(0, length))

const pad = (text: string, flags: Flags): string => {
  if (flags.width === undefined || flags.width <= text.length / 2) return text
  const missing = padding(flags.width - Array.from(text).length, flags)
  return flags.minus ? text + missing : missing + text
}

const padPlain = (text: string, flags: Flags): string => pad(text, { ...flags, zero: false })

const cut = (text: string, { precision }: Flags): string =>
  precision === undefined || precision >= text.length ? text : Array.from(text).slice(0, precision).join('')

const hexOf = (bytes: Uint8Array, verb: string, flags: Flags): string => {
  const shown = bytes.subarray(0, flags.precision)
  if (shown.length === 0) return padding(flags.width ?? 0, flags)
  const prefix = flags.sharp ? `0${verb}` : ''
  const pairs = [...shown].map((byte) => byte.toString(16).padStart(2, '0'))
  const digits = verb === 'X' ? pairs.map((pair) => pair.toUpperCase()) : pairs
  const text = flags.space ? digits.map((pair) => prefix + pair).join(' ') : prefix + digits.join('')
  const missing = padding((flags.width ?? 0) - text.length, flags)
  return flags.minus ? text + missing : missing + text
}

const quotedText = (text: string, flags: Flags): string =>
  pad(flags.sharp && canBackquote(text) ? `\`${text}\`` : quoted(text, '"', flags.plus), flags)

const printString = (text: string, verb: string, flags: Flags): string | undefined => {
  switch (verb) {
    case 'v':
      return flags.source ? quotedText(cut(text, flags), flags) : pad(cut(text, flags), flags)
    case 's':
      return pad(cut(text, flags), flags)
    case 'q':
      return quotedText(cut(text, flags), flags)
    case 'x':
    case 'X':
      return hexOf(Buffer.from(text), verb, flags)
    default:
      return undefined
  }
}

const radixes: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }
const prefixes: Readonly<Record<string, string>> = { b: '0b', x: '0x', X: '0X' }

/** Digits that a precision, or a width with the flag `0`, asks for. */
const digitsWanted = (flags: Flags, signed: boolean): number => {
  if (flags.precision !== undefined) return flags.precision
  return flags.zero && !flags.minus && flags.width !== undefined ? flags.width - Number(signed) : 0
}

const printInt = (value: Int, verb: string, flags: Flags): string | undefined => {
  if (verb === 'c' || verb === 'q' || verb === 'U') return printRune(value, verb, flags)
  const radix = Object.hasOwn(radixes, verb) ? radixes[verb] : undefined
  if (radix === undefined) return undefined
  if (flags.precision === 0 && (value === 0 || value === 0n)) return ' '.repeat(flags.width ?? 0)
  const negative = value < 0
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  const magnitude = (negative ? -BigInt(value) : BigInt(value)).toString(radix)
  let digits = (verb === 'X' ? magnitude.toUpperCase() : magnitude).padStart(digitsWanted(flags, sign !== ''), '0')
  if (flags.sharp) {
    if (Object.hasOwn(prefixes, verb)) digits = prefixes[verb]! + digits
    else if (radix === 8 && !digits.startsWith('0')) digits = `0${digits}`
  }
  return padPlain(sign + (verb === 'O' ? '0o' : '') + digits, flags)
}

const characterOf = (value: Int): string => {
  const valid = value >= 0 && value <= 0x10_ffff && !(value >= 0xd800 && value <= 0xdfff)
  return String.fromCodePoint(valid ? Number(value) : 0xfffd)
}

const printRune = (value: Int, verb: string, flags: Flags): string => {
  const character = characterOf(value)
  if (verb === 'c') return pad(character, flags)
  if (verb === 'q') return pad(quoted(character, "'", flags.plus), flags)
  const hex = BigInt.asUintN(64, BigInt(value)).toString(16).toUpperCase()
  const isCharacter = value >= 0 && value <= 0x10_ffff && isPrintable(character)
  const shown = flags.sharp && isCharacter ? ` '${character}'` : ''
  return padPlain(`U+${hex.padStart(Math.max(4, flags.precision ?? 0), '0')}${shown}`, flags)
}

/** `#`: a decimal point always, and the zeros after it that `%g` leaves out. */
const withPoint = (text: string, verb: string, precision: number): string => {
  const at = text.search(/[pP]/.test(text) ? /[pP]/ : verb === 'x' || verb === 'X' ? /$/ : /[eE]|$/)
  const [number, tail] = [text.slice(0, at), text.slice(at)]
  const bare = number.slice(1)
  let missing = 'gGx'.includes(verb) ? (precision < 0 ? 6 : precision) : 0
  const from = bare.search(/[1-9a-zA-Z]/)
  if (from >= 0) missing -= bare.slice(from).replace('.', '').length
  if (!bare.includes('.') && bare === '0') missing--
  return `${number}${bare.includes('.') ? '' : '.'}${'0'.repeat(Math.max(0, missing))}${tail}`
}

const floatVerbs: Readonly<Record<string, readonly [verb: string, precision: number]>> = {
  v: ['g', -1],
  g: ['g', -1],
  G: ['G', -1],
  b: ['b', -1],
  x: ['x', -1],
  X: ['X', -1],
  f: ['f', 6],
  F: ['f', 6],
  e: ['e', 6],
  E: ['E', 6],
}

const printFloat = (value: number, verb: string, flags: Flags): string | undefined => {
  const known = Object.hasOwn(floatVerbs, verb) ? floatVerbs[verb]! : undefined
  if (known === undefined) return undefined
  const precision = flags.precision ?? known[1]
  const text = formatFloat(value, known[0], precision)
  let signed = /^[+-]/.test(text) ? text : `+${text}`
  if (flags.space && signed.startsWith('+') && !flags.plus) signed = ` ${signed.slice(1)}`
  if (!Number.isFinite(value)) {
    // Neither is a number that zeros could stand before, and NaN has no sign of its own.
    const bare = Number.isNaN(value) && !flags.space && !flags.plus
    return padPlain(bare ? signed.slice(1) : signed, flags)
  }
  if (flags.sharp && known[0] !== 'b') signed = withPoint(signed, known[0], precision)
  if (!flags.plus && signed.startsWith('+')) return pad(signed.slice(1), flags)
  if (flags.zero && !flags.minus && flags.width !== undefined && flags.width > signed.length)
    return signed[0] + '0'.repeat(flags.width - signed.length) + signed.slice(1)
  return pad(signed, flags)
}

/** Numbers from 0 to 255 as Go source. */
const byteSource = (byte: number, flags: Flags): string => printInt(byte, 'x', { ...flags, sharp: true })!

const printBytes = (bytes: Uint8Array, verb: string, flags: Flags, type: string): string => {
  if (verb === 'x' || verb === 'X') return hexOf(bytes, verb, flags)
  if (verb === 's') return printString(textOf(bytes), verb, flags)!
  if (verb === 'q') {
    const text = textOf(bytes)
    // Only bytes that are no text are quoted one by one.
    const isText = flags.precision !== undefined || Buffer.from(text).equals(bytes)
    return isText ? printString(text, verb, flags)! : pad(quotedBytes(bytes, flags.plus), flags)
  }
  if (flags.source) return `${type}{${[...bytes].map((byte) => byteSource(byte, flags)).join(', ')}}`
  return `[${[...bytes].map((byte) => printInt(byte, verb, flags) ?? unfit(byte, 'uint8', verb, flags)).join(' ')}]`
}

const timeSource = (time: Time): string => {
  const at = civil(time)
  const place = time.zone === undefined ? 'time.UTC' : `time.Location(${quoted(time.zone.name, '"', false)})`
  const clock = [at.hour, at.minute, at.second, at.nanosecond].join(', ')
  return `time.Date(${at.year}, time.${monthNames[at.month - 1]}, ${at.day}, ${clock}, ${place})`
}

/** The parts of a Go time: nanoseconds, seconds since year 1, and no place, which is UTC. */
const timeParts = (time: Time, verb: string, flags: Flags): string => {
  const seconds = epochSeconds(time.nanos)
  const numbers = [time.nanos - seconds * 1_000_000_000n, seconds + YEAR_ONE / 1_000_000_000n]
  const [nanosecond, second] = numbers.map(
    (value, i) => printInt(value, verb, flags) ?? unfit(value, i === 0 ? 'uint64' : 'int64', verb, flags),
  )
  const place = verb === 'v' ? pad('<nil>', flags) : 'bodxX'.includes(verb) ? printInt(0, verb, flags)! : undefined
  return `{${nanosecond} ${second} ${place ?? `%!${verb}(*time.Location=${pad('<nil>', flags)})`}}`
}

const printTime = (value: Time, verb: string, flags: Flags): string => {
  if (!isTextual(verb) || flags.plain) return timeParts(value, verb, flags)
  return flags.source ? pad(cut(timeSource(value), flags), flags) : printString(timeToText(value), verb, flags)!
}

const isTextual = (verb: string): boolean => 'vsxXq'.includes(verb)

const printDuration = (value: Duration, verb: string, flags: Flags): string | undefined =>
  isTextual(verb) && !flags.plain && !flags.source
    ? printString(durationToText(value), verb, flags)
    : printInt(value.nanos, verb, flags)

const printId = (value: Id, verb: string, flags: Flags): string => {
  const bytes = Buffer.from(value.hex, 'hex')
  if (!isTextual(verb) || flags.plain || flags.source) return printBytes(bytes, verb, flags, goTypeName(value))
  // An id of zeros is none, and says nothing.
  return printString(/^0*$/.test(value.hex) ? '' : value.hex, verb, flags)!
}

const printList = ({ items, of }: RawList, verb: string, flags: Flags): string => {
  const nil = flags.source ? 'interface {}(nil)' : '<nil>'
  const shown = items.map((item) => (item === null ? nil : printItem(item, verb, flags)))
  if (!flags.source) return `[${shown.join(' ')}]`
  return `${of === 'any' ? '[]interface {}' : '[]string'}{${shown.join(', ')}}`
}

const printMap = ({ map }: RawMap, verb: string, flags: Flags): string => {
  const keys = Object.keys(map).toSorted(compareText)
  const shown = keys.map((key) => `${printItem(key, verb, flags)}:${printItem(map[key]!, verb, flags)}`)
  return flags.source ? `map[string]interface {}{${shown.join(', ')}}` : `map[${shown.join(' ')}]`
}

/** Bytes inside a list have another name in Go source. */
const printItem = (value: Evaluated, verb: string, flags: Flags): string =>
  isBytes(value) ? printBytes(value, verb, flags, '[]uint8') : printOne(value, verb, flags)

const printKnown = (value: Evaluated, verb: string, flags: Flags): string | undefined => {
  if (typeof value === 'string') return printString(value, verb, flags)
  if (typeof value === 'boolean') return verb === 't' || verb === 'v' ? pad(String(value), flags) : undefined
  if (isInt(value)) return printInt(value, verb, flags)
  if (isFloat(value)) return printFloat(toNumber(value), verb, flags)
  if (isBytes(value)) return printBytes(value, verb, flags, '[]byte')
  if (value instanceof Duration) return printDuration(value, verb, flags)
  if (value instanceof Id) return printId(value, verb, flags)
  if (value instanceof RawList) return printList(value, verb, flags)
  if (value instanceof RawMap) return printMap(value, verb, flags)
  if (value instanceof Time) return printTime(value, verb, flags)
  // Lists and maps of a record: Go prints where they lie in memory.
  return printString(toJson(value, false), verb, flags)
}

const unfit = (value: Evaluated, type: string, verb: string, flags: Flags): string =>
  `%!${verb}(${type}=${printOne(value, 'v', { ...flags, plain: true })})`

const printOne = (value: Evaluated, verb: string, flags: Flags): string =>
  printKnown(value, verb, flags) ?? unfit(value, goTypeName(value), verb, flags)

/** A value that has its own way of being text, or is a list or map, does not take `%w` apart. */
const isWhole = (value: Evaluated): boolean => typeof value === 'object' && !isFloat(value) && !isBytes(value)

/** `verb` is one character. */
export const printValue = (value: Evaluated, verb: string, given: Flags): string => {
  const takesFlags = verb === 'v' || verb === 'w'
  const flags = takesFlags ? { ...given, source: given.sharp, sharp: false, plus: false } : given
  if (value === null) return verb === 'v' || verb === 'T' ? pad('<nil>', flags) : `%!${verb}(<nil>)`
  if (verb === 'T') return pad(cut(goTypeName(value), flags), flags)
  if ((verb === 'w' && isWhole(value)) || (verb === 'p' && (value instanceof Time || value instanceof Id)))
    return unfit(value, goTypeName(value), verb, flags)
  return printOne(value, verb, flags)
}
