/** The decision on one item, and what is written into it: the rules of the OpenTelemetry Collector's processor (contrib 0.158). */
import type { Carrier } from './carriers.ts'
import { hashRandomness, hashThreshold, seeded } from './hash.ts'
import type { Config } from './index.ts'
import {
  ALWAYS,
  NEVER,
  PROBABILITY_MIN,
  probabilityOf,
  randomnessOf,
  randomnessText,
  thresholdFor,
  thresholdText,
} from './threshold.ts'

/** Undefined: it passes; else the rule that leaves it out. */
type Decide = (carrier: Carrier) => string | undefined

/** Why an item cannot be judged; `fail_closed` says what then. */
type Failure = 'unreadable' | 'sampled_otherwise' | 'no_randomness' | 'inconsistent'

interface Judged {
  /** Where there is none, all thresholds let it pass. */
  readonly randomness: bigint | undefined
  readonly failure?: Failure
  /** Nothing is written into what another way of sampling has marked. */
  readonly leaves?: boolean
}

const ANY = NEVER - 1n

const judgeHashed =
  (start: number) =>
  ({ hashed, earlier }: Carrier): Judged => {
    const randomness = hashed === undefined ? undefined : hashRandomness(start, hashed)
    if (earlier === undefined) return { randomness, failure: 'unreadable' }
    if (earlier.randomness !== undefined || earlier.threshold !== undefined)
      return { randomness, failure: 'sampled_otherwise', leaves: true }
    return randomness === undefined ? { randomness, failure: 'no_randomness' } : { randomness }
  }

const judgeConsistent = ({ earlier, traceId }: Carrier): Judged => {
  if (earlier === undefined) return { randomness: undefined, failure: 'unreadable' }
  const randomness = earlier.randomness ?? randomnessOf(traceId)
  if (randomness === undefined) return { randomness, failure: 'no_randomness' }
  // A threshold that would not have let it through is a lie.
  const isLie = earlier.threshold !== undefined && earlier.threshold > randomness
  return isLie ? { randomness, failure: 'inconsistent' } : { randomness }
}

/** For `sampling_percentage: 0`: only a priority lets something pass. */
const judgeNothing = ({ earlier }: Carrier): Judged =>
  earlier === undefined ? { randomness: ANY, failure: 'unreadable' } : { randomness: ANY }

/** How much passes, given what was sampled before. */
const thresholdsOf = (config: Config): ((before: bigint | undefined) => bigint) => {
  const percentage = Math.min(100, Math.fround(config.sampling_percentage))
  const ratio = Math.max(PROBABILITY_MIN, percentage / 100)
  if (config.mode === 'hash_seed') {
    const threshold = hashThreshold(percentage) ?? NEVER
    return () => threshold
  }
  if (config.mode === 'proportional')
    return (before) =>
      thresholdFor(ratio * (before === undefined ? 1 : probabilityOf(before)), config.sampling_precision)
  const threshold = thresholdFor(ratio, config.sampling_precision)
  return (before) => (before !== undefined && before > threshold ? before : threshold)
}

export const createSampler = (config: Config): Decide => {
  const byHash = config.mode === 'hash_seed'
  const isNothing =
    config.sampling_percentage === 0 || (byHash && hashThreshold(config.sampling_percentage) === undefined)
  const judge = isNothing ? judgeNothing : byHash ? judgeHashed(seeded(config.hash_seed)) : judgeConsistent
  const thresholdAfter = isNothing ? () => NEVER : thresholdsOf(config)

  const write = (carrier: Carrier, { randomness, failure }: Judged, threshold: bigint): void => {
    const { earlier, writesMissing } = carrier
    if (earlier === undefined) return
    const before = failure === 'inconsistent' ? undefined : earlier.threshold
    // What has been sampled cannot become more probable.
    const isHigher = before !== undefined && before > threshold
    const own = byHash && !isNothing && (randomness !== undefined || writesMissing)
    carrier.write(
      isHigher ? earlier.thresholdText : thresholdText(threshold),
      own ? randomnessText(randomness ?? ANY) : earlier.randomnessText,
    )
  }

  return (carrier) => {
    const judged = judge(carrier)
    const { failure, randomness = ANY } = judged
    const failed = config.fail_closed ? NEVER : ALWAYS
    const threshold = carrier.priority ?? (failure === undefined ? thresholdAfter(carrier.earlier?.threshold) : failed)
    if (threshold > randomness) return carrier.priority === undefined ? (failure ?? 'sampled_out') : 'priority'
    if (judged.leaves !== true) write(carrier, judged, threshold)
    return undefined
  }
}
