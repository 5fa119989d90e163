/**
 * Edits of single fields of a log record without decoding it: the revision that came of them, and what was made for this record.
 * It is written as the record's own bytes with pieces left out and put in.
 */
import { asBytes, wordsOf } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import { Field } from '../path.ts'
import type { Handle } from '../path.ts'
import type { Entry } from '../plain/record.ts'
import type { Script } from '../script.ts'
import { textAt } from '../strings.ts'
import type { Value } from '../types.ts'
import { asValue } from '../value.ts'
import { handles } from '../view.ts'
import { copyInCase } from './ascii-case.ts'
import type { BlockBuilder } from './block-builder.ts'
import type { Fields } from './fields.ts'
import { writtenField } from './field-bytes.ts'
import { ATTRIBUTE, keyBytes, tagOf } from './places.ts'
import type { Planned } from './plan.ts'
import { FIXED, MADE } from './piece.ts'
import type { Piece } from './piece.ts'
import type { Revision } from './revision.ts'
import { absent } from './scalars.ts'
import { beginning } from './shape.ts'
import { wayOf } from './way.ts'
import { entryBytes, passingEntryBytes } from './write.ts'

const fieldHandles = Object.values(handles).filter((at) => tagOf(at) !== 0)

/** Texts that are set again and again are encoded once for each path. */
const KEPT_MOST = 256
const KEPT_CHARACTERS = 64
/** Texts in another case, of one record; beyond that each has memory of its own. */
const ROOM = 512

interface Room {
  readonly bytes: Bytes
  readonly words: DataView
}

/** For whoever sketches next; taken out while it is in use. */
let spare: Room | undefined

const takeRoom = (): Room => {
  const bytes = spare?.bytes ?? (Buffer.allocUnsafeSlow(ROOM) as Bytes)
  const room = spare ?? { bytes, words: wordsOf(bytes) }
  spare = undefined
  return room
}

const encoded = (at: Handle, value: Value): Bytes => {
  if (typeof value !== 'string' || value.length > KEPT_CHARACTERS)
    return asBytes(passingEntryBytes(String(at.rest[0]), value))
  const kept = (at.otlpEntries ??= new Map())
  const known = kept.get(value)
  if (known !== undefined) return known
  const made = asBytes(entryBytes(String(at.rest[0]), value))
  if (kept.size < KEPT_MOST) kept.set(value, made)
  return made
}

export class Sketch implements Planned {
  readonly #fields: Fields
  revision: Revision = beginning().untouched
  #came: Revision = this.revision
  /** What was made for the record; where that is in the room, from where to where. */
  readonly #made: Bytes[] = []
  readonly #starts: number[] = []
  readonly #ends: number[] = []
  /** Undefined where only the bytes were made; the text starts there. */
  readonly #values: (Value | undefined)[] = []
  readonly #texts: number[] = []
  /** Where texts in another case are put. */
  #room: Room | undefined
  #used = 0

  constructor(fields: Fields) {
    this.#fields = fields
  }

  get row(): number {
    return this.#fields.row
  }
  get bytes(): Bytes {
    return this.#fields.bytes
  }
  get words(): DataView {
    return this.#fields.words
  }
  get starts(): Int32Array {
    return this.#fields.starts
  }
  get values(): Int32Array {
    return this.#fields.values
  }

  /** False when the record is written in a way that this cannot take. */
  open(row: number): boolean {
    const shape = this.#fields.open(row)
    if (shape === undefined) return false
    this.revision = this.#came = shape.untouched
    this.#used = 0
    return true
  }

  get changed(): boolean {
    return this.revision !== this.#came
  }

  has(at: Handle): boolean {
    return this.revision.piece(at) !== undefined
  }

  /** The field that `at` leads to or into. */
  get(at: Handle): Value | undefined {
    const piece = this.revision.piece(at)
    return piece === undefined ? absent(tagOf(at)) : this.valueOf(piece)
  }

  /** Whether a whole field is this text, which is `bytes`. */
  isTextAt(at: Handle, text: string, bytes: Uint8Array): boolean {
    const piece = this.revision.piece(at)
    return piece === undefined ? absent(tagOf(at)) === text : this.isText(piece, text, bytes)
  }

