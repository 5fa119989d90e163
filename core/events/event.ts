/**
 * An event is a log record with an `eventName`: this builds one out of the parts of an envelope, by the same table the
 * envelope codec uses. Severity and category come from the catalogue where they are not given.
 */
import { attributeForDataKey, severityNumber, type LogInit, type Value } from '../model/index.ts'
import { eventType, type Category, type Severity } from './catalogue/index.ts'

export interface EventInit {
  readonly type: string
  readonly id: string
  /** `marcus_mcp`, `marcus_logs`, `marcus_database`, `marcus_state`, `mcp_tap`, or the id of a component. */
  readonly source: string
  /** When it happened at the source, in nanoseconds since the epoch. */
  readonly time: bigint
  readonly data: Readonly<Record<string, Value | undefined>>
  readonly observedTime?: bigint
  readonly severity?: Severity
  readonly category?: Category
  /** Found by comparing, by silence or by sequence. */
  readonly derived?: boolean
  /** Ids of events or places of lines that prove a derived event. */
  readonly evidence?: readonly string[]
  /** The instant is lost: it lies between these (ISO times); `time` is the later one. */
  readonly timeRange?: readonly [after: string, before: string]
  /** Nothing better than the time of reading is known. */
  readonly timeIsObserved?: boolean
  readonly metadata?: Readonly<Record<string, Value>>
  readonly traceId?: string
}

const METADATA = 'seneca.metadata.'

const metadataOf = (init: EventInit): Record<string, Value> => ({
  category: init.category ?? eventType(init.type)?.category ?? 'system',
  ...(init.derived === true ? { derived: true } : {}),
  ...(init.evidence === undefined || init.evidence.length === 0 ? {} : { evidence: [...init.evidence] }),
  ...(init.timeRange === undefined ? {} : { time_range: [...init.timeRange] }),
  ...(init.timeIsObserved === true ? { time_is_observed: true } : {}),
  ...init.metadata,
})

/** The record of an event; keys of `data` that are undefined are left out. */
export const event = (init: EventInit): LogInit => {
  const known = eventType(init.type)
  const attributes: Record<string, Value> = {
    'log.record.uid': init.id,
    'seneca.source': init.source,
    'seneca.schema_version': known?.version ?? '1.0',
  }
  for (const [key, value] of Object.entries(init.data)) {
    if (value !== undefined) attributes[attributeForDataKey(key)] = value
  }
  for (const [key, value] of Object.entries(metadataOf(init))) attributes[METADATA + key] = value
  return {
    eventName: init.type,
    time: init.time,
    severity: severityNumber(init.severity ?? known?.severity ?? 'info') ?? 9,
    attributes,
    ...(init.observedTime === undefined ? {} : { observedTime: init.observedTime }),
    ...(init.traceId === undefined ? {} : { traceId: init.traceId }),
  }
}
