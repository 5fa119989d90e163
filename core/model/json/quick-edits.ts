/**
 * Edits of one line. Lines of a known shape go from revision to revision (revision.ts), which costs a look-up an edit;
 * what that cannot answer is done over again by the long way (edit.ts) on a whole tape, and stays there for this line.
 */
import type { Bytes } from '../bytes.ts'
import type { Value, ValueKind } from '../types.ts'
import { asValue, kindOf } from '../value.ts'
import { ROW, ROW_END, ROW_START } from './block.ts'
import type { Block, Tape } from './block.ts'
import { JsonEdits } from './edit.ts'
import type { Output } from './output.ts'
import type { Line } from './plan.ts'
import { ABSENT, VALUE } from './revision.ts'
import type { Revision } from './revision.ts'
import { Scanner } from './scan.ts'
import { kindIn, scalarIn } from './short-index.ts'
import type { Spot } from './spot.ts'

const OWN_WORDS = 512

export class QuickEdits implements Line {
  readonly bytes: Bytes
  readonly #rows: Int32Array
  readonly #long: JsonEdits
  words: Int32Array
  root = 0
  start = 0
  end = 0
  /** Undefined where the long way is gone. */
  #revision: Revision | undefined
  /** What was set, by the number that revisions give it; keeps its length. */
  readonly #values: Value[] = []
  /** A whole tape of a line that has a short index. */
  #own: Scanner | undefined
  #usesOwn = false

  constructor(block: Block, tape: Tape) {
    this.bytes = block.bytes
    this.#rows = block.rows
    this.words = tape.scanner.words
    this.#long = new JsonEdits(block.bytes, tape.scanner)
  }

  get changed(): boolean {
    return this.#revision === undefined ? this.#long.changed : !this.#revision.isUntouched
  }

  /** Turns to another line, forgetting all edits. */
  open(tape: Tape, row: number): void {
    const shape = tape.shapes[row]
    this.words = tape.scanner.words
    this.root = tape.roots[row]!
    this.start = this.#rows[row * ROW + ROW_START]!
    this.end = this.#rows[row * ROW + ROW_END]!
    this.#usesOwn = false
    this.#revision = shape?.untouched
    if (shape === undefined) this.#long.open(this.bytes, tape.scanner, this.root)
  }

  /** Takes a tape of the same block that was written anew: the line may have another kind of index now. */
  rebind(tape: Tape, row: number): void {
    const shape = tape.shapes[row]
    this.words = tape.scanner.words
    this.root = tape.roots[row]!
    if (this.#usesOwn) return
    if (this.#revision !== undefined) {
      if (shape !== this.#revision.shape) this.#goLong()
    } else if (shape === undefined) this.#long.rebind(tape.scanner, this.root)
    else this.#long.rebind(this.#wholeTape(), 0)
  }

  #wholeTape(): Scanner {
    this.#usesOwn = true
    this.#own ??= new Scanner(OWN_WORDS)
    this.#own.length = 0
    this.#own.scan(this.bytes, this.start)
    return this.#own
  }

  /** Does the edits so far over again. */
  #goLong(): JsonEdits {
    const revision = this.#revision
    if (revision !== undefined) {
      this.#revision = undefined
      this.#long.open(this.bytes, this.#wholeTape(), 0)
      this.#repeat(revision)
    }
    return this.#long
  }

  #repeat({ edit }: Revision): void {
    if (edit === undefined) return
    this.#repeat(edit.before)
    if (edit.kind === 'delete') this.#long.delete(edit.spot)
    else this.#long.set(edit.spot, this.#values[edit.before.values]!)
  }

  get(spot: Spot): Value | undefined {
    const revision = this.#revision
    const step = revision === undefined ? undefined : spot.step
    if (step === undefined) return this.#goLong().get(spot)
    const place = revision!.place(step)
    if (place >= 0) {
      const entry = revision!.shape.at(place >> 1)
      return entry.bracket === 0 ? scalarIn(this.bytes, this.words, this.root, entry) : this.#goLong().get(spot)
    }
    if (place <= VALUE) return this.#values[VALUE - place]
    return place === ABSENT ? undefined : this.#goLong().get(spot)
  }

  kind(spot: Spot): ValueKind | undefined {
    const revision = this.#revision
    const step = revision === undefined ? undefined : spot.step
    if (step === undefined) return this.#goLong().kind(spot)
    const place = revision!.place(step)
    if (place >= 0) return kindIn(this.bytes, this.words, this.root, revision!.shape.at(place >> 1))
    if (place <= VALUE) return kindOf(this.#values[VALUE - place]!)
    return place === ABSENT ? undefined : this.#goLong().kind(spot)
  }

  set(spot: Spot, input: Value): void {
    const revision = this.#revision
    const step = revision === undefined ? undefined : spot.step
    const next = step === undefined ? undefined : revision!.set(spot, step)
    if (next === undefined) return this.#goLong().set(spot, input)
    this.#values[revision!.values] = typeof input === 'string' ? input : asValue(input)
    this.#revision = next
  }

  delete(spot: Spot): void {
    const revision = this.#revision
    const step = revision === undefined ? undefined : spot.step
    const next = step === undefined ? undefined : revision!.delete(spot, step)
    if (next === undefined) return this.#goLong().delete(spot)
    this.#revision = next
  }

  /** Writes the line with its edits. */
  write(out: Output): void {
    if (this.#revision === undefined) this.#long.write(out)
    else this.#revision.plan.write(this, this.#values, out)
  }
}
