/**
 * The collector's own log: one line an entry, for people (`console`) or machines (`json`), written by pino to stderr so
 * that stdout stays free for data. Fields are printed as they are given; secrets print themselves as `[REDACTED]`.
 */
import { pino, type Logger as Pino } from 'pino'
import type { Logger } from '../kit/context.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'

export interface LoggerOptions {
  readonly level: Level
  readonly encoding: 'console' | 'json'
  readonly write: (line: string) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const LEVELS: Readonly<Record<string, string>> = { 20: 'DEBUG', 30: 'INFO ', 40: 'WARN ', 50: 'ERROR' }
/** A field's value is cut here: a log line is no place for payloads. */
const VALUE_MAX = 2_000

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  const cut = text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text
  return /[\s"=]/.test(cut) || cut === '' ? JSON.stringify(cut) : cut
}

/** `2026-01-01T00:00:00.000Z WARN  message key=value`. */
const forPeople = (line: string): string => {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(value)}`)
  return `${String(time)} ${LEVELS[String(level)] ?? 'INFO '} ${String(msg)}${rest.join('')}\n`
}

const over = (target: Pino): Logger => ({
  debug: (message, fields) => target.debug(fields ?? {}, message),
  info: (message, fields) => target.info(fields ?? {}, message),
  warn: (message, fields) => target.warn(fields ?? {}, message),
  error: (message, fields) => target.error(fields ?? {}, message),
})

export const createLogger = ({ level, encoding, write, now }: LoggerOptions): Logger =>
  over(
    pino(
      {
        level,
        base: null,
        timestamp: () => `,"time":"${new Date(now()).toISOString()}"`,
        ...(encoding === 'json' && { formatters: { level: (label: string) => ({ level: label }) } }),
      },
      { write: encoding === 'json' ? write : (line: string) => write(forPeople(line)) },
    ),
  )

/** The same log, with the component's name in every entry. */
export const childLogger = (log: Logger, component: string): Logger => ({
  debug: (message, fields) => log.debug(message, { component, ...fields }),
  info: (message, fields) => log.info(message, { component, ...fields }),
  warn: (message, fields) => log.warn(message, { component, ...fields }),
  error: (message, fields) => log.error(message, { component, ...fields }),
})
