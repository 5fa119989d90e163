/** From when to when, and on whose clock. */
import { CollectorError } from '../../kit/errors.ts'
import { parseDuration } from '../../kit/options.ts'
import { parseWhen } from '../history/when.ts'

const WINDOW_DEFAULT = '24h'
const NANOS_PER_MS = 1_000_000

export interface Window {
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly until: number
  readonly timezone: string
}

interface WindowArguments {
  readonly window: string | undefined
  readonly since: string | undefined
  readonly until: string | undefined
  readonly timezone: string | undefined
}

const usage = (message: string): CollectorError => new CollectorError('usage', message)

const lengthOf = (text: string): number => {
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return ms
  throw usage(`'${text}' is no length of a window; write 24h, 90m or 7d`)
}

const timezoneOf = (name: string): string => {
  if (name === 'local') return Intl.DateTimeFormat().resolvedOptions().timeZone
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    throw usage(`'${name}' is no time zone; write UTC, local, or a name like Europe/Berlin`)
  }
}

const whenOf = (text: string, nowMs: number): number => Number(parseWhen(text, nowMs)) / NANOS_PER_MS

export const readWindow = (given: WindowArguments, nowMs: number): Window => {
  if (given.window !== undefined && given.since !== undefined)
    throw usage('--window and --since both say where the window begins; give one of them')
  const until = given.until === undefined ? nowMs : whenOf(given.until, nowMs)
  const since =
    given.since === undefined ? until - lengthOf(given.window ?? WINDOW_DEFAULT) : whenOf(given.since, nowMs)
  if (since >= until) throw usage('the window ends before it begins; --since must be earlier than --until')
  return { since, until, timezone: timezoneOf(given.timezone ?? 'UTC') }
}
