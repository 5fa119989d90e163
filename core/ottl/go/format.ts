/**
 * `Format`: Go's fmt.Sprintf over the values of the language, with its own way of saying what does not fit
 * (`%!s(int64=42)`, `%!d(MISSING)`, `%!(EXTRA string=x)`).
 */
import { isFloat, isInt, toNumber } from '../numbers.ts'
import type { Int } from '../numbers.ts'
import { Duration, goTypeName, Id, isBytes, RawList, RawMap, Time } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { formatFloat } from './format-float.ts'
import { durationToText } from './duration.ts'
import { compareText } from '../compare.ts'
import { toJson } from './json.ts'
import { timeToText } from './time.ts'
import { textOf } from './text.ts'

interface Flags {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | undefined
  precision: number | undefined
}

// oxlint-disable-next-line no-control-regex -- control characters cannot stand in raw quotes
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/
const SIZE_MAX = 10_000

const pad = (text: string, flags: Flags, zeros = false): string => {
  const missing = (flags.width ?? 0) - Array.from(text).length
  if (missing <= 0) return text
  if (flags.minus) return text + ' '.repeat(missing)
  if (!zeros) return ' '.repeat(missing) + text
  const sign = /^[+\- ]/.test(text) ? text[0]! : ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}

const cut = (text: string, flags: Flags): string =>
  flags.precision === undefined ? text : Array.from(text).slice(0, flags.precision).join('')

const quoteText = (text: string, ascii: boolean): string => {
  const quoted = JSON.stringify(text)
    .replaceAll('\\u0007', '\\a')
    .replaceAll('\\u000b', '\\v')
    .replaceAll(/\\u00([01][0-9a-f])/g, '\\x$1')
  return ascii
    ? quoted.replaceAll(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : quoted
}

const hexOf = (bytes: Uint8Array, verb: string, flags: Flags): string => {
  let digits = [...bytes.subarray(0, flags.precision)].map((byte) => byte.toString(16).padStart(2, '0'))
  if (verb === 'X') digits = digits.map((pair) => pair.toUpperCase())
  const prefix = flags.sharp && digits.length > 0 ? `0${verb}` : ''
  return flags.space ? digits.map((pair) => (flags.sharp ? `0${verb}` : '') + pair).join(' ') : prefix + digits.join('')
}

const formatString = (text: string, verb: string, flags: Flags): string | undefined => {
  switch (verb) {
    case 'v':
    case 's':
      return pad(verb === 'v' && flags.sharp ? quoteText(cut(text, flags), false) : cut(text, flags), flags, flags.zero)
    case 'q':
      if (flags.sharp && !text.includes('`') && !CONTROL.test(text)) return pad(`\`${cut(text, flags)}\``, flags)
      return pad(quoteText(cut(text, flags), flags.plus), flags)
    case 'x':
    case 'X':
      return pad(hexOf(Buffer.from(text), verb, flags), flags)
    default:
      return undefined
  }
}

const radixes: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }

const alternatePrefix = (verb: string, digits: string): string => {
  if (verb === 'o') return digits.startsWith('0') ? '' : '0'
  return verb === 'b' || verb === 'x' || verb === 'X' ? `0${verb}` : ''
}

const formatInt = (value: Int, verb: string, flags: Flags): string | undefined => {
  if (verb === 'c' || verb === 'q' || verb === 'U') return formatRune(value, verb, flags)
  const radix = Object.hasOwn(radixes, verb) ? radixes[verb] : undefined
  if (radix === undefined) return undefined
  const negative = value < 0
  let digits = (negative ? -BigInt(value) : BigInt(value)).toString(radix)
  if (verb === 'X') digits = digits.toUpperCase()
  if (flags.precision !== undefined)
    digits = flags.precision === 0 && digits === '0' ? '' : digits.padStart(flags.precision, '0')
  if (flags.sharp) digits = alternatePrefix(verb, digits) + digits
  if (verb === 'O') digits = `0o${digits}`
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  return pad(sign + digits, flags, flags.zero && !flags.minus && flags.precision === undefined)
}

