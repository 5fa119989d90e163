/** Names of months and days, in English and, from the runtime's own tables, in other languages. */
import { Failure } from '../values.ts'

export const monthNames: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const dayNames: readonly string[] = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
]
export const shortMonths = monthNames.map((name) => name.slice(0, 3))
export const shortDays = dayNames.map((name) => name.slice(0, 3))

/** All spellings of each name, by number. */
export interface Names {
  readonly Month: readonly (readonly string[])[]
  readonly Mon: readonly (readonly string[])[]
  readonly Weekday: readonly (readonly string[])[]
  readonly Day: readonly (readonly string[])[]
  readonly PM: readonly (readonly string[])[]
}

const listed = (names: readonly string[]): readonly (readonly string[])[] => names.map((name) => [name])

export const english: Names = {
  Month: listed(monthNames),
  Mon: listed(shortMonths),
  Weekday: listed(dayNames),
  Day: listed(shortDays),
  PM: [['AM'], ['PM']],
}

const part = (locale: string, options: Intl.DateTimeFormatOptions, type: string, at: number): string =>
  new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' })
    .formatToParts(new Date(at))
    .find((each) => each.type === type)?.value ?? ''

const DAY_MS = 86_400_000
/** 2023-01-01, a Sunday. */
const SUNDAY = Date.UTC(2023, 0, 1)

const spellings = (...names: readonly string[]): readonly string[] => [
  ...new Set(names.flatMap((name) => [name, name.replace(/\.$/, '')])),
]

const months = (locale: string, width: 'long' | 'short'): readonly (readonly string[])[] =>
  monthNames.map((_, i) => {
    const at = Date.UTC(2023, i, 10)
    return spellings(part(locale, { month: width, day: 'numeric' }, 'month', at))
  })

const days = (locale: string, width: 'long' | 'short'): readonly (readonly string[])[] =>
  dayNames.map((_, i) => spellings(part(locale, { weekday: width }, 'weekday', SUNDAY + i * DAY_MS)))

/** Throws a Failure for a language tag that is none or not supported. */
export const namesOf = (locale: string): Names => {
  const known = (() => {
    try {
      return Intl.DateTimeFormat.supportedLocalesOf([locale.replaceAll('_', '-')])
    } catch {
      return []
    }
  })()
  const [tag] = known
  if (tag === undefined)
    throw new Failure(`unsupported locale ${JSON.stringify(locale)}; use a BCP 47 language tag such as en-US`)
  const period = (hour: number): readonly string[] =>
    spellings(part(tag, { hour: 'numeric', hourCycle: 'h12' }, 'dayPeriod', SUNDAY + hour * 3_600_000))
  return {
    Month: months(tag, 'long'),
    Mon: months(tag, 'short'),
    Weekday: days(tag, 'long'),
    Day: days(tag, 'short'),
    PM: [period(9), period(21)],
  }
}
