/** Reading a record of a block: walks its fields and decodes only what was asked for. */
import type { AttributesField, Handle } from '../path.ts'
import { readPlain } from '../plain/read.ts'
import { entriesIn } from '../plain/record.ts'
import type { PlainLog } from '../plain/record.ts'
import { PlainReader } from '../plain/part.ts'
import type { LogRecord, Origin, Value, ValueKind } from '../types.ts'
import { getIn, kindOf } from '../value.ts'
import { LogView } from '../view.ts'
import type { Reader } from '../view.ts'
import { ROW, ROW_END, ROW_GROUP, ROW_OFFSET, ROW_START } from './block.ts'
import type { OtlpBlock, OtlpGroup } from './block.ts'
import { readLog } from './read-log.ts'
import type { Fields } from './fields.ts'
import { ATTRIBUTE, EVENT_NAME, isInAttribute, keyBytes, tagOf } from './places.ts'
import { ProtoReader, readEntryIf } from './read.ts'
import { absent, readScalar } from './scalars.ts'

const SEVERITY_TEXT = 26

const NONE = -1
const UNUSUAL = -2

/** Where the last field with this tag goes on behind it, which is a text; its length is one byte, or it is UNUSUAL. */
const lastText = (bytes: Uint8Array, wanted: number, start: number, end: number): number => {
  let found = NONE
  let at = start
  while (at < end) {
    const tag = bytes[at++]!
    if (tag === wanted) found = at
    // Tags and lengths of more bytes are rare.
    if (tag > 127) return UNUSUAL
    switch (tag & 7) {
      case 0:
        while (bytes[at++]! > 127);
        break
      case 1:
        at += 8
        break
      case 2:
        if (bytes[at]! > 127) return UNUSUAL
        at += 1 + bytes[at]!
        break
      default:
        at += 4
    }
  }
  return found
}

const isAt = (bytes: Uint8Array, at: number, text: Uint8Array): boolean => {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false
  return true
}

export class OtlpReader implements Reader {
  readonly #block: OtlpBlock
  readonly #r: ProtoReader
  #plain: PlainLog | undefined
  /** Where the fields of the row stand; readers that are moved from row to row have it. */
  readonly fields: Fields | undefined
  row: number

  constructor(block: OtlpBlock, row: number, fields?: Fields) {
    this.#block = block
    this.fields = fields
    this.#r = new ProtoReader(block.bytes)
    this.row = row
  }

  move(row: number): void {
    this.row = row
    this.#plain = undefined
  }

  get group(): OtlpGroup {
    return this.#block.groups[this.#block.rows[this.row * ROW + ROW_GROUP]!]!
  }

  /** The reader at the record's message. */
  #open(): ProtoReader {
    const r = this.#r
    const at = this.row * ROW
    r.at = this.#block.rows[at + ROW_START]!
    r.end = this.#block.rows[at + ROW_END]!
    return r
  }

  get(at: Handle): Value | undefined {
    if (this.#plain) return readPlain(this.#plain, at)
    const tag = tagOf(at)
    if (tag === 0) return readPlain(this.group.log, at)
    if (tag === ATTRIBUTE && !isInAttribute(at)) return readPlain(this.plain(), at)
    const below = tag === ATTRIBUTE ? 1 : 0
    const value = this.#field(at, tag)
    return at.rest.length === below ? value : getIn(value, at.rest, below)
  }

  #field(at: Handle, tag: number): Value | undefined {
    const shape = this.fields?.open(this.row)
    if (shape === undefined) return tag === ATTRIBUTE ? this.#attribute(at) : this.#scalar(tag)
    const piece = shape.untouched.piece(at)
    return piece === undefined ? absent(tag) : this.fields!.value(piece.at, tag)
  }

  /** The last occurrence of a field counts, as protobuf has it. */
  #scalar(wanted: number): Value | undefined {
    const r = this.#open()
    let value = absent(wanted)
    while (r.at < r.end) {
      const tag = r.varint()
      if (tag === wanted) value = readScalar(r, tag)
      else r.skip(tag)
    }
    return value
  }

  #attribute(at: Handle): Value | undefined {
    const r = this.#open()
    const key = keyBytes(at)
    while (r.at < r.end) {
      const tag = r.varint()
      if (tag !== ATTRIBUTE) r.skip(tag)
      else {
        const value = readEntryIf(r, key)
        if (value !== undefined) return value
      }
    }
    return undefined
  }

  isText(at: Handle, text: string, bytes: Uint8Array): boolean {
    const tag = tagOf(at)
    if (this.#plain !== undefined || (tag !== SEVERITY_TEXT && tag !== EVENT_NAME)) return this.get(at) === text
    // Looking for one field takes less than finding all of them.
    const { rows } = this.#block
    const row = this.row * ROW
    const from = lastText(this.#block.bytes, tag, rows[row + ROW_START]!, rows[row + ROW_END]!)
    if (from === UNUSUAL) return this.get(at) === text
    const { length } = bytes
    if (from === NONE || this.#block.bytes[from] !== length) return from === NONE && length === 0
    return isAt(this.#block.bytes, from + 1, bytes)
  }

  plain(): PlainLog {
    this.#plain ??= { ...readLog(this.#open(), this.group.plain), origin: this.origin() }
    return this.#plain
  }

  kind(at: Handle): ValueKind | undefined {
    const value = this.get(at)
    return value === undefined ? undefined : kindOf(value)
  }

  entries(field: AttributesField): Iterable<readonly [string, Value]> {
    return entriesIn(this.plain(), field)
  }

  origin(): Origin | undefined {
    const { origin, rows } = this.#block
    return origin && { key: origin.key, offset: origin.offset + rows[this.row * ROW + ROW_OFFSET]! }
  }

  keep(): LogRecord {
    return new LogView(new PlainReader(this.plain()))
  }
}
