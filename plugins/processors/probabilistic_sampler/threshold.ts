/**
 * Consistent probability sampling (OpenTelemetry specification, "TraceState: Probability Sampling"): 56 bits of randomness
 * R, a rejection threshold T; an item is sampled when T ≤ R. Thresholds are written as up to 14 hex digits without trailing
 * zeros, `0` = everything.
 */
export const RANDOM_MAX = 1n << 56n
const DIGITS = 14
const HEX_BITS = 4n

/** Everything passes. */
export const ALWAYS = 0n

const exponentOf = (fraction: number): number => (fraction === 0 ? 0 : Math.floor(Math.log2(fraction)) + 1)

/** The threshold for a probability in (0, 1], rounded to so many significant hex digits. */
export const thresholdFor = (probability: number, precision: number): bigint => {
  if (probability >= 1 - 2 ** -56) return ALWAYS
  // Very small and very large probabilities have leading zeros or f's, which say nothing.
  const leading = Math.max(Math.trunc(exponentOf(probability) / -4), Math.trunc(exponentOf(1 - probability) / -4))
  const digits = Math.min(DIGITS, precision + Math.max(0, leading))
  let threshold = RANDOM_MAX - BigInt(Math.round(probability * Number(RANDOM_MAX)))
  const shift = HEX_BITS * BigInt(DIGITS - digits)
  if (shift > 0n) threshold = ((threshold + (1n << (shift - 1n))) >> shift) << shift
  return threshold
}

export const thresholdText = (threshold: bigint): string =>
  threshold === ALWAYS ? '0' : threshold.toString(16).padStart(DIGITS, '0').replace(/0+$/, '')

/** Undefined for what is no threshold. */
export const readThreshold = (text: string): bigint | undefined =>
  /^[0-9a-f]{1,14}$/.test(text) ? BigInt(`0x${text.padEnd(DIGITS, '0')}`) : undefined

export const readRandomness = (text: string): bigint | undefined =>
  /^[0-9a-f]{14}$/.test(text) ? BigInt(`0x${text}`) : undefined

export const randomnessText = (randomness: bigint): string => randomness.toString(16).padStart(DIGITS, '0')

/** The least significant 56 bits of a trace id (W3C Trace Context Level 2); undefined without one. */
export const randomnessOf = (traceId: string): bigint | undefined =>
  traceId === '' ? undefined : BigInt(`0x${traceId.slice(-DIGITS)}`)
