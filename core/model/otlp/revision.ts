/**
 * What became of a log record of one shape: its fields in order, each as it came, moved, made anew or gone. Nothing in it
 * is of one record alone, so that records of a shape that are edited in the same order share revisions. None ever changes.
 */
import type { Handle } from '../path.ts'
import { keepOne } from './budget.ts'
import { isNamed, MADE, Piece } from './piece.ts'
import { Plan } from './plan.ts'
import { ATTRIBUTE, keyOf, tagOf } from './places.ts'
import type { Shape } from './shape.ts'

/** Paths asked for of one revision whose places are kept. */
const PLACES_MAX = 32

export class Revision {
  readonly shape: Shape
  readonly pieces: readonly Piece[]
  /** How many things were made for the record on the way. */
  readonly made: number
  #plan: Plan | undefined
  /** Paths that were asked for, and the pieces they lead to. */
  #asked: Handle[] | undefined
  #places: (Piece | undefined)[] | undefined
  /** What follows when a path is set to something made, or deleted. */
  #afterSet: Map<Handle, Revision> | undefined
  #afterDelete: Map<Handle, Revision> | undefined
  /** What scripts make of it, kept for as long as they are; the one asked for last is at hand. */
  #ways: WeakMap<object, object> | undefined
  #script: object | undefined
  #way: object | undefined

  constructor(shape: Shape, pieces: readonly Piece[], made: number) {
    this.shape = shape
    this.pieces = pieces
    this.made = made
  }

  get plan(): Plan {
    this.#plan ??= new Plan(this.pieces)
    return this.#plan
  }

  /** What a path leads to or into: of attributes the first of that name counts, of other fields the last. */
  piece(at: Handle): Piece | undefined {
    const asked = (this.#asked ??= [])
    const places = (this.#places ??= [])
    for (let i = 0; i < asked.length; i++) if (asked[i] === at) return places[i]
    const tag = tagOf(at)
    const key = keyOf(at)
    const isIt = (piece: Piece): boolean => isNamed(piece, tag, key)
    const found = tag === ATTRIBUTE ? this.pieces.find(isIt) : this.pieces.findLast(isIt)
    if (asked.length < PLACES_MAX) {
      asked.push(at)
      places.push(found)
    }
    return found
  }

  /** The first field of the name becomes this, others of that name go. */
  with(piece: Piece): Revision {
    const { tag, key } = piece
    const first = this.pieces.findIndex((one) => isNamed(one, tag, key))
    const pieces = this.pieces.flatMap((one, i) => (i === first ? [piece] : isNamed(one, tag, key) ? [] : [one]))
    if (first < 0) pieces.push(piece)
    return new Revision(this.shape, pieces, piece.kind === MADE ? this.made + 1 : this.made)
  }

  /** Only these pieces; the same revision where that is all of them. */
  only(stays: (piece: Piece) => boolean): Revision {
    const pieces = this.pieces.filter((piece) => stays(piece))
    return pieces.length === this.pieces.length ? this : new Revision(this.shape, pieces, this.made)
  }

  without(at: Handle): Revision {
    const [tag, key] = [tagOf(at), keyOf(at)]
    return this.only((piece) => !isNamed(piece, tag, key))
  }

  /** A field set to what is made as number `made` for the record. */
  afterSet(at: Handle): Revision {
    const known = this.#afterSet?.get(at)
    if (known !== undefined) return known
    const next = this.with(new Piece(MADE, tagOf(at), keyOf(at), this.made))
    this.#afterSet ??= new Map()
    this.#afterSet.set(at, next)
    keepOne()
    return next
  }

  afterDelete(at: Handle): Revision {
    const known = this.#afterDelete?.get(at)
    if (known !== undefined) return known
    const next = this.without(at)
    this.#afterDelete ??= new Map()
    this.#afterDelete.set(at, next)
    keepOne()
    return next
  }

  wayOf(script: object): object | undefined {
    if (script === this.#script) return this.#way
    this.#script = script
    this.#way = this.#ways?.get(script)
    return this.#way
  }

  keepWay(script: object, way: object): void {
    this.#ways ??= new WeakMap()
    this.#ways.set(script, way)
    this.#script = script
    this.#way = way
  }
}
