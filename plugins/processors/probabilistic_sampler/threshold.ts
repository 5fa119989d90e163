/**
 * Consistent probability sampling (OpenTelemetry specification, "TraceState: Probability Sampling"): 56 bits of randomness
 * R, a rejection threshold T; an item is sampled when T ≤ R. Thresholds are written as up to 14 hex digits without trailing
 * zeros, `0` = everything.
 */
const RANDOM_MAX = 1n << 56n
const DIGITS = 14
const HEX_BITS = 4n

/** What an item carries of earlier sampling, and as it was written. */
export interface Earlier {
  readonly threshold: bigint | undefined
  readonly thresholdText: string | undefined
  readonly randomness: bigint | undefined
  readonly randomnessText: string | undefined
}

/** Everything passes. */
export const ALWAYS = 0n
/** Nothing passes. */
export const NEVER = RANDOM_MAX
/** The least probability that a threshold can say. */
export const PROBABILITY_MIN = 2 ** -56

/** The exponent of a binary fraction in [1/2, 1). */
const exponentOf = (fraction: number): number => {
  if (fraction === 0) return 0
  const near = Math.floor(Math.log2(fraction)) + 1
  if (fraction >= 2 ** near) return near + 1
  return fraction < 2 ** (near - 1) ? near - 1 : near
}

/** The threshold for a probability up to 1, rounded to so many significant hex digits; none passes below the least one. */
export const thresholdFor = (probability: number, precision: number): bigint => {
  if (probability === 1) return ALWAYS
  if (!(probability >= PROBABILITY_MIN)) return NEVER
  // Very small and very large probabilities have leading zeros or f's, which say nothing.
  const leading = Math.max(Math.trunc(exponentOf(probability) / -4), Math.trunc(exponentOf(1 - probability) / -4))
  const digits = Math.min(DIGITS, precision + Math.max(0, leading))
  let threshold = RANDOM_MAX - BigInt(Math.round(probability * Number(RANDOM_MAX)))
  const shift = HEX_BITS * BigInt(DIGITS - digits)
  if (shift > 0n) threshold = ((threshold + (1n << (shift - 1n))) >> shift) << shift
  return threshold
}

export const probabilityOf = (threshold: bigint): number => Number(RANDOM_MAX - threshold) / Number(RANDOM_MAX)

export const thresholdText = (threshold: bigint): string =>
  threshold === ALWAYS ? '0' : threshold.toString(16).padStart(DIGITS, '0').replace(/0+$/, '')

/** Undefined for what is no threshold. */
export const readThreshold = (text: string): bigint | undefined =>
  /^[0-9a-f]{1,14}$/i.test(text) ? BigInt(`0x${text.padEnd(DIGITS, '0')}`) : undefined

export const readRandomness = (text: string): bigint | undefined =>
  /^[0-9a-f]{14}$/i.test(text) ? BigInt(`0x${text}`) : undefined

export const randomnessText = (randomness: bigint): string => randomness.toString(16).padStart(DIGITS, '0')

/** The least significant 56 bits of a trace id (W3C Trace Context Level 2); undefined without one. */
export const randomnessOf = (traceId: string): bigint | undefined =>
  traceId === '' ? undefined : BigInt(`0x${traceId.slice(-DIGITS)}`)
