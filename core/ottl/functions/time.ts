/** Converters over instants and durations. */
import type { Get } from '../expression.ts'
import { parseDuration } from '../go/duration.ts'
import { english, namesOf } from '../go/names.ts'
import { readTime } from '../go/read-time.ts'
import { checkFormat, formatTime, partsOf } from '../go/strptime.ts'
import { civil, epochSeconds } from '../go/time.ts'
import type { Civil } from '../go/time.ts'
import { loadZone } from '../go/zone.ts'
import type { Zone } from '../go/zone.ts'
import { double, int64 } from '../numbers.ts'
import { Duration, Failure, Time, YEAR_ONE } from '../values.ts'
import { define, ofString } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

const ofTime = (name: string, apply: (time: Time) => ReturnType<Get>): FunctionSpec =>
  define(name, { Time: 'time' }, (args) => (run) => apply(args.Time.get(run)))

const partOf = (name: string, part: (at: Civil) => number): FunctionSpec => ofTime(name, (time) => part(civil(time)))

const ofDuration = (name: string, apply: (nanos: bigint) => ReturnType<Get>): FunctionSpec =>
  define(name, { Duration: 'duration' }, (args) => (run) => apply(args.Duration.get(run).nanos))

/** A duration in a unit as a double: whole units and the rest are divided apart, so that nothing is lost. */
const inUnits = (nanos: bigint, unit: bigint) => double(Number(nanos / unit) + Number(nanos % unit) / Number(unit))

const floorTo = (nanos: bigint, unit: bigint): bigint => {
  const quotient = nanos / unit
  return nanos % unit < 0n ? quotient - 1n : quotient
}

const truncate = (time: Time, step: bigint): Time => {
  if (step <= 0n) return time
  const since = time.nanos + YEAR_ONE
  const over = ((since % step) + step) % step
  return new Time(time.nanos - over, time.zone)
}

const zoneNamed = (location: string | undefined): Zone | undefined => {
  if (location === undefined || location === '' || location === 'UTC' || location === 'Local') return undefined
  const zone = loadZone(location)
  if (zone === undefined) throw new Failure(`there is no time zone ${JSON.stringify(location)}`)
  return zone
}

const duration = (text: string): Duration => {
  const parsed = parseDuration(text)
  if (parsed === undefined) throw new Failure(`${JSON.stringify(text)} is no duration such as 1h30m or 200ms`)
  return parsed
}

export const times: readonly FunctionSpec[] = [
  define(
    'Now',
    {},
    (_, { now }) =>
      () =>
        new Time(now()),
  ),
  define('Unix', { Seconds: 'int', Nanoseconds: 'int?' }, ({ Seconds, Nanoseconds }) => (run) => {
    const seconds = BigInt(Seconds.get(run))
    return new Time(seconds * 1_000_000_000n + BigInt(Nanoseconds?.get(run) ?? 0))
  }),
  define(
    'Time',
    { Time: 'string', Format: 'literalString', Location: 'literalString?', Locale: 'literalString?' },
    ({ Time: Text, Format, Location, Locale }, { now }) => {
      if (Format === '') throw new Failure('the format cannot be empty')
      const zone = zoneNamed(Location)
      const names = Locale === undefined ? english : namesOf(Locale)
      checkFormat(Format)
      const format = { forms: partsOf(Format, true), names, zone, now }
      return (run) => {
        const text = Text.get(run)
        if (text === '') throw new Failure('an empty text is no time')
        return readTime(text, format)
      }
    },
  ),
  define('FormatTime', { Time: 'time', Format: 'literalString' }, ({ Time: at, Format }) => {
    checkFormat(Format)
    const parts = partsOf(Format, false)[0]!
    return (run) => formatTime(parts, at.get(run))
  }),
  define('TruncateTime', { Time: 'time', Duration: 'duration' }, ({ Time: at, Duration: step }) => (run) => {
    const time = at.get(run)
    return truncate(time, step.get(run).nanos)
  }),
  ofString('Duration', 'Duration', duration),
  ofTime('UnixNano', (time) => int64(time.nanos)),
  ofTime('UnixMicro', (time) => int64(floorTo(time.nanos, 1_000n))),
  ofTime('UnixMilli', (time) => int64(floorTo(time.nanos, 1_000_000n))),
  ofTime('UnixSeconds', (time) => int64(epochSeconds(time.nanos))),
  partOf('Year', (at) => at.year),
  partOf('Month', (at) => at.month),
  partOf('Day', (at) => at.day),
  partOf('Hour', (at) => at.hour),
  partOf('Minute', (at) => at.minute),
  partOf('Second', (at) => at.second),
  partOf('Nanosecond', (at) => at.nanosecond),
  partOf('Weekday', (at) => at.weekday),
  ofDuration('Hours', (nanos) => inUnits(nanos, 3_600_000_000_000n)),
  ofDuration('Minutes', (nanos) => inUnits(nanos, 60_000_000_000n)),
  ofDuration('Seconds', (nanos) => inUnits(nanos, 1_000_000_000n)),
  ofDuration('Milliseconds', (nanos) => int64(nanos / 1_000_000n)),
  ofDuration('Microseconds', (nanos) => int64(nanos / 1_000n)),
  ofDuration('Nanoseconds', (nanos) => int64(nanos)),
]