const formatRune = (value: Int, verb: string, flags: Flags): string => {
  const code = Number(value)
  const valid = code >= 0 && code <= 0x10_ffff && !(code >= 0xd800 && code <= 0xdfff)
  const character = String.fromCodePoint(valid ? code : 0xfffd)
  if (verb === 'c') return pad(character, flags)
  if (verb === 'q')
    return pad(
      `'${character === "'" ? "\\'" : character === '"' ? '"' : quoteText(character, flags.plus).slice(1, -1)}'`,
      flags,
    )
  const hex = BigInt.asUintN(64, BigInt(value))
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, flags.precision ?? 0), '0')
  return pad(`U+${hex}${flags.sharp && valid ? ` '${character}'` : ''}`, flags)
}

const formatDouble = (value: number, verb: string, flags: Flags): string | undefined => {
  const letter = verb === 'v' ? 'g' : verb === 'F' ? 'f' : verb
  if (!'eEfgGxXb'.includes(letter)) return undefined
  const precision =
    flags.precision ??
    (verb === 'v' || letter === 'g' || letter === 'G'
      ? -1
      : letter === 'x' || letter === 'X' || letter === 'b'
        ? -1
        : 6)
  let text = formatFloat(value, letter, precision)
  if (!text.startsWith('-') && flags.plus) text = `+${text}`
  else if (!text.startsWith('-') && flags.space) text = ` ${text}`
  return pad(text, flags, flags.zero && !flags.minus && Number.isFinite(value))
}

const formatBytes = (bytes: Uint8Array, verb: string, flags: Flags): string | undefined => {
  if (verb === 'v' || verb === 'd') return `[${[...bytes].map((byte) => formatInt(byte, 'd', flags)).join(' ')}]`
  if (verb === 'x' || verb === 'X') return pad(hexOf(bytes, verb, flags), flags)
  return formatString(textOf(bytes), verb, flags)
}

const formatMap = (value: RawMap, verb: string, flags: Flags): string => {
  const keys = Object.keys(value.map).toSorted(compareText)
  return `map[${keys.map((key) => `${formatOne(key, verb, flags)}:${formatOne(value.map[key]!, verb, flags)}`).join(' ')}]`
}

const formatScalar = (value: Evaluated, verb: string, flags: Flags): string | undefined => {
  if (typeof value === 'string') return formatString(value, verb, flags)
  if (typeof value === 'boolean') return verb === 't' || verb === 'v' ? pad(String(value), flags) : undefined
  if (isInt(value)) return formatInt(value, verb, flags)
  if (isFloat(value)) return formatDouble(toNumber(value), verb, flags)
  if (isBytes(value)) return formatBytes(value, verb, flags)
  if (value instanceof Duration) {
    return 'vsqxX'.includes(verb)
      ? formatString(durationToText(value), verb, flags)
      : formatInt(value.nanos, verb, flags)
  }
  if (value instanceof Time) return formatString(timeToText(value), verb, flags)
  if (value instanceof Id) {
    // An id of zeros is none, and says nothing.
    const text = formatString(/^0*$/.test(value.hex) ? '' : value.hex, verb, flags)
    return text ?? (verb === 'd' ? formatBytes(Buffer.from(value.hex, 'hex'), verb, flags) : undefined)
  }
  return formatString(toJson(value, false), verb, flags)
}

const formatOne = (value: Evaluated, verb: string, flags: Flags): string => {
  if (verb === 'T') return formatString(goTypeName(value), 's', flags)!
  if (value === null) return verb === 'v' ? pad('<nil>', flags) : `%!${verb}(<nil>)`
  if (value instanceof RawList) return `[${value.items.map((item) => formatOne(item, verb, flags)).join(' ')}]`
  if (value instanceof RawMap) return formatMap(value, verb, flags)
  const bytes = isBytes(value) ? value : value instanceof Id ? Buffer.from(value.hex, 'hex') : undefined
  // Go says of bytes one by one what does not fit them.
  const scalar = formatScalar(value, verb, flags)
  if (scalar === undefined && bytes !== undefined)
    return `[${[...bytes].map((byte) => unfit(byte, 'uint8', verb, flags)).join(' ')}]`
  return scalar ?? unfit(value, goTypeName(value), verb, flags)
}

