/** A text read with a time format. */
import { Failure, Time } from '../values.ts'
import type { Names } from './names.ts'
import type { Part } from './strptime-table.ts'
import { daysFromCivil } from './time.ts'
import { fixedZone, loadZone } from './zone.ts'
import type { Zone } from './zone.ts'

interface Reading {
  readonly text: string
  readonly names: Names
  at: number
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  nanosecond: number
  afternoon: boolean | undefined
  offset: number | undefined
  zone: string | undefined
  hasYear: boolean
}

const rest = (reading: Reading): string => reading.text.slice(reading.at)

const wrong = (reading: Reading, expected: string): Failure =>
  new Failure(`${JSON.stringify(reading.text)} has no ${expected} at ${JSON.stringify(rest(reading).slice(0, 12))}`)

const take = (reading: Reading, pattern: RegExp, expected: string): RegExpExecArray => {
  const match = pattern.exec(rest(reading))
  if (match === null) throw wrong(reading, expected)
  reading.at += match[0].length
  return match
}

const number = (reading: Reading, what: string, least: number, most: number): number => {
  const value = Number(take(reading, /^[\t\n\f\r ]*(\d{1,2})/, what)[1])
  if (value < least || value > most) throw new Failure(`the ${what} ${value} is out of range`)
  return value
}

const name = (reading: Reading, list: Exclude<keyof Names, 'PM'>): number => {
  const text = rest(reading).toLowerCase()
  let best = -1
  let length = 0
  reading.names[list].forEach((spellings, i) => {
    for (const spelling of spellings) {
      if (spelling.length > length && text.startsWith(spelling.toLowerCase())) {
        best = i
        length = spelling.length
      }
    }
  })
  if (best < 0) throw wrong(reading, list === 'Mon' || list === 'Month' ? 'month' : 'day of the week')
  reading.at += length
  return best
}

/** `PM` is read in capitals by `%p` and in small letters by `%P`. */
const halfDay = (reading: Reading, spelled: (text: string) => string): boolean => {
  const [morning = [], afternoon = []] = reading.names.PM
  const found = [...morning, ...afternoon].find((text) => reading.text.startsWith(spelled(text), reading.at))
  if (found === undefined) throw wrong(reading, spelled('AM or PM'))
  reading.at += found.length
  return afternoon.includes(found)
}

/** A fraction is there or not; more than nine digits are passed over. */
const readFraction = (reading: Reading, digits: string): void => {
  reading.nanosecond = Number(digits.slice(0, 9).padEnd(9, '0'))
}

const offset = (reading: Reading, pattern: RegExp): void => {
  const [, sign, hours, minutes = '0', seconds = '0'] = take(reading, pattern, 'time zone offset')
  if (sign === undefined) {
    reading.offset = 0
    return
  }
  if (Number(hours) > 24 || Number(minutes) >= 60 || Number(seconds) >= 60)
    throw new Failure('the time zone offset is out of range')
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  reading.offset = sign === '-' ? -total : total
}

/** Abbreviations have three letters, or four or five of which the last is a T, or are `GMT+3`, or bare hours. */
const ABBREVIATION =
  /^(?:UTC|ChST|MeST|GMT(?:[+-](?:[01]?\d|2[0-3])(?!\d))?|[+-](?:[01]?\d|2[0-3])(?!\d)|(?:[A-Z]{3}|[A-Z]{3}T|WITA|[A-Z]{4}T)(?![A-Z]))/

