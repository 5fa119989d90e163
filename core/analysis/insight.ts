/** Findings as events: `insight.*` of the catalogue, derived, with the ids they rest on. */
import { createHash } from 'node:crypto'
import type { LogInit, Value, ValueMap } from '../model/types.ts'
import { attributeForDataKey, severityNumber } from '../model/index.ts'

export interface Insight {
  readonly type: string
  /** Event time of the finding, milliseconds since the epoch. */
  readonly at: number
  readonly severity: 'info' | 'warning' | 'error' | 'critical'
  readonly data: ValueMap
  /** Ids of the events it rests on. */
  readonly evidence?: readonly string[]
  /** What makes this finding the same when it is found again: never a position or a wall-clock time. */
  readonly key: readonly (string | number)[]
}

const NANOS_PER_MS = 1_000_000n
const ID_BYTES = 16

/** Same component, type and key: same id, whichever run found it. */
const idOf = (component: string, insight: Insight): string =>
  createHash('sha256')
    .update(JSON.stringify([component, insight.type, ...insight.key]))
    .digest('hex')
    .slice(0, 2 * ID_BYTES)

export const insightRecord = (component: string, insight: Insight): LogInit => {
  const attributes: Record<string, Value> = {
    'log.record.uid': idOf(component, insight),
    'seneca.source': component,
    'seneca.schema_version': '1.0',
    'seneca.metadata.category': 'analysis',
    'seneca.metadata.derived': true,
  }
  if (insight.evidence && insight.evidence.length > 0) attributes['seneca.metadata.evidence'] = insight.evidence
  for (const [key, value] of Object.entries(insight.data)) attributes[attributeForDataKey(key)] = value
  return {
    time: BigInt(Math.round(insight.at)) * NANOS_PER_MS,
    eventName: insight.type,
    severity: severityNumber(insight.severity) ?? 0,
    attributes,
  }
}
