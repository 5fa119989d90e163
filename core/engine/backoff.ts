/**
 * How long to wait before attempt n + 1: `initial_interval` grown by `multiplier`, at most `max_interval`, spread over
 * ± `randomization_factor` of itself (1 = full jitter), and never less than the peer asked for.
 */
import type { RetryOptions } from '../config/types.ts'

export const backoffMs = (
  retry: RetryOptions,
  failures: number,
  random: () => number,
  retryAfterMs: number | undefined,
): number => {
  const grown = Math.min(retry.maxIntervalMs, retry.initialIntervalMs * retry.multiplier ** (failures - 1))
  const spread = grown * (1 + retry.randomizationFactor * (2 * random() - 1))
  return Math.max(spread, retryAfterMs ?? 0)
}
