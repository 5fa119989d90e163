/**
 * What lines of one spelling have in common: all but their scalars. So the index of such a line is short: two words for
 * each scalar, START and END as in scan.ts; every other place is told from the scalar beside it.
 *
 * Entries are numbered in order of appearance, a container before its members. Keys are neither odd (scan.ts) nor twice in
 * a map.
 */
import type { Bytes } from '../bytes.ts'
import type { PathKey } from '../types.ts'
import { Revision } from './revision.ts'
import { END, KEY, LIST, MAP, NEXT, START, WORDS } from './scan.ts'
import { keyText } from './tape.ts'

/** A place in a line: the word of the index that tells it, how far that is shifted, and what is added. */
export interface Place {
  readonly word: number
  readonly shift: 0 | 1
  readonly add: number
}

export interface ShapeEntry {
  /** The number behind it and all its members. */
  readonly next: number
  readonly parent: number
  readonly key: string | undefined
  /** The byte that opens a container; 0 for a scalar. */
  readonly bracket: number
  /** The first word of a scalar. */
  readonly word: number
  readonly start: Place
  readonly end: Place
  /** Where its key's quote is. */
  readonly keyStart: Place
}

export class Shape {
  readonly #entries: readonly ShapeEntry[]
  /** Words of the index. */
  readonly words: number
  /** From the line's start to the value's, and from its end to the newline's. */
  readonly lead: number
  readonly trail: number
  /** A line as it came. */
  readonly untouched: Revision
  /** Revisions made of it. */
  revisions = 0

  /** Of the line from `from` to the `newline`, whose whole tape begins at `root`; it has a scalar. */
  constructor(bytes: Bytes, from: number, newline: number, words: Int32Array, root: number) {
    const scalars: number[] = []
    const stop = words[root + NEXT]!
    const isContainer = (entry: number): boolean => {
      const first = bytes[words[entry + START]!]
      return first === MAP || first === LIST
    }
    for (let entry = root; entry < stop; entry += WORDS) if (!isContainer(entry)) scalars.push(entry)
    /** A place between scalars, from the end of the one before it; before the first one from its start. */
    const placeOf = (at: number): Place => {
      let before = -1
      while (before + 1 < scalars.length && words[scalars[before + 1]! + END]! >> 1 <= at) before++
      if (before < 0) return { word: 0, shift: 0, add: at - words[scalars[0]! + START]! }
      return { word: before * 2 + 1, shift: 1, add: at - (words[scalars[before]! + END]! >> 1) }
    }
    const numberOf = (entry: number): number => (entry - root) / WORDS
    const entries: ShapeEntry[] = []
    const open: number[] = []
    for (let entry = root; entry < stop; entry += WORDS) {
      while (open.length > 0 && words[open.at(-1)! + NEXT]! <= entry) open.pop()
      const scalar = scalars.indexOf(entry)
      const key = words[entry + KEY]!
      const start = words[entry + START]!
      entries.push({
        next: numberOf(words[entry + NEXT]!),
        parent: open.length === 0 ? 0 : numberOf(open.at(-1)!),
        key: key < 0 ? undefined : keyText(bytes, words, entry),
        bracket: scalar < 0 ? bytes[start]! : 0,
        word: scalar * 2,
        start: scalar < 0 ? placeOf(start) : { word: scalar * 2, shift: 0, add: 0 },
        end: placeOf(words[entry + END]! >> 1),
        keyStart: placeOf(key - 1),
      })
      if (scalar < 0) open.push(entry)
    }
    this.#entries = entries
    this.words = scalars.length * 2
    this.lead = words[root + START]! - from
    this.trail = newline - (words[root + END]! >> 1)
    this.untouched = new Revision(this)
  }

  get count(): number {
    return this.#entries.length
  }

  at(entry: number): ShapeEntry {
    return this.#entries[entry]!
  }

  /** The member of a container, -1 when it has none of that key. */
  child(container: number, key: PathKey): number {
    const { bracket, next } = this.at(container)
    const wanted = typeof key === 'string' ? MAP : LIST
    if (bracket !== wanted) return -1
    let index = 0
    for (let child = container + 1; child < next; child = this.at(child).next, index++)
      if (wanted === MAP ? this.at(child).key === key : index === key) return child
    return -1
  }

  /** Whether a map has a key twice. */
  get isAmbiguous(): boolean {
    return this.#entries.some(({ parent, key }, number) => key !== undefined && this.child(parent, key) !== number)
  }
}
