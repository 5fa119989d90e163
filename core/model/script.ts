/**
 * Edits of single attributes and of other fields as data, in order, so that a layout can work out once for all records of a kind what they
 * come to. `R` is what conditions and values that only code can answer are asked with.
 *
 * A script says nothing about errors. A layout does all of it or none: what it cannot do, and whatever fails on the way, is
 * left to whoever has the same edits as code.
 */
import type { PathHandle, Value } from './types.ts'

export type Source<R> =
  | { readonly type: 'value'; readonly value: Value }
  /** What stands at an attribute of the record; null where nothing does. */
  | { readonly type: 'attribute'; readonly at: PathHandle }
  /** A text made of an attribute that is one; `ascii` tells how, as long as it has no other characters. */
  | {
      readonly type: 'text'
      readonly at: PathHandle
      readonly change: (text: string) => Value
      readonly ascii: 'upper' | 'lower' | undefined
    }
  /** What code answers that looks at the record, without changing it or anything else. */
  | { readonly type: 'asked'; readonly get: (run: R) => Value }

export type Test<R> =
  /** Whether this very text stands at a path. */
  | { readonly type: 'text'; readonly at: PathHandle; readonly text: string; readonly isNot: boolean }
  | { readonly type: 'asked'; readonly holds: (run: R) => boolean }

export type Edit<R> =
  /** A single attribute, or another field of the record as a whole. */
  | { readonly type: 'set'; readonly at: PathHandle; readonly from: Source<R> }
  | { readonly type: 'delete'; readonly at: PathHandle }
  /** Attributes whose key does not please go. */
  | { readonly type: 'keep'; readonly keeps: (key: string) => boolean }

export interface Step<R> {
  /** All of them have to hold, and are asked in order. */
  readonly where: readonly Test<R>[]
  readonly edit: Edit<R>
}

/** So many times a script is carried out, then it is looked at … */
const WINDOW = 4_096
/** … whether more had to be worked out meanwhile than pays: conditions that hold for each record otherwise … */
const WORKED_OUT_MOST = 1_024
/** … and if so it is left to code for so many records. */
const PAUSE = 65_536

export class Script<R> {
  readonly steps: readonly Step<R>[]
  #left = WINDOW
  #workedOut = 0
  #pause = 0

  constructor(steps: readonly Step<R>[]) {
    this.steps = steps
  }

  /** Something was worked out for some records that others may share. */
  workedOut(): void {
    this.#workedOut++
  }

  /** Asked before each record: whether working out pays. */
  pays(): boolean {
    if (this.#pause > 0) {
      this.#pause--
      return false
    }
    if (--this.#left > 0) return true
    this.#left = WINDOW
    if (this.#workedOut > WORKED_OUT_MOST) this.#pause = PAUSE
    this.#workedOut = 0
    return this.#pause === 0
  }
}
