/** Wall-clock parts of an instant in its zone, proleptic Gregorian, without the limits of `Date`. */
import { Time } from '../values.ts'

export interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
  /** 0 = Sunday. */
  readonly weekday: number
  /** 1 on the first of January. */
  readonly yearDay: number
  readonly offset: number
  readonly zone: string
}

const floorDiv = (a: number, b: number): number => Math.floor(a / b)

/** Days since 1970-01-01 of a civil date. */
export const daysFromCivil = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = floorDiv(y, 400)
  const yearOfEra = y - era * 400
  const dayOfYear = floorDiv(153 * (month + (month > 2 ? -3 : 9)) + 2, 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100) + dayOfYear - 719_468
}

export const civilFromDays = (
  days: number,
): { readonly year: number; readonly month: number; readonly day: number } => {
  const z = days + 719_468
  const era = floorDiv(z, 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = floorDiv(
    dayOfEra - floorDiv(dayOfEra, 1460) + floorDiv(dayOfEra, 36_524) - floorDiv(dayOfEra, 146_096),
    365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + floorDiv(yearOfEra, 4) - floorDiv(yearOfEra, 100))
  const shifted = floorDiv(5 * dayOfYear + 2, 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - floorDiv(153 * shifted + 2, 5) + 1,
  }
}

const BILLION = 1_000_000_000n

export const epochSeconds = (nanos: bigint): bigint => {
  const seconds = nanos / BILLION
  return nanos % BILLION < 0n ? seconds - 1n : seconds
}

/** Seconds from the first of March of the year that Go's calendar begins with to the epoch. */
const FIRST_DAY = 9223372028741760000n
const DAY = 86_400n

/** Days since the epoch and seconds in the day. Go counts from its first day in 64 bits, and what comes before is far ahead. */
const daysOf = (seconds: bigint): { readonly days: number; readonly inDay: number } => {
  const since = BigInt.asUintN(64, seconds + FIRST_DAY)
  return { days: Number(since / DAY - FIRST_DAY / DAY), inDay: Number(since % DAY) }
}

const DATE_SECONDS_MAX = 8_640_000_000_000

export const civil = (time: Time): Civil => {
  const whole = epochSeconds(time.nanos)
  const nanosecond = Number(time.nanos - whole * BILLION)
  const epoch = Number(whole)
  const { seconds: offset, abbreviation } = time.zone?.offset(epoch) ?? { seconds: 0, abbreviation: 'UTC' }
  const local = epoch + offset
  const { days, inDay } =
    Math.abs(local) < DATE_SECONDS_MAX
      ? { days: floorDiv(local, 86_400), inDay: local - floorDiv(local, 86_400) * 86_400 }
      : daysOf(whole + BigInt(offset))
  const date = civilFromDays(days)
  return {
    ...date,
    hour: floorDiv(inDay, 3600),
    minute: floorDiv(inDay % 3600, 60),
    second: inDay % 60,
    nanosecond,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysFromCivil(date.year, 1, 1) + 1,
    offset,
    zone: abbreviation,
  }
}

const two = (value: number): string => String(value).padStart(2, '0')

export const yearText = (year: number): string =>
  year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0')

const fraction = (nanosecond: number): string =>
  nanosecond === 0 ? '' : `.${String(nanosecond).padStart(9, '0').replace(/0+$/, '')}`

export const offsetText = (offset: number, separator: string): string => {
  const minutes = Math.floor(Math.abs(offset) / 60)
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`
}

export const timeToRfc3339 = (time: Time): string => {
  const at = civil(time)
  const zone = at.offset === 0 ? 'Z' : offsetText(at.offset, ':')
  return `${yearText(at.year)}-${two(at.month)}-${two(at.day)}T${two(at.hour)}:${two(at.minute)}:${two(at.second)}${fraction(at.nanosecond)}${zone}`
}

/** Go's `Time.String()`. */
export const timeToText = (time: Time): string => {
  const at = civil(time)
  const zone = at.zone === '' ? offsetText(at.offset, '') : at.zone
  const date = `${yearText(at.year)}-${two(at.month)}-${two(at.day)}`
  return `${date} ${two(at.hour)}:${two(at.minute)}:${two(at.second)}${fraction(at.nanosecond)} ${offsetText(at.offset, '')} ${zone}`
}
