/** Where spans and log records keep what sampling needs and leaves behind. */
import { kindOf, path } from 'seneca-collector'
import type { Draft, SpanDraft, Value } from 'seneca-collector'
import { parseDouble, textOf } from 'seneca-collector/ottl'
import type { Config } from './index.ts'
import { ALWAYS, NEVER, PROBABILITY_MIN, readRandomness, readThreshold, thresholdFor } from './threshold.ts'
import type { Earlier } from './threshold.ts'
import { readTraceState, traceStateText } from './trace-state.ts'

export interface Carrier {
  /** What is hashed; undefined when there is nothing. */
  readonly hashed: Uint8Array | undefined
  readonly traceId: string
  /** A threshold of its own, before all others. */
  readonly priority: bigint | undefined
  /** What it carries of earlier sampling; undefined when that cannot be read. */
  readonly earlier: Earlier | undefined
  /** Randomness is written also where there was nothing to hash. */
  readonly writesMissing: boolean
  write(threshold: string | undefined, randomness: string | undefined): void
}

const PRIORITY = path(['attributes', 'sampling.priority'])
const traceState = path(['trace_state'])
const thresholdAttribute = path(['attributes', 'sampling.threshold'])
const randomnessAttribute = path(['attributes', 'sampling.randomness'])

const isNumber = (value: Value | undefined): value is Value =>
  value !== undefined && (kindOf(value) === 'int' || kindOf(value) === 'double')

/** 0 is never, what is more is always; anything else says nothing. */
const spanPriority = (value: Value | undefined): bigint | undefined => {
  const number = typeof value === 'string' ? parseDouble(value) : isNumber(value) ? Number(value) : undefined
  if (number === 0) return NEVER
  return number !== undefined && number > 0 ? ALWAYS : undefined
}

/** A percentage in (0, 100]; anything else says nothing. */
const logPriority = (value: Value | undefined, precision: number): bigint | undefined => {
  const probability = isNumber(value) ? Number(value) / 100 : 0
  return probability >= PROBABILITY_MIN && probability <= 1 ? thresholdFor(probability, precision) : undefined
}

const bytesOfId = (traceId: string): Uint8Array | undefined =>
  traceId === '' ? undefined : Buffer.from(traceId, 'hex')

export const spanCarrier = (draft: SpanDraft): Carrier => {
  const { record } = draft
  const before = record.traceState
  const earlier = readTraceState(before)
  return {
    hashed: bytesOfId(record.traceId),
    traceId: record.traceId,
    priority: spanPriority(record.get(PRIORITY)),
    earlier,
    writesMissing: true,
    write(threshold, randomness) {
      if (earlier === undefined) return
      const after = traceStateText(earlier, threshold, randomness)
      if (after !== before) draft.set(traceState, after)
    },
  }
}

const textAt = (value: Value | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const logEarlier = ({ record }: Draft): Earlier | undefined => {
  const thresholdText = textAt(record.get(thresholdAttribute))
  const randomnessText = textAt(record.get(randomnessAttribute))
  const threshold = thresholdText === undefined ? undefined : readThreshold(thresholdText)
  const randomness = randomnessText === undefined ? undefined : readRandomness(randomnessText)
  const isUnreadable =
    (thresholdText !== undefined && threshold === undefined) ||
    (randomnessText !== undefined && randomness === undefined)
  return isUnreadable ? undefined : { thresholdText, threshold, randomnessText, randomness }
}

const bytesOf = (value: Value | undefined): Uint8Array | undefined => {
  if (value === undefined) return undefined
  const bytes = value instanceof Uint8Array ? value : Buffer.from(textOf(value))
  return bytes.length === 0 ? undefined : bytes
}

export const logCarrier = (draft: Draft, config: Config): Carrier => {
  const { record } = draft
  const { from_attribute: from, sampling_priority: priority, attribute_source: source } = config
  const ofId = source === 'record' ? undefined : bytesOfId(record.traceId)
  return {
    hashed: ofId ?? (from ? bytesOf(record.attributes.get(from)) : undefined),
    traceId: record.traceId,
    priority: priority ? logPriority(record.attributes.get(priority), config.sampling_precision) : undefined,
    earlier: logEarlier(draft),
    writesMissing: false,
    write(threshold, randomness) {
      for (const [at, next] of [
        [thresholdAttribute, threshold],
        [randomnessAttribute, randomness],
      ] as const) {
        if (next !== undefined && record.get(at) !== next) draft.set(at, next)
      }
    },
  }
}