  valueOf({ kind, at, tag, value }: Piece): Value {
    if (kind === FIXED) return value!
    if (kind !== MADE) return this.#fields.value(at, tag)
    const made = this.#values[at]
    return made === undefined ? textAt(this.#room!.bytes, this.#texts[at]!, this.#ends[at]!) : made
  }

  /** What became of fields that are no attributes, by `set` and `unset`. */
  otherFields(set: (at: Handle, value: Value) => void, unset: (at: Handle) => void): void {
    for (const at of fieldHandles) {
      const piece = this.revision.piece(at)
      if (piece === undefined) unset(at)
      else if (piece.kind === FIXED || piece.kind === MADE) set(at, this.valueOf(piece))
    }
  }

  /** All attributes; those that are as they came are those given, which are all that came. */
  entries(came: readonly Entry[]): readonly Entry[] {
    let passed = 0
    const ordinals = this.#came.pieces.map(({ tag }) => (tag === ATTRIBUTE ? passed++ : -1))
    return this.revision.pieces
      .filter(({ tag }) => tag === ATTRIBUTE)
      .map((piece) =>
        this.#came.pieces[piece.at] === piece
          ? came[ordinals[piece.at]!]!
          : [Buffer.from(piece.key!).toString(), this.valueOf(piece)],
      )
  }

  /** The first of that name changes, others of that name go. */
  set(at: Handle, value: Value): void {
    this.make(this.revision.made, at, value)
    this.revision = this.revision.afterSet(at)
  }

  delete(at: Handle): void {
    this.revision = this.revision.afterDelete(at)
  }

  /** A field made as number `made`. */
  make(made: number, at: Handle, input: Value): void {
    if (at.field === Field.attributes) this.#keep(made, asValue(input), at)
    else {
      const { bytes, value } = writtenField(at, input)
      this.#keep(made, value, at, bytes)
    }
  }

  #keep(made: number, value: Value, at: Handle, bytes = encoded(at, value)): void {
    this.#made[made] = bytes
    this.#starts[made] = 0
    this.#ends[made] = bytes.length
    this.#values[made] = value
  }

  /** The same out of the short text that a field is, in another case; false when it is none in ASCII. */
  makeCase(made: number, at: Handle, { at: field, tag }: Piece, ascii: 'upper' | 'lower'): boolean {
    const from = this.#fields.textAt(field, tag)
    if (from < 0) return false
    const { bytes, words } = this.#fields
    const size = this.#fields.starts[field + 1]! - from
    const key = keyBytes(at)
    const length = key.length + 6 + size
    this.#room ??= takeRoom()
    const room = this.#room.bytes
    if (length > 127 || this.#used + length + 2 > ROOM) return false
    const start = this.#used
    room[start] = ATTRIBUTE
    room[start + 1] = length
    room[start + 2] = 10
    room[start + 3] = key.length
    let to = start + 4
    for (let i = 0; i < key.length; i++) room[to++] = key[i]!
    room[to++] = 18
    room[to++] = size + 2
    room[to++] = 10
    room[to++] = size
    if (!copyInCase(ascii, bytes, words, from, size, room, this.#room.words, to)) return false
    this.#texts[made] = to
    this.#used = to + size
    this.#made[made] = room
    this.#starts[made] = start
    this.#ends[made] = to + size
    this.#values[made] = undefined
    return true
  }

  lengthOf(made: number): number {
    return this.#ends[made]! - this.#starts[made]!
  }
  put(made: number, out: BlockBuilder<'logs'>): void {
    const bytes = this.#made[made]!
    const room = this.#room
    if (bytes === room?.bytes) out.span(bytes, room.words, this.#starts[made]!, this.#ends[made]!)
    else out.all(bytes)
  }

  /** Whether a field is this text, which is `needle` in bytes. */
  isText(piece: Piece, text: string, needle: Uint8Array): boolean {
    const { kind, at: field, tag } = piece
    const from = kind === MADE || kind === FIXED ? -1 : this.#fields.textAt(field, tag)
    if (from < 0) return this.valueOf(piece) === text
    const { bytes } = this.#fields
    if (this.#fields.starts[field + 1]! - from !== needle.length) return false
    for (let i = 0; i < needle.length; i++) if (bytes[from + i] !== needle[i]) return false
    return true
  }

  /** Carries out a script; false, and nothing is as it was meant to be, where that cannot be done on the bytes. */
  follow<R>(script: Script<R>, run: R): boolean {
    for (let way = wayOf(this.revision, script); ;) {
      for (let i = 0; i < way.works.length; i++) if (!way.works[i]!(this, run)) return false
      this.revision = way.revision
      if (way.test === undefined) return way.isWhole
      way = way.test(this, run) ? way.yes : way.no
    }
  }

  /** No further record is opened. */
  release(): void {
    spare ??= this.#room
    this.#room = undefined
  }

  write(out: BlockBuilder<'logs'>): void {
    this.revision.plan.write(this, out)
  }
}
