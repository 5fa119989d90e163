/**
 * What a peer may do that costs us and brings nothing: so much at once, more with time, and more for what it does bring.
 * A token bucket, as nghttp2 and gRPC servers have them.
 */
export class Allowance {
  readonly #most: number
  readonly #perSecond: number
  #left: number
  #at: number

  constructor(most: number, perSecond: number, now: number) {
    this.#most = most
    this.#perSecond = perSecond
    this.#left = most
    this.#at = now
  }

  earn(amount: number): void {
    this.#left = Math.min(this.#most, this.#left + amount)
  }

  /** False when there is nothing left. `now` in milliseconds. */
  spend(now: () => number): boolean {
    if (this.#left < 1) {
      const at = now()
      this.earn(((at - this.#at) / 1_000) * this.#perSecond)
      this.#at = at
      if (this.#left < 1) return false
    }
    this.#left--
    return true
  }
}