const unfit = (value: Evaluated, type: string, verb: string, flags: Flags): string =>
  `%!${verb}(${type}=${formatOne(value, 'v', { ...flags, sharp: false, plus: flags.plus && isFloat(value) })})`

const noFlags = (): Flags => ({
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
})

interface State {
  readonly template: string
  readonly values: readonly Evaluated[]
  at: number
  next: number
  reordered: boolean
}

const readFlags = (state: State, flags: Flags): void => {
  for (; ; state.at++) {
    const character = state.template[state.at]
    if (character === '+') flags.plus = true
    else if (character === '-') flags.minus = true
    else if (character === '#') flags.sharp = true
    else if (character === ' ') flags.space = true
    else if (character === '0') flags.zero = true
    else return
  }
}

/** `[3]`: the argument to take next. Answers false when it is out of range or no number; one without end is one character. */
const readIndex = (state: State): boolean => {
  if (state.template[state.at] !== '[') return true
  state.reordered = true
  const end = state.template.indexOf(']', state.at)
  const inside = end < 0 ? '' : state.template.slice(state.at + 1, end)
  state.at = end < 0 ? state.at + 1 : end + 1
  const index = /^\d{1,7}$/.test(inside) ? Number(inside) - 1 : -1
  if (index < 0 || index >= state.values.length) return false
  state.next = index
  return true
}

/** A number, or `*` for the next argument. */
const readNumber = (state: State): number | undefined | 'bad' => {
  if (state.template[state.at] === '*') {
    state.at++
    const value = state.values[state.next++]
    return isInt(value) && Math.abs(Number(value)) < SIZE_MAX ? Number(value) : 'bad'
  }
  const match = /^\d+/.exec(state.template.slice(state.at, state.at + 8))
  if (match === null) return undefined
  state.at += match[0].length
  return Math.min(SIZE_MAX, Number(match[0]))
}

const readDirective = (state: State): string => {
  state.at++
  const flags = noFlags()
  let prefix = ''
  readFlags(state, flags)
  const isIndexed = state.template[state.at] === '['
  let good = readIndex(state)
  const isStar = state.template[state.at] === '*'
  const width = readNumber(state)
  // An index stands right before the verb or a `*`, never before a width or precision.
  if (isIndexed && !isStar && (width !== undefined || state.template[state.at] === '.')) good = false
  if (width === 'bad') prefix += '%!(BADWIDTH)'
  else if (width !== undefined) {
    flags.minus ||= width < 0
    flags.width = Math.abs(width)
  }
  if (state.template[state.at] === '.') {
    state.at++
    good = readIndex(state) && good
    const precision = readNumber(state)
    if (precision === 'bad') prefix += '%!(BADPREC)'
    else flags.precision = precision === undefined ? 0 : precision < 0 ? undefined : precision
  }
  good = readIndex(state) && good
  const code = state.template.codePointAt(state.at)
  if (code === undefined) return `${prefix}%!(NOVERB)`
  const verb = String.fromCodePoint(code)
  state.at += verb.length
  if (flags.minus) flags.zero = false
  if (verb === '%') return `${prefix}%`
  if (!good) return `${prefix}%!${verb}(BADINDEX)`
  if (state.next >= state.values.length) return `${prefix}%!${verb}(MISSING)`
  return prefix + formatOne(state.values[state.next++]!, verb, flags)
}

export const format = (template: string, values: readonly Evaluated[]): string => {
  const state: State = { template, values, at: 0, next: 0, reordered: false }
  let out = ''
  while (state.at < template.length) {
    const percent = template.indexOf('%', state.at)
    if (percent < 0) {
      out += template.slice(state.at)
      break
    }
    out += template.slice(state.at, percent)
    state.at = percent
    out += readDirective(state)
  }
  if (state.reordered || state.next >= values.length) return out
  const extra = values
    .slice(state.next)
    .map((value) => (value === null ? '<nil>' : `${goTypeName(value)}=${formatOne(value, 'v', noFlags())}`))
  return `${out}%!(EXTRA ${extra.join(', ')})`
}
