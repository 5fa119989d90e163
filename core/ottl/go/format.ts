/**
 * `Format`: Go's fmt.Sprintf over the values of the language, with its own way of saying what does not fit
 * (`%!s(int64=42)`, `%!d(MISSING)`, `%!(EXTRA string=x)`). This is the reading of the template; `format-value.ts` prints.
 */
import { isInt } from '../numbers.ts'
import { Duration, goTypeName } from '../values.ts'
import type { Evaluated } from '../values.ts'
import { noFlags, printValue } from './format-value.ts'
import type { Flags } from './format-value.ts'

interface State {
  readonly template: string
  readonly values: readonly Evaluated[]
  at: number
  next: number
  /** Some directive has named its argument: what is left over is not told then. */
  reordered: boolean
  /** The indexes of this directive are good. */
  good: boolean
}

/** A width or precision beyond this is none, as in Go. */
const SIZE_MAX = 1_000_000

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

/** A number; one that is too large takes the rest of the template along. */
const readNumber = (state: State): number | undefined => {
  const digits = /^\d+/.exec(state.template.slice(state.at))?.[0]
  if (digits === undefined) return undefined
  state.at += digits.length
  // Go gives up at the digit after a number that is too large.
  if (digits.length > 1 && Number(digits.slice(0, -1)) > SIZE_MAX) {
    state.at = state.template.length
    return undefined
  }
  return Number(digits)
}

const indexInside = (inside: string): number | undefined => (/^\d{1,7}$/.test(inside) ? Number(inside) - 1 : undefined)

/** `[3]`: the argument to take next. Answers whether there is one that can be read; one without end is one character. */
const readIndex = (state: State): boolean => {
  const { template, at } = state
  if (template[at] !== '[') return false
  state.reordered = true
  const end = template.length - at < 3 ? -1 : template.indexOf(']', at)
  state.at = end < 0 ? at + 1 : end + 1
  const index = end < 0 ? undefined : indexInside(template.slice(at + 1, end))
  if (index !== undefined && index >= 0 && index < state.values.length) state.next = index
  else state.good = false
  return index !== undefined
}

/** The next argument as a width or precision. */
const takeNumber = (state: State): number | undefined => {
  state.at++
  if (state.next >= state.values.length) return undefined
  const value = state.values[state.next++]!
  const number = value instanceof Duration ? value.nanos : isInt(value) ? value : undefined
  return number !== undefined && number <= SIZE_MAX && number >= -SIZE_MAX ? Number(number) : undefined
}

const isStar = ({ template, at }: State): boolean => template[at] === '*'

/** Answers whether the last thing read was an index. */
const readWidth = (
  state: State,
  flags: Flags,
  indexed: boolean,
): { readonly indexed: boolean; readonly bad: string } => {
  if (!isStar(state)) {
    flags.width = readNumber(state)
    if (indexed && flags.width !== undefined) state.good = false
    return { indexed, bad: '' }
  }
  const width = takeNumber(state)
  if (width === undefined) return { indexed: false, bad: '%!(BADWIDTH)' }
  if (width < 0) {
    flags.minus = true
    flags.zero = false
  }
  flags.width = Math.abs(width)
  return { indexed: false, bad: '' }
}

const readPrecision = (
  state: State,
  flags: Flags,
  indexedBefore: boolean,
): { readonly indexed: boolean; readonly bad: string } => {
  if (state.template[state.at] !== '.' || state.at + 1 >= state.template.length)
    return { indexed: indexedBefore, bad: '' }
  state.at++
  if (indexedBefore) state.good = false
  const indexed = readIndex(state)
  if (!isStar(state)) {
    flags.precision = readNumber(state) ?? 0
    return { indexed, bad: '' }
  }
  const precision = takeNumber(state)
  if (precision === undefined || precision < 0) return { indexed: false, bad: '%!(BADPREC)' }
  flags.precision = precision
  return { indexed: false, bad: '' }
}

const readDirective = (state: State): string => {
  state.at++
  state.good = true
  const flags = noFlags()
  readFlags(state, flags)
  const width = readWidth(state, flags, readIndex(state))
  const precision = readPrecision(state, flags, width.indexed)
  if (!precision.indexed) readIndex(state)
  const bad = width.bad + precision.bad
  const code = state.template.codePointAt(state.at)
  if (code === undefined) return `${bad}%!(NOVERB)`
  const verb = String.fromCodePoint(code)
  state.at += verb.length
  if (verb === '%') return `${bad}%`
  if (!state.good) return `${bad}%!${verb}(BADINDEX)`
  if (state.next >= state.values.length) return `${bad}%!${verb}(MISSING)`
  return bad + printValue(state.values[state.next++]!, verb, flags)
}

const extraOf = (value: Evaluated): string =>
  value === null ? '<nil>' : `${goTypeName(value)}=${printValue(value, 'v', noFlags())}`

export const format = (template: string, values: readonly Evaluated[]): string => {
  const state: State = { template, values, at: 0, next: 0, reordered: false, good: true }
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
  return `${out}%!(EXTRA ${values.slice(state.next).map(extraOf).join(', ')})`
}