const readers: Readonly<Record<string, (reading: Reading) => void>> = {
  year: (reading) => {
    reading.year = Number(take(reading, /^[\t\n\f\r ]*(\d{4})/, 'year of four digits')[1])
    reading.hasYear = true
  },
  year2: (reading) => {
    const value = Number(take(reading, /^[\t\n\f\r ]*(\d{2})/, 'year of two digits')[1])
    reading.year = value + (value >= 69 ? 1900 : 2000)
    reading.hasYear = true
  },
  month: (reading) => {
    reading.month = number(reading, 'month', 1, 12)
  },
  Mon: (reading) => {
    reading.month = name(reading, 'Mon') + 1
  },
  Month: (reading) => {
    reading.month = name(reading, 'Month') + 1
  },
  day: (reading) => {
    reading.day = number(reading, 'day', 0, 99)
  },
  Day: (reading) => void name(reading, 'Day'),
  Weekday: (reading) => void name(reading, 'Weekday'),
  hour: (reading) => {
    reading.hour = number(reading, 'hour', 0, 23)
  },
  hour12: (reading) => {
    reading.hour = number(reading, 'hour', 0, 12)
  },
  PM: (reading) => {
    reading.afternoon = halfDay(reading, (text) => text)
  },
  pm: (reading) => {
    reading.afternoon = halfDay(reading, (text) => text.toLowerCase())
  },
  minute: (reading) => {
    reading.minute = number(reading, 'minute', 0, 59)
  },
  zone: (reading) => {
    reading.zone = take(reading, ABBREVIATION, 'time zone')[0]
  },
  offsetZ: (reading) => offset(reading, /^[\t\n\f\r ]*(?:Z|([+-])(\d{2})(?::?(\d{2}))?)/),
  'offset-hh': (reading) => offset(reading, /^([+-])(\d{2})/),
  'offset-hh:mm': (reading) => offset(reading, /^([+-])(\d{2}):(\d{2})/),
  'offset-hh:mm:ss': (reading) => offset(reading, /^([+-])(\d{2}):(\d{2}):(\d{2})/),
  'offset-hhmmss': (reading) => offset(reading, /^([+-])(\d{2})(\d{2})(\d{2})/),
}

const alike: Readonly<Record<string, string>> = {
  month_: 'month',
  month1: 'month',
  day_: 'day',
  day1: 'day',
  hour12_1: 'hour12',
}

const isFraction = (part: Part | undefined): boolean =>
  part !== undefined && 'directive' in part && part.directive.startsWith('fraction')

const readLiteral = (reading: Reading, literal: string): void => {
  for (const piece of literal.split(/( +)/)) {
    if (piece === '') continue
    if (!piece.startsWith(' ')) {
      if (!reading.text.startsWith(piece, reading.at)) throw wrong(reading, JSON.stringify(piece))
      reading.at += piece.length
      continue
    }
    // A run of spaces in the format takes a run of spaces, or the end.
    if (reading.at < reading.text.length && reading.text[reading.at] !== ' ') throw wrong(reading, 'space')
    while (reading.text[reading.at] === ' ') reading.at++
  }
}

/** The dot or comma in front of a fraction belongs to it: both may be missing. */
const readSeconds = (reading: Reading, following: Part | undefined): void => {
  reading.second = number(reading, 'second', 0, 59)
  const separate = following !== undefined && 'literal' in following && /[.,]$/.test(following.literal)
  const match = separate ? null : /^[.,](\d+)/.exec(rest(reading))
  if (match === null) return
  reading.at += match[0].length
  readFraction(reading, match[1]!)
}

const readPart = (reading: Reading, parts: readonly Part[], i: number): void => {
  const part = parts[i]!
  if ('literal' in part) {
    const beforeFraction = isFraction(parts[i + 1]) && /[.,]$/.test(part.literal)
    return readLiteral(reading, beforeFraction ? part.literal.slice(0, -1) : part.literal)
  }
  if (isFraction(part)) {
    const match = /^[.,](\d+)/.exec(rest(reading))
    if (match === null) return
    reading.at += match[0].length
    return readFraction(reading, match[1]!)
  }
  if (part.directive === 'second') return readSeconds(reading, isFraction(parts[i + 2]) ? parts[i + 1] : undefined)
  readers[Object.hasOwn(alike, part.directive) ? alike[part.directive]! : part.directive]!(reading)
}

const daysIn = (year: number, month: number): number =>
  daysFromCivil(month === 12 ? year + 1 : year, (month % 12) + 1, 1) - daysFromCivil(year, month, 1)

const hourOf = ({ hour, afternoon }: Reading): number => {
  if (afternoon === undefined) return hour
  return afternoon ? (hour < 12 ? hour + 12 : hour) : hour === 12 ? 0 : hour
}

const read = (text: string, parts: readonly Part[], names: Names): Reading => {
  const reading: Reading = {
    text,
    names,
    at: 0,
    year: 0,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    afternoon: undefined,
    offset: undefined,
    zone: undefined,
    hasYear: false,
  }
  for (let i = 0; i < parts.length; i++) readPart(reading, parts, i)
  if (reading.at < text.length)
    throw new Failure(`${JSON.stringify(text)} goes on with ${JSON.stringify(rest(reading))} after the format`)
  if (reading.day < 1 || reading.day > daysIn(reading.year, reading.month)) throw new Failure('the day is out of range')
  return reading
}

