/** Findings as events: `insight.*` of the catalogue, derived, with the ids they rest on. */
import { event, eventId, type Severity } from '../events/index.ts'
import type { LogInit, ValueMap } from '../model/types.ts'

export interface Insight {
  readonly type: string
  /** Event time of the finding, milliseconds since the epoch. */
  readonly at: number
  readonly severity: Severity
  readonly data: ValueMap
  /** Ids of the events it rests on. */
  readonly evidence?: readonly string[]
  /** What makes this finding the same when it is found again: never a position or the time of reading. */
  readonly key: readonly string[]
}

const NANOS_PER_MS = 1_000_000n

/** Same component, type and key: same id, whichever run found it. */
export const insightRecord = (component: string, insight: Insight): LogInit =>
  event({
    type: insight.type,
    id: eventId(component, insight.type, insight.key),
    source: component,
    time: BigInt(Math.round(insight.at)) * NANOS_PER_MS,
    severity: insight.severity,
    category: 'analysis',
    derived: true,
    data: insight.data,
    ...(insight.evidence === undefined ? {} : { evidence: insight.evidence }),
  })
