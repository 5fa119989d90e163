/** Where spans and log records keep what sampling needs and leaves behind. */
import { path } from 'seneca-collector'
import type { Draft, SpanDraft, Value } from 'seneca-collector'
import { textOf } from 'seneca-collector/ottl'
import type { Config } from './index.ts'
import { readOtelState, withOtelState } from './trace-state.ts'

export interface Carrier {
  readonly traceId: string
  /** What is hashed where the trace id does not count. */
  readonly source: Uint8Array | undefined
  /** A percentage of its own, before all others. */
  readonly priority: number | undefined
  readonly threshold: string | undefined
  readonly randomness: string | undefined
  write(state: { readonly threshold: string | undefined; readonly randomness: string | undefined }): void
}

const PRIORITY = path(['attributes', 'sampling.priority'])
const traceState = path(['trace_state'])
const thresholdAttribute = path(['attributes', 'sampling.threshold'])
const randomnessAttribute = path(['attributes', 'sampling.randomness'])

const numberOf = (value: Value | undefined): number | undefined => {
  if (value === undefined || value === null || typeof value === 'boolean') return undefined
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value)
  return Number.isNaN(number) ? undefined : number
}
const textAt = (value: Value | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

/** A priority of 0 means never, any other always. */
export const spanCarrier = (draft: SpanDraft): Carrier => {
  const { record } = draft
  const own = numberOf(record.get(PRIORITY))
  const before = record.traceState
  return {
    traceId: record.traceId,
    source: undefined,
    priority: own === undefined ? undefined : own === 0 ? 0 : 100,
    ...readOtelState(before),
    write(state) {
      const after = withOtelState(before, state)
      if (after !== before) draft.set(traceState, after)
    },
  }
}

export const logCarrier = (draft: Draft, config: Config): Carrier => {
  const { record } = draft
  const { from_attribute: from, sampling_priority: priority, attribute_source: source } = config
  const traceId = source === 'record' ? '' : record.traceId
  const value = traceId !== '' || from === undefined ? undefined : record.attributes.get(from)
  const text = value === undefined ? '' : textOf(value)
  return {
    traceId,
    source: text === '' ? undefined : Buffer.from(text),
    priority: priority === undefined ? undefined : numberOf(record.attributes.get(priority)),
    threshold: textAt(record.get(thresholdAttribute)),
    randomness: textAt(record.get(randomnessAttribute)),
    write({ threshold, randomness }) {
      for (const [at, next] of [
        [thresholdAttribute, threshold],
        [randomnessAttribute, randomness],
      ] as const) {
        if (next === undefined) draft.delete(at)
        else if (record.get(at) !== next) draft.set(at, next)
      }
    },
  }
}
