/** The decision on one item, and what is written into it. */
import type { Carrier } from './carriers.ts'
import { hashRandomness, hashThreshold, seeded } from './hash.ts'
import type { Config } from './index.ts'
import {
  ALWAYS,
  RANDOM_MAX,
  randomnessOf,
  randomnessText,
  readRandomness,
  readThreshold,
  thresholdFor,
  thresholdText,
} from './threshold.ts'

/** Undefined: it passes; else the rule that leaves it out. */
type Decide = (carrier: Carrier) => string | undefined

const LEFT_OUT = 'sampled_out'
const NO_RANDOMNESS = 'no_randomness'
const PRIORITY = 'priority'

interface Randomness {
  readonly value: bigint
  /** It does not come out of the trace id, so it has to be written down. */
  readonly explicit: boolean
}

export const createSampler = (config: Config): Decide => {
  const start = seeded(config.hash_seed)
  const byHash = config.mode === 'hash_seed'

  const thresholdOf = (percentage: number): bigint | undefined => {
    if (percentage >= 100) return ALWAYS
    if (percentage <= 0) return undefined
    return byHash ? hashThreshold(percentage) : thresholdFor(percentage / 100, config.sampling_precision)
  }
  const standard = thresholdOf(config.sampling_percentage)

  const hashed = ({ traceId, source }: Carrier): Randomness | undefined => {
    const bytes = traceId === '' ? source : Buffer.from(traceId, 'hex')
    return bytes === undefined ? undefined : { value: hashRandomness(start, bytes), explicit: true }
  }
  const consistent = (carrier: Carrier): Randomness | undefined => {
    const given = carrier.randomness === undefined ? undefined : readRandomness(carrier.randomness)
    if (given !== undefined) return { value: given, explicit: true }
    const value = randomnessOf(carrier.traceId)
    return value === undefined ? hashed(carrier) : { value, explicit: false }
  }

  /** The threshold to compare with, and the one to write down. */
  const thresholds = (threshold: bigint, before: bigint | undefined): readonly [compared: bigint, written: bigint] => {
    if (config.mode === 'equalizing') {
      const higher = before !== undefined && before > threshold ? before : threshold
      return [higher, higher]
    }
    if (config.mode === 'hash_seed' || before === undefined)
      return [threshold, before !== undefined && before > threshold ? before : threshold]
    // A share of what is left after the earlier sampling.
    const left = Number(RANDOM_MAX - before) / Number(RANDOM_MAX)
    const share = Number(RANDOM_MAX - threshold) / Number(RANDOM_MAX)
    const product = thresholdFor(left * share, config.sampling_precision)
    return [product, product]
  }

  return (carrier) => {
    const own = carrier.priority === undefined ? standard : thresholdOf(carrier.priority)
    if (own === undefined) return carrier.priority === undefined ? LEFT_OUT : PRIORITY
    const randomness = byHash ? hashed(carrier) : consistent(carrier)
    if (randomness === undefined) return config.fail_closed && own !== ALWAYS ? NO_RANDOMNESS : undefined
    const earlier = carrier.threshold === undefined ? undefined : readThreshold(carrier.threshold)
    // A threshold that would not have let it through is a lie, and is taken away.
    const before = earlier !== undefined && earlier <= randomness.value ? earlier : undefined
    const [compared, written] = thresholds(own, before)
    if (compared > randomness.value) return LEFT_OUT
    carrier.write({
      threshold: thresholdText(written),
      randomness: randomness.explicit ? randomnessText(randomness.value) : undefined,
    })
    return undefined
  }
}
