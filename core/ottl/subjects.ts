/** What the statements of a context run on: the record, its span events or its data points, one `Run` each. */
import { kindOf } from '../model/index.ts'
import type {
  BaseRecord,
  Draft,
  DraftOf,
  LogRecord,
  MetricDraft,
  MetricInit,
  MetricRecord,
  Nested,
  RecordOf,
  Signal,
  SpanDraft,
  SpanRecord,
} from '../model/index.ts'
import type { ContextName } from './contexts/tables.ts'
import type { Edits, MetricAtHand, Run, Subject } from './expression.ts'

const subject = (of: BaseRecord | Nested): Subject => ({
  get: (path) => of.get(path),
  kind: (path) => {
    const value = of.get(path)
    return value === undefined ? undefined : kindOf(value)
  },
})

const run = (record: Subject, draft: Edits | undefined, more: Partial<Run> = {}): Run => ({
  record,
  draft,
  cache: undefined,
  ...more,
})

const ofMetric = (record: MetricRecord, at: MetricAtHand, draft?: Edits): Run =>
  run(subject(record), draft, { metric: at })

/** The runs of one record that is edited. `make` takes metrics that statements make beside it. */
export const editRuns = (
  signal: Signal,
  draft: DraftOf[Signal],
  context: ContextName,
  make: (init: MetricInit) => void,
): readonly Run[] => {
  if (signal === 'logs') return [run((draft as Draft<LogRecord>).record, draft)]
  if (signal === 'traces') {
    const { record, events } = draft as SpanDraft
    const outer = run(subject(record), draft)
    if (context !== 'spanevent') return [outer]
    return events.map((event, index) => run(subject(event.item), event, { outer, index }))
  }
  const metric = draft as MetricDraft
  const outer = ofMetric(metric.record, { record: metric.record, draft: metric, make }, draft)
  if (context !== 'datapoint') return [outer]
  return metric.dataPoints.map((point) => run(subject(point.item), point, { outer }))
}

/** The runs of conditions on one record. */
export const readRuns = (signal: Signal, record: RecordOf[Signal], context: ContextName): readonly Run[] => {
  if (signal === 'logs') return [run(record as LogRecord, undefined)]
  if (signal === 'traces') {
    const outer = run(subject(record), undefined)
    if (context !== 'spanevent') return [outer]
    return (record as SpanRecord).events.map((event, index) => run(subject(event), undefined, { outer, index }))
  }
  const metric = record as MetricRecord
  const outer = ofMetric(metric, { record: metric })
  if (context !== 'datapoint') return [outer]
  return metric.dataPoints.map((point) => run(subject(point), undefined, { outer }))
}
