/** One record of this receiver: an event as the catalogue has it, with the answer as its body. */
import { createHash } from 'node:crypto'
import type { LogInit, Value } from 'seneca-collector'
import { event } from 'seneca-collector/events'
import type { EventInit } from 'seneca-collector/events'

export type RecordInit = Pick<EventInit, 'type' | 'data' | 'severity' | 'timeRange' | 'timeIsObserved' | 'metadata'> & {
  readonly atMs: number
  readonly body?: Value
}
export type MakeRecord = (init: RecordInit) => LogInit

const NANOS_PER_MS = 1_000_000n
const nanos = (ms: number): bigint => BigInt(Math.round(ms)) * NANOS_PER_MS

export const recordMaker = (source: string, now: () => number): MakeRecord => {
  let made = 0
  /** No two are alike: an answer has no identity but its asking. */
  const id = (type: string, atMs: number): string =>
    createHash('sha256').update(`${source}\n${type}\n${atMs}\n${made++}`).digest('hex').slice(0, 32)

  return ({ atMs, body, ...init }) => {
    const record = event({
      ...init,
      id: id(init.type, atMs),
      source,
      time: nanos(atMs),
      observedTime: nanos(now()),
      category: init.type.startsWith('system.') ? 'system' : 'mcp',
    })
    return body === undefined ? record : { ...record, body }
  }
}
