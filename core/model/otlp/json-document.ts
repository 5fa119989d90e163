/**
 * Log records as one OTLP/JSON request on one line, written record after record. Neighbours with an equal resource and
 * scope stand together. What was written is handed on in pieces, so only the bytes of the request are held.
 */
import { Output } from '../json/output.ts'
import type { Pieces } from '../pieces.ts'
import { groupsEqual } from '../plain/record.ts'
import type { Group, PlainLog } from '../plain/record.ts'
import { groupAround, logAround, otlpJsonOfLog } from './json.ts'
import type { Around } from './json.ts'

/** Written bytes are handed on from here on. */
const PIECE = 256 * 1_024

/** Kept from one document to the next. */
let spare: Output | undefined

export class JsonDocument {
  readonly #pieces: Pieces
  readonly #out: Output
  #group: Group | undefined
  #tail = ''
  /** What stood beside the last record, and its text. */
  #side: PlainLog | undefined
  #around: Around = { before: '', after: '' }

  constructor(pieces: Pieces) {
    this.#pieces = pieces
    this.#out = spare ?? new Output()
    spare = undefined
    this.#out.reset()
    this.#out.ascii('{"resourceLogs":[')
  }

  /** A record from its values. */
  log(log: PlainLog): void {
    this.#next(log.group)
    this.#out.ascii(otlpJsonOfLog(log))
    this.#handOn()
  }

  /** A record whose body is written by the caller, between `begin` and `end`; all else stands in `side`. */
  begin(side: PlainLog): Output {
    this.#next(side.group)
    if (side !== this.#side) {
      this.#side = side
      this.#around = logAround(side)
    }
    this.#out.ascii(this.#around.before)
    return this.#out
  }

  end(): void {
    this.#out.ascii(this.#around.after)
    this.#handOn()
  }

  finish(): void {
    this.#out.ascii(`${this.#tail}]}\n`)
    this.#pieces.add(this.#out.take())
    spare = this.#out
  }

  #next(group: Group): void {
    if (this.#group !== undefined && groupsEqual(this.#group, group)) return this.#out.byte(COMMA)
    const { before, after } = groupAround(group)
    this.#out.ascii(this.#group === undefined ? before : `${this.#tail},${before}`)
    this.#group = group
    this.#tail = after
  }

  #handOn(): void {
    if (this.#out.length < PIECE) return
    this.#pieces.add(this.#out.take())
    this.#out.reset()
  }
}

const COMMA = 44
