/**
 * A processor's own count of the records inside it: what came in, went on, was filtered, held or made. When no call is
 * open it must be zero; what is left over was lost without a word, and is counted as dropped and named.
 */
import { CollectorError } from '../kit/errors.ts'
import type { Instance } from './instance.ts'
import type { Ledger } from './ledger.ts'
import { createOccasion } from './occasion.ts'

/** Whether a component gets anywhere with what it has. */
export interface Progress {
  /** Grows with every movement. */
  readonly moves: number
  /** It waits for what follows it. */
  readonly isWaiting: boolean
}

export interface StepBooks {
  /** Records come in (positive) or leave (negative) without the ledger noticing: it counts them as in flight anyway. */
  move(n: number): void
  /** They come into being here, or never were. */
  receive(n: number): void
  filter(n: number, rule: string): void
  drop(n: number, reason: string): void
  hold(n: number): void
  /** Kept as dead letters; negative: they could not be, and are here again. */
  deadLetter(n: number): void
  /** Up to n records go back to the sender. What this attempt filtered stays counted: the batch will be received anew. */
  giveBack(n: number): void
  /** Up to n records are lost; the answer is how many were there to lose. */
  lose(n: number, reason: string): number
  /** How many of n are here. */
  there(n: number): number
  /** A batch came back outside of any call; the component has this turn of the event loop to say what becomes of it. */
  returned(): void
  /** Called when a call ends; `open` counts it. */
  tidy(open: number): void
  /** Resolves when none are here but what is held. */
  passed(): Promise<void>
  /** Resolves when none are here. */
  empty(): Promise<void>
  /** Batches that what follows has not answered yet. */
  below(n: number): void
  readonly progress: Progress
}

export const createStepBooks = (instance: Instance, ledger: Ledger): StepBooks => {
  const { key } = instance
  let [inside, holding, undecided, moves, below] = [0, 0, 0, 0, 0]
  const leave = (n: number): void => {
    inside -= n
    moves++
    passed.look()
    empty.look()
  }
  const passed = createOccasion(() => inside <= 0)
  const empty = createOccasion(() => inside <= 0 && holding <= 0)
  const there = (n: number): number => Math.min(n, Math.max(0, inside))
  return {
    move: (n) => leave(-n),
    receive(n) {
      leave(-n)
      ledger.receive(n)
    },
    filter(n, rule) {
      leave(n)
      ledger.filter(n, rule)
    },
    drop(n, reason) {
      leave(n)
      ledger.drop(n, `${key}: ${reason}`)
    },
    hold(n) {
      holding += n
      leave(n)
      ledger.hold(n)
    },
    there,
    deadLetter(n) {
      leave(n)
      ledger.deadLetter(n)
    },
    giveBack(n) {
      const back = there(n)
      leave(back)
      if (back < n) ledger.receive(n - back)
    },
    lose(n, reason) {
      const lost = there(n)
      leave(lost)
      ledger.drop(lost, `${key}: ${reason}`)
      return lost
    },
    returned() {
      undecided++
      setImmediate(() => undecided--)
    },
    tidy(open) {
      if (inside === 0 || open > 1 || undecided > 0) return
      const leftOver = inside
      leave(leftOver)
      if (leftOver < 0) return ledger.receive(-leftOver)
      ledger.drop(leftOver, `${key}: lost without a word`)
      const message = `${leftOver} records came in and never went on, and were not counted`
      instance.trouble('loses records', new CollectorError('plugin_failed', message))
    },
    below: (n) => void (below += n),
    get progress() {
      return { moves, isWaiting: below > 0 }
    },
    passed: passed.wait,
    empty: empty.wait,
  }
}