interface Place {
  readonly zone: Zone | undefined
  /** Seconds to take off the wall clock; undefined = what the zone says. */
  readonly shift: number | undefined
  /** The zone that was asked for: a text with the offset and abbreviation it has then stands in it. */
  readonly home?: Zone | undefined
}

const isHome = (home: Zone, zone: Zone | undefined, at: number, shift: number): boolean => {
  const { seconds, abbreviation } = home.offset(at)
  return seconds === shift && (zone === undefined || zone.name === '' || zone.name === abbreviation)
}

/** The offset an abbreviation stands for in a zone: `CET` is an hour in summer, too. */
const abbreviated = (zone: Zone, abbreviation: string, year: number): number | undefined => {
  const [winter, summer] = [zone.offset(Date.UTC(year, 0, 1) / 1000), zone.offset(Date.UTC(year, 6, 1) / 1000)]
  if (winter.abbreviation === abbreviation) return winter.seconds
  if (summer.abbreviation === abbreviation) return summer.seconds
  return zone.name === abbreviation ? Math.min(winter.seconds, summer.seconds) : undefined
}

/** Both an offset and an abbreviation: the abbreviation is only a name, but must be one where the offset is none. */
const placeAt = (shift: number, name: string | undefined, fallback: Zone | undefined): Place => {
  if (shift !== 0) return { zone: fixedZone(shift, name), shift, home: fallback }
  if (name === undefined) return { zone: undefined, shift }
  if (name !== 'GMT' && loadZone(name) === undefined) throw new Failure(`there is no time zone ${name}`)
  return { zone: fixedZone(shift, name), shift }
}

/** The zone a text names itself: an offset, an abbreviation, a zone of the database. */
const placeOf = (reading: Reading, fallback: Zone | undefined): Place => {
  const { zone, year, offset: shift } = reading
  if (shift !== undefined && zone !== 'UTC') return placeAt(shift, zone, fallback)
  if (zone === undefined) return { zone: fallback, shift: undefined }
  if (zone === 'UTC') return { zone: undefined, shift: 0 }
  const shifted = /^GMT([+-]\d{1,2})$/.exec(zone)
  // As in the reference, `GMT+3` is how the time is shown and does not move the instant.
  if (shifted) return { zone: fixedZone(Number(shifted[1]) * 3600, zone), shift: 0 }
  const known = fallback && abbreviated(fallback, zone, year) !== undefined ? fallback : loadZone(zone)
  if (zone === 'GMT' && known !== fallback) return { zone: fixedZone(0, zone), shift: 0 }
  if (known === undefined) throw new Failure(`there is no time zone ${zone}`)
  return { zone: known, shift: known && abbreviated(known, zone, year) }
}

export interface TimeFormat {
  readonly forms: readonly (readonly Part[])[]
  readonly names: Names
  readonly zone: Zone | undefined
  readonly now: () => bigint
}

const BILLION = 1_000_000_000n

const instant = (reading: Reading, year: number, { zone, shift: given, home }: Place): Time => {
  const days = daysFromCivil(year, reading.month, reading.day)
  const local = days * 86_400 + hourOf(reading) * 3600 + reading.minute * 60 + reading.second
  const guess = zone?.offset(local).seconds ?? 0
  const shift = given ?? zone?.offset(local - guess).seconds ?? 0
  const at = local - shift
  const shown = home !== undefined && isHome(home, zone, at, shift) ? home : zone
  return new Time(BigInt(at) * BILLION + BigInt(reading.nanosecond), shown)
}

const WEEK = 604_800n * BILLION

/** Without a year it is this one, or the last when it would lie more than a week ahead. */
const withYear = (reading: Reading, place: Place, now: bigint): Time => {
  if (reading.hasYear && reading.year > 0) return instant(reading, reading.year, place)
  const year = new Date(Number(now / 1_000_000n)).getUTCFullYear()
  const time = instant(reading, year, place)
  return time.nanos > now + WEEK ? instant(reading, year - 1, place) : time
}

export const readTime = (text: string, { forms, names, zone, now }: TimeFormat): Time => {
  let failed: unknown
  for (const parts of forms) {
    try {
      const reading = read(text, parts, names)
      return withYear(reading, placeOf(reading, zone), now())
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown
      failed = thrown
    }
  }
  throw failed
}
