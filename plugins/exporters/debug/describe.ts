/** A record in words: one line, or all there is. */
import { valueToJson, type LogRecord, type Value } from 'seneca-collector'

const NANOS_PER_MS = 1_000_000n

export const time = (nanos: bigint): string =>
  nanos === 0n ? '-' : new Date(Number(nanos / NANOS_PER_MS)).toISOString()

export const shown = (value: Value | undefined): string =>
  value === undefined ? '-' : typeof value === 'string' ? value : valueToJson(value)

export const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ')

/** `2026-01-05T09:00:00.000Z task.assigned agent_id=… body`. */
export const inOneLine = (record: LogRecord): string => {
  const attributes = [...record.attributes].map(([key, value]) => `${key}=${oneLine(shown(value))}`)
  const body = record.body === undefined ? [] : [oneLine(shown(record.body))]
  return [time(record.time), record.eventName || record.severityText || '-', ...body, ...attributes].join(' ')
}

export const field = (name: string, value: string): string[] =>
  value === '' || value === '-' ? [] : [`  ${name}: ${value}`]

export const map = (name: string, entries: Iterable<readonly [string, Value]>): string[] => {
  const lines = [...entries].map(([key, value]) => `    ${key}: ${shown(value)}`)
  return lines.length === 0 ? [] : [`  ${name}:`, ...lines]
}

export const inFull = (record: LogRecord, index: number): string =>
  [
    `record #${index}`,
    ...field('time', time(record.time)),
    ...field('observed time', time(record.observedTime)),
    ...field('event name', record.eventName),
    ...field('severity', record.severity === 0 ? '' : `${record.severityText} (${record.severity})`.trim()),
    ...field('body', shown(record.body)),
    ...field('trace id', record.traceId),
    ...field('span id', record.spanId),
    ...map('attributes', record.attributes),
    ...map('resource', record.resource.attributes),
    ...field('scope', [record.scope.name, record.scope.version].filter(Boolean).join(' ')),
  ].join('\n')
