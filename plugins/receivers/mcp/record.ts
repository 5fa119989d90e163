/** One record of this receiver, as the envelope has it. */
import { createHash } from 'node:crypto'
import { attributeForDataKey, newMap, severityNumber } from 'seneca-collector'
import type { LogInit, Value, ValueMap } from 'seneca-collector'

export interface EventInit {
  readonly type: string
  readonly atMs: number
  readonly severity?: 'debug' | 'info' | 'warning' | 'error' | 'critical'
  readonly data: Readonly<Record<string, Value | undefined>>
  readonly body?: Value
  readonly metadata?: ValueMap
}

export type MakeRecord = (init: EventInit) => LogInit

const VERSION = '1'
const NANOS_PER_MS = 1_000_000n

export const recordMaker = (source: string, now: () => number): MakeRecord => {
  let made = 0
  /** No two are alike: an answer has no identity but its asking. */
  const id = (type: string, atMs: number): string =>
    createHash('sha256').update(`${source}\n${type}\n${atMs}\n${made++}`).digest('hex').slice(0, 32)

  return ({ type, atMs, severity = 'info', data, body, metadata = {} }) => {
    const attributes: Record<string, Value> = newMap()
    attributes['log.record.uid'] = id(type, atMs)
    attributes['seneca.source'] = source
    attributes['seneca.schema_version'] = VERSION
    for (const [key, value] of Object.entries(data))
      if (value !== undefined) attributes[attributeForDataKey(key)] = value
    const category = type.startsWith('system.') ? 'system' : 'mcp'
    for (const [key, value] of Object.entries({ category, ...metadata })) attributes[`seneca.metadata.${key}`] = value
    return {
      eventName: type,
      time: BigInt(Math.round(atMs)) * NANOS_PER_MS,
      observedTime: BigInt(Math.round(now())) * NANOS_PER_MS,
      severity: severityNumber(severity) ?? 0,
      attributes,
      ...(body === undefined ? {} : { body }),
    }
  }
}
