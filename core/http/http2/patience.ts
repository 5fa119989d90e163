/** What is borne from a peer before its connection ends: the two allowances of limits.ts. */
import { Allowance } from './allowance.ts'
import { ConnectionFault, ErrorCode } from './codes.ts'
import * as limits from './limits.ts'

export class Patience {
  readonly #now: () => number
  readonly #idle: Allowance
  readonly #early: Allowance

  /** `now`: milliseconds that never go back. */
  constructor(now: () => number) {
    this.#now = now
    this.#idle = new Allowance(limits.IDLE_FRAMES_MOST, limits.IDLE_FRAMES_PER_SECOND, now())
    this.#early = new Allowance(limits.ENDED_EARLY_MOST, limits.ENDED_EARLY_PER_SECOND, now())
  }

  /** A frame that brings nothing. */
  idleFrame(): void {
    if (!this.#idle.spend(this.#now))
      throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, 'too many frames that bring nothing')
  }

  /** A stream that ends before it is answered. */
  endedEarly(): void {
    if (!this.#early.spend(this.#now))
      throw new ConnectionFault(ErrorCode.ENHANCE_YOUR_CALM, 'too many requests that end before they are answered')
  }

  /** `frames` that bring nothing more are borne. */
  earn(frames: number): void {
    this.#idle.earn(frames)
  }
}
