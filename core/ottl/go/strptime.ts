/**
 * Time formats: `%Y-%m-%dT%H:%M:%S.%L%z` and so on. `Time` reads with them, `FormatTime` prints with them.
 *
 * Reading is lenient where the reference is: numbers of one or two digits, spaces before them, a fraction after the
 * seconds whether the format has one or not.
 */
import { Failure, Time } from '../values.ts'
import { civil, offsetText, yearText } from './time.ts'
import type { Civil } from './time.ts'
import { composites, directives } from './strptime-table.ts'
import type { Part } from './strptime-table.ts'
import { dayNames, monthNames, shortDays, shortMonths } from './names.ts'

/** Throws a Failure for a format that is none. */
export const checkFormat = (format: string): void => {
  if (format === '') throw new Failure('the format cannot be empty')
  if (/\d/.test(format)) throw new Failure('a time format cannot contain digits')
  const fraction = /[^.,]%[Lfs]/su.exec(format)
  if (fraction) throw new Failure(`the fraction ${JSON.stringify(fraction[0])} must follow a dot or comma`)
  for (const [directive] of format.matchAll(/%./g)) {
    const letter = directive[1]!
    if (letter !== '%' && !Object.hasOwn(directives, letter) && !Object.hasOwn(composites, letter)) {
      throw new Failure(`there is no time directive ${directive}`)
    }
  }
}

const words: Readonly<Record<string, string>> = {
  January: 'Month',
  Jan: 'Mon',
  Monday: 'Weekday',
  Mon: 'Day',
  MST: 'zone',
  PM: 'PM',
  pm: 'pm',
}

/** A few words are directives themselves, because the reference turns formats into Go's layouts. */
const literalParts = (text: string): readonly Part[] =>
  text.split(/(January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|PM|pm)/).flatMap((piece): readonly Part[] => {
    if (piece === '') return []
    return Object.hasOwn(words, piece) ? [{ directive: words[piece]! }] : [{ literal: piece }]
  })

/** Directives of fractions, with their digits. */
const fractions: Readonly<Record<string, number>> = { fraction3: 3, fraction6: 6, fraction9: 9 }

const underscored = (directive: string, reading: boolean): string | undefined => {
  if (directive === 'day1' || (reading && (directive === 'day' || directive === 'day_'))) return 'day_'
  return directive === 'day_' ? 'year_day_' : undefined
}

/** To the reference an underscore before a day without zeros is the space that pads it. */
const padded = (parts: readonly Part[], reading: boolean): readonly Part[] =>
  parts.flatMap((part, i): readonly Part[] => {
    const [before, after] = [parts[i - 1], parts[i + 1]]
    if ('directive' in part) {
      const after_ = before !== undefined && 'literal' in before && before.literal.endsWith('_')
      return [{ directive: (after_ ? underscored(part.directive, reading) : undefined) ?? part.directive }]
    }
    const isPadding =
      part.literal.endsWith('_') &&
      after !== undefined &&
      'directive' in after &&
      underscored(after.directive, reading) !== undefined
    return isPadding ? [{ literal: part.literal.slice(0, -1) }] : [part]
  })

/** All ways a format can be read, most likely first; for printing the first. */
export const partsOf = (format: string, reading: boolean): readonly (readonly Part[])[] =>
  formsOf(format, reading).map((form) => padded(form, reading))

const formsOf = (format: string, reading: boolean): readonly (readonly Part[])[] => {
  let forms: Part[][] = [[]]
  for (const piece of format.split(/(%.)/)) {
    const letter = /^%.$/.test(piece) ? piece[1]! : undefined
    if (letter === undefined || letter === '%') {
      const literal = letter ?? piece
      if (literal !== '') forms.forEach((form) => form.push(...literalParts(literal)))
      continue
    }
    const composite = Object.hasOwn(composites, letter) ? composites[letter]! : undefined
    if (composite === undefined) {
      const directive = directives[letter]!
      // A fraction with nothing in front of it is no fraction to the reference but nines.
      const isBare = Object.hasOwn(fractions, directive) && forms[0]!.length === 0
      const part = isBare ? { literal: '9'.repeat(fractions[directive]!) } : { directive }
      forms.forEach((form) => form.push(part))
      continue
    }
    const options = reading && composite.read ? composite.read : [composite.print]
    forms = options.flatMap((option) => {
      const inner = option.includes('%') ? formsOf(option, reading)[0]! : [{ literal: option }]
      return forms.map((form) => [...form, ...inner])
    })
  }
  return forms
}

const two = (value: number): string => String(value).padStart(2, '0')
const spaced = (value: number): string => String(value).padStart(2, ' ')
const hour12 = (hour: number): number => hour % 12 || 12

const fraction = (at: Civil, digits: number): string =>
  String(at.nanosecond).padStart(9, '0').slice(0, digits).replace(/0+$/, '')

const seconds = (offset: number): string => two(Math.abs(offset) % 60)

const printers: Readonly<Record<string, (at: Civil) => string>> = {
  year: (at) => yearText(at.year),
  year2: (at) => two(((at.year % 100) + 100) % 100),
  month: (at) => two(at.month),
  month_: (at) => `_${at.month}`,
  month1: (at) => String(at.month),
  Mon: (at) => shortMonths[at.month - 1]!,
  Month: (at) => monthNames[at.month - 1]!,
  day: (at) => two(at.day),
  day_: (at) => spaced(at.day),
  year_day_: (at) => String(at.yearDay).padStart(3, ' '),
  day1: (at) => String(at.day),
  Day: (at) => shortDays[at.weekday]!,
  Weekday: (at) => dayNames[at.weekday]!,
  hour: (at) => two(at.hour),
  hour12_1: (at) => String(hour12(at.hour)),
  hour12: (at) => two(hour12(at.hour)),
  PM: (at) => (at.hour < 12 ? 'AM' : 'PM'),
  pm: (at) => (at.hour < 12 ? 'am' : 'pm'),
  minute: (at) => two(at.minute),
  second: (at) => two(at.second),
  zone: (at) => (at.zone === '' ? offsetText(at.offset, '') : at.zone),
  offsetZ: (at) => (at.offset === 0 ? 'Z' : offsetText(at.offset, '')),
  'offset-hh': (at) => offsetText(at.offset, '').slice(0, 3),
  'offset-hh:mm': (at) => offsetText(at.offset, ':'),
  'offset-hh:mm:ss': (at) => `${offsetText(at.offset, ':')}:${seconds(at.offset)}`,
  'offset-hhmmss': (at) => offsetText(at.offset, '') + seconds(at.offset),
}

export const formatTime = (parts: readonly Part[], time: Time): string => {
  const at = civil(time)
  let out = ''
  for (const part of parts) {
    if ('literal' in part) out += part.literal
    else if (Object.hasOwn(fractions, part.directive)) {
      const digits = fraction(at, fractions[part.directive]!)
      // A fraction of zero takes the dot or comma before it along.
      out = digits === '' ? out.slice(0, -1) : out + digits
    } else out += printers[part.directive]!(at)
  }
  return out
}
