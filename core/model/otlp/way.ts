/**
 * The way a script takes through records of one shape, worked out as far as records have gone it: between two questions that
 * each record has to be asked lies what is made for each, and what all that comes to is a revision they share.
 */
import { handleOf } from '../path.ts'
import type { Handle } from '../path.ts'
import type { Script, Source, Step, Test } from '../script.ts'
import type { Value } from '../types.ts'
import { keepOne } from './budget.ts'
import { writtenField } from './field-bytes.ts'
import { ATTRIBUTE, keyOf, tagOf } from './places.ts'
import { CAME, FIXED, MADE, MOVED, Piece } from './piece.ts'
import type { Revision } from './revision.ts'
import { absent } from './scalars.ts'
import type { Sketch } from './sketch.ts'

/** Answers false where it cannot be done on the bytes. */
type Work<R> = (sketch: Sketch, run: R) => boolean

export class Way<R> {
  readonly works: readonly Work<R>[]
  /** What the record is after the works. */
  readonly revision: Revision
  /** Undefined at the end … */
  readonly test: Work<R> | undefined
  /** … which is that of the script, or where it cannot be followed further. */
  readonly isWhole: boolean
  readonly #go: ((holds: boolean) => Way<R>) | undefined
  #yes: Way<R> | undefined
  #no: Way<R> | undefined

  constructor(
    works: readonly Work<R>[],
    revision: Revision,
    isWhole: boolean,
    test?: Work<R>,
    go?: (holds: boolean) => Way<R>,
  ) {
    this.works = works
    this.revision = revision
    this.isWhole = isWhole
    this.test = test
    this.#go = go
    keepOne()
  }

  get yes(): Way<R> {
    this.#yes ??= this.#go!(true)
    return this.#yes
  }
  get no(): Way<R> {
    this.#no ??= this.#go!(false)
    return this.#no
  }
}

/** What is known of a test before a record is asked. */
const answer = <R>(test: Test<R>, revision: Revision): boolean | undefined => {
  if (test.type === 'asked') return undefined
  const at = handleOf(test.at)
  const piece = revision.piece(at)
  if (piece !== undefined && piece.kind !== FIXED) return undefined
  const value = piece === undefined ? absent(tagOf(at)) : piece.value
  return (value === test.text) !== test.isNot
}

const question = <R>(test: Test<R>, revision: Revision): Work<R> => {
  if (test.type === 'asked') return (_, run) => test.holds(run)
  const piece = revision.piece(handleOf(test.at))!
  const { text, isNot } = test
  const needle = Buffer.from(text)
  return (sketch) => sketch.isText(piece, text, needle) !== isNot
}

/** What is set to the same everywhere, by its source. */
const constants = new WeakMap<object, Piece>()

const constant = (at: Handle, source: Extract<Source<never>, { type: 'value' }>): Piece => {
  const known = constants.get(source)
  if (known !== undefined) return known
  const piece = fixed(at, source.value)
  constants.set(source, piece)
  return piece
}

const fixed = (at: Handle, input: Value): Piece => {
  const { bytes, value } = writtenField(at, input)
  return new Piece(FIXED, tagOf(at), keyOf(at), 0, bytes, value)
}

/** What a field is set to, and the work each record needs for it; undefined where it cannot be told. */
const made = <R>(at: Handle, source: Source<R>, revision: Revision, works: Work<R>[]): Piece | undefined => {
  const number = revision.made
  const piece = new Piece(MADE, tagOf(at), keyOf(at), number)
  if (source.type === 'value') return constant(at, source)
  if (source.type === 'asked') {
    works.push((sketch, run) => {
      sketch.revision = revision
      sketch.make(number, at, source.get(run))
      return true
    })
    return piece
  }
  const from = revision.piece(handleOf(source.at))
  if (source.type === 'attribute') {
    if (from === undefined) return fixed(at, null)
    if (from.kind === FIXED) return fixed(at, from.value!)
    if (from.kind !== MADE && piece.tag === ATTRIBUTE) return new Piece(MOVED, ATTRIBUTE, piece.key, from.at)
    works.push((sketch) => {
      sketch.make(number, at, sketch.valueOf(from))
      return true
    })
    return piece
  }
  if (from === undefined) return undefined
  const { change, ascii } = source
  if (from.kind === FIXED) return typeof from.value === 'string' ? fixed(at, change(from.value)) : undefined
  const isQuick = ascii !== undefined && piece.tag === ATTRIBUTE && (from.kind === CAME || from.kind === MOVED)
  works.push((sketch) => {
    if (isQuick && sketch.makeCase(number, at, from, ascii)) return true
    const text = sketch.valueOf(from)
    if (typeof text !== 'string') return false
    sketch.make(number, at, change(text))
    return true
  })
  return piece
}

/** A map's keys that look like indexes change places when it is set as a whole. */
const isIndex = (key: string): boolean => /^\d+$/.test(key)

/** Undefined where the map as a whole is not the same as its entries: that is left to code. */
const kept = (keeps: (key: string) => boolean, revision: Revision): Revision | undefined => {
  const attributes = revision.pieces.filter(({ tag }) => tag === ATTRIBUTE)
  const keys = attributes.map(({ key }) => Buffer.from(key!).toString())
  if (new Set(keys).size < keys.length || keys.some((key) => isIndex(key))) return undefined
  const gone = new Set(attributes.filter((_, i) => !keeps(keys[i]!)))
  return revision.only((piece) => !gone.has(piece))
}

const edited = <R>({ edit }: Step<R>, revision: Revision, works: Work<R>[]): Revision | undefined => {
  if (edit.type === 'delete') return revision.without(handleOf(edit.at))
  if (edit.type === 'keep') return kept(edit.keeps, revision)
  const piece = made(handleOf(edit.at), edit.from, revision, works)
  return piece && revision.with(piece)
}

const wayFrom = <R>(script: Script<R>, first: number, firstTest: number, from: Revision): Way<R> => {
  script.workedOut()
  const { steps } = script
  const works: Work<R>[] = []
  let revision = from
  for (let i = first; i < steps.length; i++) {
    const { where } = steps[i]!
    let holds = true
    for (let j = i === first ? firstTest : 0; holds && j < where.length; j++) {
      const known = answer(where[j]!, revision)
      if (known === undefined) {
        const here = revision
        const go = (yes: boolean): Way<R> => (yes ? wayFrom(script, i, j + 1, here) : wayFrom(script, i + 1, 0, here))
        return new Way(works, here, false, question(where[j]!, here), go)
      }
      holds = known
    }
    if (!holds) continue
    const next = edited(steps[i]!, revision, works)
    if (next === undefined) return new Way(works, revision, false)
    revision = next
  }
  return new Way(works, revision, true)
}

/** The way of a script from a revision on. */
export const wayOf = <R>(revision: Revision, script: Script<R>): Way<R> => {
  const known = revision.wayOf(script) as Way<R> | undefined
  if (known !== undefined) return known
  const way = wayFrom(script, 0, 0, revision)
  revision.keepWay(script, way)
  return way
}
