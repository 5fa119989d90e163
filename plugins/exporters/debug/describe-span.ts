/** A span in words: one line, or all there is. */
import type { SpanRecord } from 'seneca-collector'
import { field, map, oneLine, shown, time } from './describe.ts'

const NANOS_PER_MS = 1e6
const kinds = ['', 'internal', 'server', 'client', 'producer', 'consumer']
const codes = ['', 'ok', 'error']

const milliseconds = ({ startTime, endTime }: SpanRecord): string =>
  endTime === 0n ? 'open' : `${Number(endTime - startTime) / NANOS_PER_MS} ms`

const statusOf = ({ status }: SpanRecord): string =>
  [codes[status.code] ?? String(status.code), status.message].filter(Boolean).join(': ')

/** `2026-01-05T09:00:00.000Z GET /tasks 12.5 ms error: refused http.method=GET`. */
export const spanInOneLine = (span: SpanRecord): string => {
  const attributes = [...span.attributes].map(([key, value]) => `${key}=${oneLine(shown(value))}`)
  const words = [time(span.startTime), span.name || '-', milliseconds(span), statusOf(span), ...attributes]
  return oneLine(words.filter(Boolean).join(' '))
}

export const spanInFull = (span: SpanRecord, index: number): string =>
  [
    `span #${index}`,
    ...field('name', span.name),
    ...field('kind', kinds[span.kind] ?? String(span.kind)),
    ...field('trace id', span.traceId),
    ...field('span id', span.spanId),
    ...field('parent span id', span.parentSpanId),
    ...field('start', time(span.startTime)),
    ...field('end', time(span.endTime)),
    ...field('status', statusOf(span)),
    ...map('attributes', span.attributes),
    ...span.events.flatMap((event) => [
      `  event ${event.name || '-'} at ${time(event.time)}`,
      ...map('attributes', event.attributes).map((line) => `  ${line}`),
    ]),
    ...span.links.flatMap((link) => [
      `  link to ${link.traceId}/${link.spanId}`,
      ...map('attributes', link.attributes).map((line) => `  ${line}`),
    ]),
    ...map('resource', span.resource.attributes),
    ...field('scope', [span.scope.name, span.scope.version].filter(Boolean).join(' ')),
  ].join('\n')
