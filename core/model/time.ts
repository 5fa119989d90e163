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

/** `undefined` when the text is no instant, or one before 1970 or after 2554. */
export const timeFromText = (text: string): bigint | undefined => {
  const match = RFC3339.exec(text)
  if (!match) return undefined
  const [, date, clock, fraction = '', , sign, hours = '0', minutes = '0'] = match
  const millis = Date.parse(`${date}T${clock}Z`)
  if (Number.isNaN(millis) || new Date(millis).toISOString().slice(0, 10) !== date) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000)
  const nanos = BigInt(millis - offset) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))
  return nanos >= 0n && nanos <= TIME_MAX ? nanos : undefined
}
