/**
 * A block: lines of JSON in one buffer, checked once. Blocks never change and are shared by all batches cut from them.
 *
 * The tape of a block is leased from a small pool: whoever needs one takes the one used longest ago, and a block that
 * lost its tape scans its lines again when it is next read. So an index costs no memory for batches that wait in queues.
 */
import { asBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import type { PlainLog } from '../plain/record.ts'
import type { Scanner } from './scan.ts'
import type { Shape } from './shape.ts'
import { LineScanner } from './spellings.ts'

/** What the line's JSON is: the body of the record, or a Seneca envelope. */
export type Mapping = 'body' | 'envelope'

/** Rows: three words for each record. */
export const ROW_START = 0
export const ROW_END = 1
/** Where the line began, from the origin's offset. */
export const ROW_OFFSET = 2
export const ROW = 3
const NEWLINE = 10

export interface Tape {
  readonly lines: LineScanner
  readonly scanner: Scanner
  /** Where each row's index begins. */
  roots: Int32Array
  /** The shape of each row that has a short index; the others have a whole tape. */
  readonly shapes: (Shape | undefined)[]
  owner: Block | undefined
}

const POOL = 6
/** A tape that one huge block made larger than this many words is let go. */
const WORDS_KEPT = 4 * 1_024 * 1_024

const pool: Tape[] = []
let turn = 0

const newTape = (): Tape => {
  const lines = new LineScanner()
  return { lines, scanner: lines.scanner, roots: new Int32Array(0), shapes: [], owner: undefined }
}

/** Stands where none was taken yet. */
export const noTape: Tape = newTape()

/** A tape that nobody owns any more. */
export const takeTape = (): Tape => {
  const tape = pool[turn] ?? newTape()
  pool[turn] = tape
  turn = (turn + 1) % POOL
  tape.owner = undefined
  tape.scanner.length = 0
  tape.scanner.odd = false
  if (tape.scanner.words.length > WORDS_KEPT) tape.scanner.words = new Int32Array(WORDS_KEPT)
  return tape
}

export class Block {
  readonly bytes: Bytes
  readonly mapping: Mapping
  readonly rows: Int32Array
  readonly count: number
  readonly originKey: string | undefined
  readonly originOffset: number
  /** What stands beside every line: attributes, resource, observed time. */
  readonly base: PlainLog
  /** Records whose fields beside the line were edited (mapping `body`). */
  readonly sides: readonly (PlainLog | undefined)[] | undefined
  #tape: Tape | undefined

  constructor(
    from: Pick<Block, 'bytes' | 'mapping' | 'rows' | 'originKey' | 'originOffset' | 'base' | 'sides'>,
    tape?: Tape,
  ) {
    this.bytes = from.bytes
    this.mapping = from.mapping
    this.rows = from.rows
    this.count = from.rows.length / ROW
    this.originKey = from.originKey
    this.originOffset = from.originOffset
    this.base = from.base
    this.sides = from.sides
    this.#tape = tape
    if (tape) tape.owner = this
  }

  tape(): Tape {
    const tape = this.#tape
    return tape !== undefined && tape.owner === this ? tape : this.#scan()
  }

  /** The same record in a block of its own, so that it does not keep this one alive. */
  alone(row: number): Block {
    const at = row * ROW
    const [start, end] = [this.rows[at]!, this.rows[at + ROW_END]!]
    const bytes = asBytes(Buffer.allocUnsafeSlow(end - start + 1))
    this.bytes.copy(bytes, 0, start, end)
    bytes[end - start] = NEWLINE
    const side = this.sides?.[row]
    const rows = Int32Array.of(0, end - start, this.rows[at + ROW_OFFSET]!)
    return new Block({ ...this.about(), bytes, rows, sides: side && [side] })
  }

  /** What a block made from this one takes over. */
  about(): Pick<Block, 'mapping' | 'originKey' | 'originOffset' | 'base'> {
    return { mapping: this.mapping, originKey: this.originKey, originOffset: this.originOffset, base: this.base }
  }

  side(row: number): PlainLog {
    return this.sides?.[row] ?? this.base
  }

  #scan(): Tape {
    const tape = takeTape()
    const roots = tape.roots.length < this.count ? new Int32Array(this.count) : tape.roots
    for (let row = 0; row < this.count; row++) {
      roots[row] = tape.scanner.length
      tape.lines.scan(this.bytes, this.rows[row * ROW]!)
      tape.shapes[row] = tape.lines.shape
    }
    tape.roots = roots
    tape.owner = this
    this.#tape = tape
    return tape
  }
}
