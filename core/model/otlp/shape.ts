/**
 * What log records have in common: which fields they have and in which order, and the keys of their attributes. An
 * application writes few of these, so that what has to be found in a record, and what edits make of it, is worked out once
 * for all records of one shape.
 *
 * Shapes are a tree: each is one field more than the one before. The tree is bounded: one that grew too large is begun
 * anew, and a shape that has no room in it is made for its record alone.
 */
import { generation, keepOne } from './budget.ts'
import { ATTRIBUTE } from './places.ts'
import { CAME, Piece } from './piece.ts'
import { Revision } from './revision.ts'

/** Different fields behind one shape; where keys are data they never end. */
const NEXT_MAX = 32

const foursOf = (key: Uint8Array | undefined): Int32Array => {
  if (key === undefined || key.length < 4) return new Int32Array(0)
  const view = new DataView(key.buffer, key.byteOffset, key.length)
  const whole = key.length >> 2
  const fours = Array.from({ length: whole }, (_, i) => view.getInt32(i * 4, true))
  if (key.length % 4 !== 0) fours.push(view.getInt32(key.length - 4, true))
  return Int32Array.from(fours)
}

const piecesOf = (shape: Shape): readonly Piece[] => {
  const pieces: Piece[] = []
  for (let at: Shape | undefined = shape; at?.before !== undefined; at = at.before)
    pieces.push(new Piece(CAME, at.tag, at.key, at.count - 1))
  return pieces.toReversed()
}

export class Shape {
  /** Of its last field. */
  readonly tag: number
  /** Of its last field, where that is an attribute. */
  readonly key: Uint8Array | undefined
  readonly before: Shape | undefined
  /** How many fields. */
  readonly count: number
  /** The one that came last behind this. */
  next: Shape | undefined
  readonly #all: Shape[] = []
  /** The key by four bytes; where its length is odd the last four overlap those before. */
  readonly #fours: Int32Array
  #untouched: Revision | undefined

  constructor(before: Shape | undefined, tag: number, key: Uint8Array | undefined) {
    this.before = before
    this.tag = tag
    this.key = key
    this.count = before === undefined ? 0 : before.count + 1
    this.#fours = foursOf(key)
  }

  /** A record of this shape as it came. */
  get untouched(): Revision {
    this.#untouched ??= new Revision(this, piecesOf(this), 0)
    return this.#untouched
  }

  /** Whether its last field is an attribute with the key that stands there. */
  fits(bytes: Uint8Array, words: DataView, at: number, length: number): boolean {
    const { key } = this
    if (key === undefined || key.length !== length) return false
    const fours = this.#fours
    if (fours.length === 0) {
      for (let i = 0; i < length; i++) if (bytes[at + i] !== key[i]) return false
      return true
    }
    const last = fours.length - 1
    for (let i = 0; i < last; i++) if (words.getInt32(at + i * 4, true) !== fours[i]) return false
    return words.getInt32(at + length - 4, true) === fours[last]
  }

  /** The shape with this field too, which is no attribute. */
  withField(tag: number): Shape {
    const found = this.#all.find((shape) => shape.tag === tag)
    return this.#take(found, () => new Shape(this, tag, undefined))
  }

  /** The shape with this attribute too. */
  withAttribute(bytes: Uint8Array, words: DataView, at: number, length: number): Shape {
    const found = this.#all.find((shape) => shape.fits(bytes, words, at, length))
    return this.#take(found, () => new Shape(this, ATTRIBUTE, Uint8Array.from(bytes.subarray(at, at + length))))
  }

  #take(found: Shape | undefined, make: () => Shape): Shape {
    if (found !== undefined) {
      this.next = found
      return found
    }
    const made = make()
    if (this.#all.length < NEXT_MAX && this.#isKept()) {
      this.#all.push(made)
      keepOne()
      this.next = made
    }
    return made
  }

  /** What hangs on a shape that is not kept is not kept either. */
  #isKept(): boolean {
    return this.before === undefined || this.before.#all.includes(this)
  }
}

let noFields = new Shape(undefined, 0, undefined)
let born = generation()

/** Where every record begins. */
export const beginning = (): Shape => {
  if (born !== generation()) {
    born = generation()
    noFields = new Shape(undefined, 0, undefined)
  }
  return noFields
}
