/**
 * A path below a line's value, spelled for people and for the tape.
 *
 * Spots in steady use share a tree of steps, one for each path and each path above it, so that an edit can remember under
 * a step's number which entry it found in this record. Paths made from data are used once and never get a step; beyond
 * `STEPS_MAX` nobody gets one, which costs time only.
 */
import type { PathKey } from '../types.ts'
import { toTapeKeys } from './tape.ts'
import type { TapeKey } from './tape.ts'

export const STEPS_MAX = 2_048
const USES_BEFORE = 8

export interface Step {
  readonly id: number
  /** Absent at the value itself. */
  readonly parent: Step | undefined
  readonly key: PathKey
  readonly tapeKey: TapeKey
  readonly below: Map<PathKey, Step>
}

let known = 1
const top: Step = { id: 0, parent: undefined, key: 0, tapeKey: 0, below: new Map() }

const stepFor = (keys: readonly PathKey[], tapeKeys: readonly TapeKey[]): Step | undefined => {
  let step = top
  for (let i = 0; i < keys.length; i++) {
    let next = step.below.get(keys[i]!)
    if (next === undefined) {
      if (known === STEPS_MAX) return undefined
      next = { id: known++, parent: step, key: keys[i]!, tapeKey: tapeKeys[i]!, below: new Map() }
      step.below.set(keys[i]!, next)
    }
    step = next
  }
  return step
}

export class Spot {
  readonly keys: readonly PathKey[]
  readonly tapeKeys: readonly TapeKey[]
  #step: Step | undefined
  #uses = 0

  constructor(keys: readonly PathKey[]) {
    this.keys = keys
    this.tapeKeys = toTapeKeys(keys)
  }

  /** Undefined at the first uses. */
  get step(): Step | undefined {
    if (this.#uses <= USES_BEFORE && this.#uses++ === USES_BEFORE) this.#step = stepFor(this.keys, this.tapeKeys)
    return this.#step
  }
}
