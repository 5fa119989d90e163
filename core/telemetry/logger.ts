/**
 * The collector's own log: one line an entry, for people (`console`) or machines (`json`). Fields are printed as they are
 * given; secrets print themselves as `[REDACTED]`. What cannot be printed is said so: a log line never throws.
 */
import type { Logger } from '../kit/context.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'
type Fields = Readonly<Record<string, unknown>>

export interface LoggerOptions {
  readonly level: Level
  readonly encoding: 'console' | 'json'
  readonly write: (line: string) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error']
/** A field's value is cut here: a log line is no place for payloads. */
const VALUE_MAX = 2_000

const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Error) return value.message
  return value
}

const json = (value: unknown): string => {
  try {
    return JSON.stringify(value, plain) ?? 'null'
  } catch {
    return '"(cannot be printed)"'
  }
}

const shown = (value: unknown): string => {
  const text = typeof value === 'string' ? value : json(value)
  const cut = text.length > VALUE_MAX ? `${text.slice(0, VALUE_MAX)}…` : text
  return /[\s"=]/.test(cut) || cut === '' ? JSON.stringify(cut) : cut
}

/** `2026-01-01T00:00:00.000Z WARN  message key=value`. */
const forPeople = (time: string, level: Level, message: string, fields: Fields): string => {
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${shown(value)}`)
  return `${time} ${level.toUpperCase().padEnd(5)} ${message}${rest.join('')}\n`
}

const forMachines = (time: string, level: Level, message: string, fields: Fields): string => {
  const rest = Object.entries(fields).map(([key, value]) => `,${JSON.stringify(key)}:${json(value)}`)
  return `{"level":"${level}","time":"${time}","msg":${JSON.stringify(message)}${rest.join('')}}\n`
}

const nothing = (): void => {}

export const createLogger = ({ level: least, encoding, write, now }: LoggerOptions): Logger => {
  const format = encoding === 'json' ? forMachines : forPeople
  const at = (level: Level): Logger['info'] =>
    LEVELS.indexOf(level) < LEVELS.indexOf(least)
      ? nothing
      : (message, fields = {}) => write(format(new Date(now()).toISOString(), level, message, fields))
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** The same log, with the component's name in every entry. */
export const childLogger = (log: Logger, component: string): Logger => ({
  debug: (message, fields) => log.debug(message, { component, ...fields }),
  info: (message, fields) => log.info(message, { component, ...fields }),
  warn: (message, fields) => log.warn(message, { component, ...fields }),
  error: (message, fields) => log.error(message, { component, ...fields }),
})
