/** A token bucket: `burst` at once, `rate` a second in the long run. */
export interface Bucket {
  /** False, and nothing taken, when there is not enough. */
  take(n: number, nowMs: number): boolean
}

export const createBucket = (rate: number, burst: number): Bucket => {
  let tokens = burst
  let at: number | undefined
  return {
    take(n, nowMs) {
      tokens = Math.min(burst, tokens + ((nowMs - (at ?? nowMs)) / 1_000) * rate)
      at = nowMs
      if (n > tokens) return false
      tokens -= n
      return true
    },
  }
}
