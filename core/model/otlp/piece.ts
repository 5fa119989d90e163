/** A field of a record that was edited. */
import type { Bytes } from '../bytes.ts'
import type { Value } from '../types.ts'

/** The field of the record of that number, as it came … */
export const CAME = 0
/** … the value of the attribute of that number under another key … */
export const MOVED = 1
/** … bytes and a value that are the same for all records … */
export const FIXED = 2
/** … or what was made for this record, by its number. */
export const MADE = 3
type PieceKind = typeof CAME | typeof MOVED | typeof FIXED | typeof MADE

export class Piece {
  readonly kind: PieceKind
  readonly tag: number
  /** Of an attribute. */
  readonly key: Uint8Array | undefined
  readonly at: number
  /** Of what is fixed: the field from its tag on. */
  readonly bytes: Bytes | undefined
  readonly value: Value | undefined

  constructor(kind: PieceKind, tag: number, key: Uint8Array | undefined, at: number, bytes?: Bytes, value?: Value) {
    this.kind = kind
    this.tag = tag
    this.key = key
    this.at = at
    this.bytes = bytes
    this.value = value
  }
}

export const isNamed = (piece: Piece, tag: number, key: Uint8Array | undefined): boolean =>
  piece.tag === tag && (piece.key === key || (key !== undefined && Buffer.compare(piece.key!, key) === 0))
