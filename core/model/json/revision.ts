/**
 * What became of a line of one shape after a sequence of edits, without the values: which entries were replaced, deleted
 * or gained. Lines of one shape that are edited in the same order come by the same revisions, so what an edit means there
 * (which entry a path leads to, where commas go) is worked out once, and for every further line looked up.
 *
 * A revision never changes. Edits it knows no answer for (inside a replaced value, list items, keys that may stand for
 * bytes) have none, and whoever asked goes the long way with edit.ts; the revision tells which edits led to it.
 */
import type { Plan } from './plan.ts'
import { planOf } from './plan.ts'
import { MAP } from './scan.ts'
import type { Shape } from './shape.ts'
import type { Spot, Step } from './spot.ts'

/** Where paths lead, as numbers: 2 × an entry that is as it was, + 1 when something inside it changed … */
const CHANGED_INSIDE = 1
/** … nothing there, inside a value or otherwise not known here … */
export const ABSENT = -1
export const ELSEWHERE = -2
const UNKNOWN = -3
/** … or the value of that number: VALUE - number. */
export const VALUE = -16

/** Of one shape; further edits go the long way. */
const REVISIONS_MAX = 256

/** A member that a map gained; `value` is its value's number. */
export interface Gain {
  readonly parent: number
  readonly key: string
  readonly value: number
}

export interface Edits {
  readonly replaced: ReadonlyMap<number, number>
  readonly gone: ReadonlySet<number>
  readonly gains: readonly Gain[]
  /** Containers with a change inside. */
  readonly changed: ReadonlySet<number>
}

const noEdits: Edits = { replaced: new Map(), gone: new Set(), gains: [], changed: new Set() }

export interface Edit {
  readonly kind: 'set' | 'delete'
  readonly spot: Spot
  readonly before: Revision
}

/** The edits that follow, each with where it leads; undefined where the long way has to be gone. */
type Following = Map<Step, Revision | undefined>

const isBytesKey = (step: Step): boolean => typeof step.key === 'string' && step.key.startsWith('$')

export class Revision {
  readonly shape: Shape
  readonly #edits: Edits
  /** The last edit. */
  readonly edit: Edit | undefined
  /** How many values were set on the way. */
  readonly values: number
  /** By step. */
  #places = new Int32Array(0)
  #plan: Plan | undefined
  readonly #sets: Following = new Map()
  readonly #deletes: Following = new Map()
  /** The usual next edits, found without a look-up. */
  #setStep: Step | undefined
  #setNext: Revision | undefined
  #deleteStep: Step | undefined
  #deleteNext: Revision | undefined

  constructor(shape: Shape, edits: Edits = noEdits, edit?: Edit) {
    this.shape = shape
    this.#edits = edits
    this.edit = edit
    this.values = edit === undefined ? 0 : edit.before.values + (edit.kind === 'set' ? 1 : 0)
  }

  get isUntouched(): boolean {
    return this.edit === undefined
  }

  get plan(): Plan {
    this.#plan ??= planOf(this.shape, this.#edits)
    return this.#plan
  }

  /** Where a path leads, see above. */
  place(step: Step): number {
    const { id } = step
    const known = id < this.#places.length ? this.#places[id]! : UNKNOWN
    return known === UNKNOWN ? this.#findPlace(step) : known
  }

  #findPlace(step: Step): number {
    const place = this.#locate(step)
    if (step.id >= this.#places.length) {
      const places = new Int32Array(step.id + 16).fill(UNKNOWN)
      places.set(this.#places)
      this.#places = places
    }
    this.#places[step.id] = place
    return place
  }

  #locate(step: Step): number {
    if (step.parent === undefined) return this.#edits.changed.has(0) ? CHANGED_INSIDE : 0
    const above = this.place(step.parent)
    if (above < 0) return above === ABSENT ? ABSENT : ELSEWHERE
    const parent = above >> 1
    const { replaced, gone, gains, changed } = this.#edits
    const entry = this.shape.child(parent, step.key)
    if (entry >= 0 && !gone.has(entry)) {
      const value = replaced.get(entry)
      if (value !== undefined) return VALUE - value
      return entry * 2 + (changed.has(entry) ? CHANGED_INSIDE : 0)
    }
    const gain = gains.find((one) => one.parent === parent && one.key === step.key)
    return gain === undefined ? ABSENT : VALUE - gain.value
  }

  /** After this edit; undefined when it has to be made the long way. */
  set(spot: Spot, step: Step): Revision | undefined {
    if (step === this.#setStep) return this.#setNext
    if (!this.#sets.has(step)) this.#sets.set(step, this.#afterSet(spot, step))
    this.#setStep = step
    this.#setNext = this.#sets.get(step)
    return this.#setNext
  }

  delete(spot: Spot, step: Step): Revision | undefined {
    if (step === this.#deleteStep) return this.#deleteNext
    if (!this.#deletes.has(step)) this.#deletes.set(step, this.#afterDelete(spot, step))
    this.#deleteStep = step
    this.#deleteNext = this.#deletes.get(step)
    return this.#deleteNext
  }

  #afterSet(spot: Spot, step: Step): Revision | undefined {
    if (step.parent === undefined || isBytesKey(step)) return undefined
    const above = this.place(step.parent)
    const place = this.place(step)
    if (above < 0 || place === ELSEWHERE) return undefined
    const parent = above >> 1
    const { replaced, gains } = this.#edits
    const value = this.values
    const { key } = step
    const entry = this.shape.child(parent, key)
    if (entry >= 0 && !this.#edits.gone.has(entry))
      return this.#next(spot, 'set', parent, { replaced: new Map(replaced).set(entry, value) })
    if (typeof key !== 'string' || this.shape.at(parent).bracket !== MAP) return undefined
    const gain: Gain = { parent, key, value }
    const at = gains.findIndex((one) => one.parent === parent && one.key === key)
    return this.#next(spot, 'set', parent, { gains: at < 0 ? [...gains, gain] : gains.with(at, gain) })
  }

  #afterDelete(spot: Spot, step: Step): Revision | undefined {
    if (step.parent === undefined || typeof step.key !== 'string' || isBytesKey(step)) return undefined
    const place = this.place(step)
    if (place === ABSENT) return this
    if (place === ELSEWHERE) return undefined
    const above = this.place(step.parent)
    const parent = above >> 1
    const { gone, gains } = this.#edits
    const entry = this.shape.child(parent, step.key)
    if (entry < 0 || gone.has(entry)) {
      return this.#next(spot, 'delete', parent, {
        gains: gains.filter((one) => one.parent !== parent || one.key !== step.key),
      })
    }
    return this.#next(spot, 'delete', parent, { gone: new Set(gone).add(entry) })
  }

  #next(spot: Spot, kind: Edit['kind'], parent: number, change: Partial<Edits>): Revision | undefined {
    if (this.shape.revisions >= REVISIONS_MAX) return undefined
    this.shape.revisions++
    const changed = new Set(this.#edits.changed).add(0)
    for (let entry = parent; entry > 0; entry = this.shape.at(entry).parent) changed.add(entry)
    return new Revision(this.shape, { ...this.#edits, ...change, changed }, { kind, spot, before: this })
  }
}
