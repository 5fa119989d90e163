/**
 * Writing an edited value: the bytes between the edits as they are, in as few spans as there can be; members that maps
 * gained at their ends. What the marks mean stands in edit.ts.
 */
import type { Bytes } from '../bytes.ts'
import { asBytes } from '../bytes.ts'
import type { Value } from '../types.ts'
import type { Output } from './output.ts'
import { END, KEY, MAP, NEXT, START, WORDS } from './scan.ts'

export const DIRTY = -1
export const GONE = -2

const noBytes = new Uint8Array(0)

/** A member that a map gained; `parent` counts from the root's entry, its bytes are those of the key. */
export interface Added {
  parent: number
  key: string
  bytes: Uint8Array
  value: Value
}

/** The members that maps gained, in order; the objects are used again from record to record. */
export class Gains {
  readonly list: Added[] = []
  count = 0

  find(parent: number, key: string): Added | undefined {
    for (let i = 0; i < this.count; i++) {
      const added = this.list[i]!
      if (added.parent === parent && added.key === key) return added
    }
    return undefined
  }

  put(parent: number, key: string, bytes: Uint8Array, value: Value): void {
    const added = (this.list[this.count] ??= { parent, key, bytes: noBytes, value })
    this.count++
    added.parent = parent
    added.key = key
    added.bytes = bytes
    added.value = value
  }
}

export class Splicer {
  readonly #values: readonly Value[]
  readonly #gains: Gains
  #bytes: Bytes = asBytes(noBytes)
  #words: Int32Array = new Int32Array(0)
  #marks: Int32Array = new Int32Array(0)
  #root = 0
  /** Where the bytes begin that are not written yet. */
  #from = 0

  constructor(values: readonly Value[], gains: Gains) {
    this.#values = values
    this.#gains = gains
  }

  /** Writes the value with its edits: the bytes between them as they are, in as few spans as there can be. */
  write(bytes: Bytes, words: Int32Array, marks: Int32Array, root: number, out: Output): void {
    this.#bytes = bytes
    this.#words = words
    this.#marks = marks
    this.#root = root
    const mark = marks[0]!
    if (mark > 0) return out.value(this.#values[mark - 1]!)
    this.#from = words[root + START]!
    if (mark === DIRTY) this.#splice(root, out)
    out.span(this.#bytes, this.#from, words[root + END]! >> 1)
  }

  /** Writes what comes before `to` and is not written yet; goes on at `next`. */
  #flush(to: number, next: number, out: Output): void {
    if (to > this.#from) out.span(this.#bytes, this.#from, to)
    this.#from = next
  }

  /** The edits inside a container. `edge` is the end of the last member that stays, or the place after the bracket. */
  #splice(entry: number, out: Output): void {
    const words = this.#words
    const marks = this.#marks
    const root = this.#root
    const keyed = this.#bytes[words[entry + START]!] === MAP
    const stop = words[entry + NEXT]!
    let edge = words[entry + START]! + 1
    let isFirst = true
    let isCutting = false
    for (let child = entry + WORDS; child < stop; child = words[child + NEXT]!) {
      const mark = marks[child - root]!
      const end = words[child + END]! >> 1
      if (mark === GONE) {
        // With the comma before it; before the first member that stays, with the one after it.
        this.#flush(isCutting ? this.#from : edge, end, out)
        isCutting = true
        continue
      }
      if (isCutting && isFirst) this.#from = keyed ? words[child + KEY]! - 1 : words[child + START]!
      isCutting = isFirst = false
      if (mark === DIRTY) this.#splice(child, out)
      else if (mark > 0) {
        this.#flush(words[child + START]!, end, out)
        out.value(this.#values[mark - 1]!)
      }
      edge = end
    }
    const close = (words[entry + END]! >> 1) - 1
    if (keyed && this.#gains.count > 0) this.#spliceAdded(entry, edge, close, isFirst, isCutting, out)
    else if (isCutting && isFirst) this.#from = close
  }

  #spliceAdded(entry: number, edge: number, close: number, isFirst: boolean, isCutting: boolean, out: Output): void {
    let comma = !isFirst
    let isBegun = false
    for (let i = 0; i < this.#gains.count; i++) {
      const added = this.#gains.list[i]!
      if (added.parent !== entry - this.#root) continue
      if (!isBegun) this.#flush(isCutting ? this.#from : edge, close, out)
      isBegun = true
      out.key(added.key, added.bytes, comma)
      out.value(added.value)
      comma = true
    }
    if (!isBegun && isCutting && isFirst) this.#from = close
  }
}
