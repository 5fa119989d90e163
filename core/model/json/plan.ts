/**
 * How the lines of a revision are written: as steps that copy the bytes up to a place, go on at another, and put in keys
 * and values between. The rules are those of splice.ts, which does the same for one line.
 */
import type { Bytes } from '../bytes.ts'
import type { Value } from '../types.ts'
import { Constant } from './output.ts'
import type { Output } from './output.ts'
import type { Edits } from './revision.ts'
import { MAP } from './scan.ts'
import type { Place, Shape } from './shape.ts'

/** A step is eight numbers: two places, the number of a text or -1, the number of a value or -1. */
const STEP = 8

const moved = (place: Place, by: number): Place => ({ ...place, add: place.add + by })

const keyText = (key: string, comma: boolean): Constant =>
  new Constant(Buffer.from(`${comma ? ',' : ''}${JSON.stringify(key)}:`))

/** A line and its index. */
export interface Line {
  readonly bytes: Bytes
  readonly start: number
  readonly end: number
  readonly words: Int32Array
  readonly root: number
}

export class Plan {
  readonly #steps: Int32Array
  readonly #texts: readonly Constant[]

  constructor(steps: readonly number[], texts: readonly Constant[]) {
    this.#steps = Int32Array.from(steps)
    this.#texts = texts
  }

  /** Writes the line from `start` to `end` whose index begins at `root`. */
  write(line: Line, values: readonly Value[], out: Output): void {
    const { bytes, words, root } = line
    const steps = this.#steps
    let from = line.start
    for (let i = 0; i < steps.length; i += STEP) {
      const to = (words[root + steps[i]!]! >> steps[i + 1]!) + steps[i + 2]!
      if (to > from) out.span(bytes, from, to)
      from = (words[root + steps[i + 3]!]! >> steps[i + 4]!) + steps[i + 5]!
      const text = steps[i + 6]!
      if (text >= 0) out.constant(this.#texts[text]!)
      const value = steps[i + 7]!
      if (value >= 0) out.value(values[value]!)
    }
    out.span(bytes, from, line.end)
  }
}

class Planner {
  readonly #shape: Shape
  readonly #edits: Edits
  readonly #steps: number[] = []
  readonly #texts: Constant[] = []
  /** Where the bytes begin that are not written yet. */
  #from: Place

  constructor(shape: Shape, edits: Edits) {
    this.#shape = shape
    this.#edits = edits
    this.#from = shape.at(0).start
  }

  plan(): Plan {
    this.#container(0)
    return new Plan(this.#steps, this.#texts)
  }

  #step(to: Place, next: Place, text = -1, value = -1): void {
    this.#steps.push(to.word, to.shift, to.add, next.word, next.shift, next.add, text, value)
    this.#from = next
  }

  /** `edge` is the end of the last member that stays, or the place after the bracket. */
  #container(entry: number): void {
    const { replaced, gone, changed } = this.#edits
    const shape = this.#shape
    const isMap = shape.at(entry).bracket === MAP
    let edge = moved(shape.at(entry).start, 1)
    let isFirst = true
    let isCutting = false
    for (let child = entry + 1; child < shape.at(entry).next; child = shape.at(child).next) {
      const { start, end, keyStart } = shape.at(child)
      const value = replaced.get(child)
      if (gone.has(child)) {
        // With the comma before it; before the first member that stays, with the one after it.
        this.#step(isCutting ? this.#from : edge, end)
        isCutting = true
        continue
      }
      if (isCutting && isFirst) this.#skipTo(isMap ? keyStart : start)
      isCutting = isFirst = false
      if (value !== undefined) this.#step(start, end, -1, value)
      else if (changed.has(child)) this.#container(child)
      edge = end
    }
    this.#gains(entry, isFirst, isCutting, edge)
  }

  #gains(entry: number, isFirst: boolean, isCutting: boolean, edge: Place): void {
    const close = moved(this.#shape.at(entry).end, -1)
    let comma = !isFirst
    let isBegun = false
    for (const { parent, key, value } of this.#edits.gains) {
      if (parent !== entry) continue
      const to = isBegun || isCutting ? this.#from : edge
      this.#texts.push(keyText(key, comma))
      this.#step(to, close, this.#texts.length - 1, value)
      comma = isBegun = true
    }
    if (!isBegun && isCutting && isFirst) this.#skipTo(close)
  }

  /** Goes on there without writing what lies between. */
  #skipTo(place: Place): void {
    this.#step(this.#from, place)
  }
}

export const planOf = (shape: Shape, edits: Edits): Plan => new Planner(shape, edits).plan()
