/** How a record of one shape is written once it was edited: which of its spans are copied, and what goes between them. */
import { asBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import type { BlockBuilder } from './block-builder.ts'
import { ATTRIBUTE, EVENT_NAME } from './places.ts'
import { CAME, FIXED, MOVED } from './piece.ts'
import type { Piece } from './piece.ts'

/** What a plan is carried out on. */
export interface Planned {
  readonly row: number
  /** As in fields.ts. */
  readonly bytes: Bytes
  readonly words: DataView
  readonly starts: Int32Array
  readonly values: Int32Array
  /** The length of what was made for the record as that number. */
  lengthOf(made: number): number
  put(made: number, out: BlockBuilder<'logs'>): void
}

/** Copies the fields from number `from` to before `to`. */
const SPAN = 0
/** Writes an attribute with this key (its field 1) and the value of the attribute `from`. */
const MOVE = 1
const BYTES = 2
/** Writes what was made as number `from`. */
const MAKE = 3

class Part {
  readonly kind: number
  readonly from: number
  to: number
  bytes: Bytes

  constructor(kind: number, from: number, to: number, bytes: Bytes) {
    this.kind = kind
    this.from = from
    this.to = to
    this.bytes = bytes
  }
}

const nothing = asBytes(new Uint8Array(0))

/** A key as field 1 of a KeyValue. */
const keyField = (key: Uint8Array): Bytes => {
  const length: number[] = []
  let rest = key.length
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128)
  length.push(rest)
  return asBytes(Buffer.concat([Uint8Array.of(10, ...length), key]))
}

const varintSize = (value: number): number => {
  let bytes = 1
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

export class Plan {
  readonly #parts: readonly Part[]
  readonly #mayBeNamed: boolean

  constructor(pieces: readonly Piece[]) {
    const parts: Part[] = []
    for (const { kind, at, key, bytes } of pieces) {
      const last = parts.at(-1)
      if (kind === CAME) {
        if (last?.kind === SPAN && last.to === at) last.to++
        else parts.push(new Part(SPAN, at, at + 1, nothing))
      } else if (kind === FIXED) {
        if (last?.kind === BYTES) last.bytes = asBytes(Buffer.concat([last.bytes, bytes!]))
        else parts.push(new Part(BYTES, 0, 0, bytes!))
      } else if (kind === MOVED) parts.push(new Part(MOVE, at, 0, keyField(key!)))
      else parts.push(new Part(MAKE, at, 0, nothing))
    }
    this.#parts = parts
    this.#mayBeNamed = pieces.some(({ kind, tag }) => tag === EVENT_NAME && kind !== CAME)
  }

  write(record: Planned, out: BlockBuilder<'logs'>): void {
    const { bytes, words, starts, values } = record
    out.begin(record.row, this.#length(record))
    if (this.#mayBeNamed) out.mayBeNamed()
    const parts = this.#parts
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!
      const { from } = part
      switch (part.kind) {
        case SPAN:
          out.span(bytes, words, starts[from]!, starts[part.to]!)
          break
        case MOVE: {
          const [start, end] = [values[from]!, starts[from + 1]!]
          out.head(ATTRIBUTE, part.bytes.length + end - start)
          out.all(part.bytes)
          out.span(bytes, words, start, end)
          break
        }
        case BYTES:
          out.all(part.bytes)
          break
        default:
          record.put(from, out)
      }
    }
  }

  #length(record: Planned): number {
    const { starts, values } = record
    const parts = this.#parts
    let length = 0
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]!
      const { from } = part
      switch (part.kind) {
        case SPAN:
          length += starts[part.to]! - starts[from]!
          break
        case MOVE: {
          const inner = part.bytes.length + starts[from + 1]! - values[from]!
          length += 1 + varintSize(inner) + inner
          break
        }
        case BYTES:
          length += part.bytes.length
          break
        default:
          length += record.lengthOf(from)
      }
    }
    return length
  }
}
