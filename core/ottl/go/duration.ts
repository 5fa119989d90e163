/** Durations as Go writes and reads them: `1h30m`, `1.5s`, `-2ms`, `300µs`. */
import { INT64_MAX } from '../numbers.ts'
import { Duration } from '../values.ts'

const units: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])

const PART = /(\d*)(?:(\.)(\d*))?(ns|us|µs|μs|ms|s|m|h)/y

/** `undefined` when the text is no duration or does not fit in 64 bits. */
export const parseDuration = (text: string): Duration | undefined => {
  const body = /^[+-]/.test(text) ? text.slice(1) : text
  if (body === '0') return new Duration(0n)
  if (body === '') return undefined
  let total = 0n
  let at = 0
  while (at < body.length) {
    PART.lastIndex = at
    const match = PART.exec(body)
    if (match === null || match[1]! + (match[3] ?? '') === '') return undefined
    const unit = units.get(match[4]!)!
    total += BigInt(match[1] || 0) * unit + fractionOf(match[3] ?? '', unit)
    at += match[0].length
  }
  const signed = text.startsWith('-') ? -total : total
  return total > INT64_MAX + (text.startsWith('-') ? 1n : 0n) ? undefined : new Duration(signed)
}

const fractionOf = (digits: string, unit: bigint): bigint => {
  const kept = digits.slice(0, 18)
  return kept === '' ? 0n : (BigInt(kept) * unit) / 10n ** BigInt(kept.length)
}

const decimal = (nanos: bigint, unit: bigint, name: string): string => {
  const fraction = (nanos % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '')
  return `${nanos / unit}${fraction === '' ? '' : `.${fraction}`}${name}`
}

export const durationToText = ({ nanos }: Duration): string => {
  const size = nanos < 0n ? -nanos : nanos
  const sign = nanos < 0n ? '-' : ''
  if (size === 0n) return '0s'
  if (size < 1_000n) return `${sign}${size}ns`
  if (size < 1_000_000n) return sign + decimal(size, 1_000n, 'µs')
  if (size < 1_000_000_000n) return sign + decimal(size, 1_000_000n, 'ms')
  const minutes = size / 60_000_000_000n
  const seconds = decimal(size % 60_000_000_000n, 1_000_000_000n, 's')
  if (minutes === 0n) return sign + seconds
  return `${sign}${minutes < 60n ? '' : `${minutes / 60n}h`}${minutes % 60n}m${seconds}`
}
