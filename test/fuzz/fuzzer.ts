/** What a fuzzer is. Rounds are made of their seed and nothing else, so that a failing one repeats. */
import type { Dice } from './dice.ts'

export interface Rounds {
  /** Throws when anything is wrong. */
  round(dice: Dice): Promise<void> | void
  close?(): Promise<void> | void
}

export interface Fuzzer {
  readonly name: string
  /** Begins a test's name: what broken input never does. */
  readonly promise: string
  /** Programs without which it cannot run. */
  readonly needs?: readonly string[]
  /** Rounds of the short look that every test run takes: a few seconds. */
  readonly rounds: number
  /** What rounds share, in a folder of its own. */
  open(folder: string): Promise<Rounds> | Rounds
}

export const defineFuzzer = (fuzzer: Fuzzer): Fuzzer => fuzzer
