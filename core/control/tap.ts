/**
 * A look at what flows, for `tap`: envelope lines of events that match. Best effort by design: it never holds anything
 * up. Each client has BUFFER_BYTES_MOST of room; what does not fit is left out, counted, and announced in the stream by a
 * line of type `seneca.tap.gap`.
 *
 * Without a pattern every record is shown, spans and metrics too: as lines of type `otel.span` and `otel.metric`. At the default place, `pipeline`, a record that several pipelines carry is
 * shown once (by its id, remembered for the last IDS_MOST).
 */
import { compilePattern, patternProblem } from '../events/topics.ts'
import type { Collector, TapPoint } from '../engine/types.ts'
import { CollectorError } from '../kit/errors.ts'
import type { Batch, LogRecord } from '../model/types.ts'
import { METRIC_TYPE, metricLine, SPAN_TYPE, spanLine } from './tap-signals.ts'

const BUFFER_BYTES_MOST = 4 * 1024 * 1024
const IDS_MOST = 8192

export interface TapOptions {
  readonly patterns: readonly string[]
  /** `receiver`, `pipeline` or `exporter`, each also with `/<id>`; one or several. */
  readonly at: readonly string[]
}

const places: ReadonlySet<string> = new Set(['receiver', 'pipeline', 'exporter'])

export const tapOptions = (query: URLSearchParams): TapOptions => {
  const patterns = query.getAll('pattern').filter((pattern) => pattern !== '')
  for (const pattern of patterns) {
    const problem = patternProblem(pattern)
    if (problem !== undefined)
      throw new CollectorError('usage', `${problem}; a pattern is like 'agent.*', 'task.completed' or '>'`)
  }
  const at = query
    .getAll('at')
    .flatMap((text) => text.split(','))
    .filter((place) => place !== '')
  for (const place of at) {
    if (!places.has(place.split('/')[0] ?? '')) {
      throw new CollectorError(
        'usage',
        `there is no place '${place}' to tap; places are receiver, pipeline and exporter, each also with its id: exporter/file`,
      )
    }
  }
  return { patterns, at: at.length === 0 ? ['pipeline'] : at }
}

/** Says of each id whether it is new, remembering the last IDS_MOST. */
const remember = (): ((id: string) => boolean) => {
  const ids = new Set<string>()
  return (id) => {
    if (ids.has(id)) return false
    ids.add(id)
    if (ids.size > IDS_MOST)
      for (const oldest of ids) {
        ids.delete(oldest)
        break
      }
    return true
  }
}

const textOf = (pieces: readonly Uint8Array[]): string => Buffer.concat(pieces).toString('utf8')

const linesOf = (batch: Batch): string => {
  if (batch.signal === 'logs') return textOf(batch.encode('envelope'))
  if (batch.signal === 'metrics') return Array.from(batch as Batch<'metrics'>, metricLine).join('')
  return Array.from(batch as Batch<'traces'>, spanLine).join('')
}

export const tapLines = async function* (
  collector: Pick<Collector, 'tap'>,
  options: TapOptions,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const matchers = options.patterns.map(compilePattern)
  const isNew = remember()
  const once = options.at.includes('pipeline')
  const wanted = (record: LogRecord): boolean => {
    if (matchers.length > 0 && !matchers.some((match) => match(record.eventName))) return false
    const id = once ? record.attributes.get('log.record.uid') : undefined
    return typeof id !== 'string' || isNew(id)
  }
  const matchingOf = (batch: Batch): Batch => {
    if (batch.signal === 'logs') return (batch as Batch<'logs'>).filter(wanted)
    const type = batch.signal === 'metrics' ? METRIC_TYPE : SPAN_TYPE
    return matchers.length === 0 || matchers.some((match) => match(type)) ? batch : batch.slice(0, 0)
  }
  let buffer: string[] = []
  let bytes = 0
  let missed = 0
  let wake = (): void => {}
  const listener = ({ at, batch }: TapPoint): void => {
    if (!options.at.some((place) => at === place || at.startsWith(`${place}/`))) return
    const matching = matchingOf(batch)
    if (matching.count === 0) return
    if (bytes > BUFFER_BYTES_MOST) missed += matching.count
    else {
      const text = linesOf(matching)
      buffer.push(text)
      bytes += text.length
    }
    wake()
  }
  const stop = collector.tap(listener)
  const aborted = (): void => wake()
  signal.addEventListener('abort', aborted, { once: true })
  try {
    while (!signal.aborted) {
      if (buffer.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      const text = buffer.join('')
      const gap = missed
      buffer = []
      bytes = 0
      missed = 0
      if (text !== '') yield text
      if (gap > 0)
        yield `${JSON.stringify({ type: 'seneca.tap.gap', source: 'seneca', timestamp: new Date().toISOString(), data: { missed: gap } })}\n`
    }
  } finally {
    signal.removeEventListener('abort', aborted)
    stop()
  }
}
