/**
 * The `timestamp` block: `layout_type: strptime` (default) with `%Y-%m-%d …`, `gotime` with Go's reference time, `epoch`
 * with `s`, `ms`, `us`, `ns` or `s.ms`, `s.us`, `s.ns`. A time without a zone is one of `location` (UTC by default).
 */
import type { ConfigProblem, Draft } from 'seneca-collector'
import { parseField, scalarText } from './field.ts'
import { compileLayout, gotimeTokens, nanosOf, strptimeTokens } from './time-layout.ts'

export interface TimestampOptions {
  readonly parse_from: string
  readonly layout: string
  readonly layout_type?: 'strptime' | 'gotime' | 'epoch'
  readonly location?: string
}

const units: Readonly<Record<string, bigint>> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n }
const optionNames = new Set(['parse_from', 'layout', 'layout_type', 'location'])

/** `1700000000.123` seconds without going through a double. */
const epochNanos = (text: string, layout: string): bigint => {
  const match = /^(-?\d+)(?:\.(\d+))?$/.exec(text.trim())
  const unit = units[layout.split('.', 1)[0] ?? '']
  if (match === null || unit === undefined) throw new TypeError(`${text} is no time of the layout ${layout}`)
  const [, whole = '0', fraction = ''] = match
  const scaled = (BigInt(fraction.slice(0, 9).padEnd(9, '0')) * unit) / 1_000_000_000n
  const nanos = BigInt(whole) * unit
  return whole.startsWith('-') ? nanos - scaled : nanos + scaled
}

const parserFor = (options: TimestampOptions): ((text: string) => bigint) => {
  const { layout, layout_type: type = 'strptime', location = 'UTC' } = options
  if (type === 'epoch') {
    if (!/^(s|ms|us|ns|s\.(ms|us|ns))$/.test(layout)) throw new TypeError(`${layout} is no epoch layout`)
    return (text) => epochNanos(text, layout)
  }
  const zone = location === 'Local' || location === '' ? undefined : location
  // Throws where the zone is unknown.
  void new Intl.DateTimeFormat('en', { timeZone: zone })
  const match = compileLayout(type === 'gotime' ? gotimeTokens(layout) : strptimeTokens(layout))
  return (text) => {
    const fields = match(text)
    if (fields === undefined) throw new TypeError(`${text} is no time of the layout ${layout}`)
    return nanosOf(fields, zone)
  }
}

export const checkTimestamp = (options: unknown, path: readonly (string | number)[]): ConfigProblem[] => {
  if (options === undefined) return []
  if (typeof options !== 'object' || options === null) return [{ path, message: 'timestamp must be a map' }]
  const { parse_from: from, layout, layout_type: type } = options as Partial<Record<string, unknown>>
  const problems: ConfigProblem[] = []
  for (const key of Object.keys(options)) {
    if (!optionNames.has(key)) problems.push({ path: [...path, key], message: `timestamp has no option ${key}` })
  }
  if (typeof from !== 'string' || parseField(from) === undefined) {
    problems.push({ path: [...path, 'parse_from'], message: 'timestamp needs parse_from, such as attributes.time' })
  }
  if (type !== undefined && !['strptime', 'gotime', 'epoch'].includes(type as string)) {
    problems.push({ path: [...path, 'layout_type'], message: 'layout_type must be strptime, gotime or epoch' })
  } else if (typeof layout !== 'string') {
    problems.push({ path: [...path, 'layout'], message: "timestamp needs a layout, such as '%Y-%m-%dT%H:%M:%S.%LZ'" })
  } else {
    try {
      parserFor(options as TimestampOptions)
    } catch (error) {
      problems.push({ path: [...path, 'layout'], message: error instanceof Error ? error.message : String(error) })
    }
  }
  return problems
}

export const createTimestamp = (options: TimestampOptions): ((draft: Draft) => void) => {
  const field = parseField(options.parse_from)
  const parse = parserFor(options)
  return (draft) => {
    const value = scalarText(field === undefined ? undefined : draft.record.get(field.path))
    if (value === undefined) throw new TypeError(`${options.parse_from} is absent or no scalar`)
    draft.set(['time_unix_nano'], parse(value))
  }
}
