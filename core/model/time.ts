/**
 * Instants: nanoseconds since the epoch (uint64, as OTLP has them) and RFC 3339 text.
 *
 * Written with `Z` and 3, 6 or 9 digits, the fewest that lose nothing. Read with any offset and 0–9 digits; without an
 * offset it is UTC, because Python's `isoformat` of a naive UTC time looks like that.
 */
export const TIME_MAX = 2n ** 64n - 1n

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(?:([Zz])|([+-])(\d\d):?(\d\d))?$/

export const timeToText = (nanos: bigint): string => {
  const millis = new Date(Number(nanos / 1_000_000n)).toISOString()
  const below = Number(nanos % 1_000_000n)
  if (below === 0) return millis
  const digits = String(below).padStart(6, '0')
  return `${millis.slice(0, -1)}${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const daysOf = (year: number, month: number): number =>
  month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : (DAYS[month - 1] ?? 0)

/** The number that the digits from `from` to `to` are; NaN when there is anything else. */
const digits = (text: string, from: number, to: number): number => {
  let number = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return number
}

const WHOLE = 'YYYY-MM-DDTHH:MM:SS'.length
const SHORTEST = WHOLE + 1
const LONGEST = WHOLE + '.123456789Z'.length

/** As nearly all are written, `2026-11-23T17:52:07.123456Z`; -1 for what has to be looked at more closely. */
const usual = (text: string): bigint => {
  const end = text.length - 1
  if (end < SHORTEST - 1 || end >= LONGEST || text[end] !== 'Z' || text[10] !== 'T') return -1n
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return -1n
  if (end > WHOLE && (text[WHOLE] !== '.' || end === WHOLE + 1)) return -1n
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)]
  const [hour, minute, second] = [digits(text, 11, 13), digits(text, 14, 16), digits(text, 17, 19)]
  const fraction = end > WHOLE ? digits(text, WHOLE + 1, end) * 10 ** (WHOLE + 10 - end) : 0
  const isDay = year >= 1970 && month >= 1 && day >= 1 && day <= daysOf(year, month)
  if (!isDay || !(hour <= 23 && minute <= 59 && second <= 59 && fraction >= 0)) return -1n
  return BigInt(Date.UTC(year, month - 1, day, hour, minute, second)) * 1_000_000n + BigInt(fraction)
}

/** `undefined` when the text is no instant, or one before 1970 or after 2554. */
export const timeFromText = (text: string): bigint | undefined => {
  const found = usual(text)
  if (found >= 0n) return found <= TIME_MAX ? found : undefined
  const match = RFC3339.exec(text)
  if (!match) return undefined
  const [, date, clock, fraction = '', , sign, hours = '0', minutes = '0'] = match
  const millis = Date.parse(`${date}T${clock}Z`)
  if (Number.isNaN(millis) || new Date(millis).toISOString().slice(0, 10) !== date) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
  const nanos = BigInt(millis - offset) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
  return nanos >= 0n && nanos <= TIME_MAX ? nanos : undefined
}
