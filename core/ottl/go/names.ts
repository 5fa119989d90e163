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

const part = (locale: string, options: Intl.DateTimeFormatOptions, type: string, at: number): string => {
  const format = new Intl.DateTimeFormat(locale, { ...options, calendar: 'gregory', timeZone: 'UTC' })
  const parts = format.formatToParts(new Date(at))
  const i = parts.findIndex((each) => each.type === type)
  const { value } = parts[i] ?? { value: '' }
  // Some languages number their months: `1月`.
  const after = /^\d+$/.test(value) ? /^\p{L}+/u.exec(parts[i + 1]?.value ?? '')?.[0] : undefined
  return value + (after ?? '')
}

const DAY_MS = 86_400_000
/** 2023-01-01, a Sunday. */
const SUNDAY = Date.UTC(2023, 0, 1)

const spellings = (...names: readonly string[]): readonly string[] => [
  ...new Set(names.flatMap((name) => [name, name.replace(/\.$/, ''), name.replaceAll(/\s/g, '')])),
]

/** As it stands in a date (`26 maja`); where that is a number, also as it stands alone. */
const months = (locale: string, width: 'long' | 'short'): readonly (readonly string[])[] =>
  monthNames.map((_, i) => {
    const at = Date.UTC(2023, i, 10)
    const inDate = part(locale, { day: 'numeric', month: width }, 'month', at)
    if (!/^\d/.test(inDate)) return spellings(inDate)
    const others = [{ day: 'numeric', year: 'numeric' } as const, {}].map((date) =>
      part(locale, { ...date, month: width }, 'month', at),
    )
    return spellings(...[inDate, ...others].filter((name) => !/^\d+$/.test(name)))
  })

const days = (locale: string, width: 'long' | 'short'): readonly (readonly string[])[] =>
  dayNames.map((_, i) => spellings(part(locale, { weekday: width }, 'weekday', SUNDAY + i * DAY_MS)))

/** The runtime has the locale itself; not only its language, nor under another spelling such as `es_MX`. */
const isLocale = (locale: string): boolean => {
  try {
    return new Intl.DateTimeFormat(locale).resolvedOptions().locale === locale
  } catch {
    return false
  }
}

/** A language of several scripts is asked for with its script: `zh-Hans-CN`, not `zh-CN`. */
const lacksScript = (locale: string): boolean =>
  /^[a-z]+-[A-Z]{2}$/.test(locale) && isLocale(new Intl.Locale(locale).maximize().toString())

/** Throws a Failure for a language tag that is none or not supported. */
export const namesOf = (locale: string): Names => {
  if (!isLocale(locale) || lacksScript(locale))
    throw new Failure(
      `unsupported locale ${JSON.stringify(locale)}; use a BCP 47 language tag such as en-US or zh-Hans-CN`,
    )
  const period = (hour: number): readonly string[] =>
    spellings(part(locale, { hour: 'numeric', hourCycle: 'h12' }, 'dayPeriod', SUNDAY + hour * 3_600_000))
  return {
    Month: months(locale, 'long'),
    Mon: months(locale, 'short'),
    Weekday: days(locale, 'long'),
    Day: days(locale, 'short'),
    PM: [period(9), period(21)],
  }
}
