/** Reading a record of a block: walks its fields and decodes only what was asked for. */
import { bytesToHex } from '../id.ts'
import { Field } from '../path.ts'
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
import { ProtoReader, readEntryIf, readValue } from './read.ts'

/** The tag of each field's occurrence on the wire. */
const tags: Partial<Record<Field, number>> = {
  [Field.time]: 9,
  [Field.severity]: 16,
  [Field.severityText]: 26,
  [Field.body]: 42,
  [Field.attributes]: 50,
  [Field.dropped]: 56,
  [Field.flags]: 69,
  [Field.traceId]: 74,
  [Field.spanId]: 82,
  [Field.observedTime]: 89,
  [Field.eventName]: 98,
}

export class OtlpReader implements Reader {
  readonly #block: OtlpBlock
  readonly #r: ProtoReader
  #plain: PlainLog | undefined
  row: number

  constructor(block: OtlpBlock, row: number) {
    this.#block = block
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
    const tag = tags[at.field]
    if (tag === undefined || (tag === 50 && typeof at.rest[0] !== 'string')) return readPlain(this.plain(), at)
    if (tag === 50) return this.#attribute(at)
    const value = this.#scalar(tag)
    return at.rest.length === 0 ? value : getIn(value, at.rest, 0)
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
      if (tag !== 50) r.skip(tag)
      else {
        const value = readEntryIf(r, key)
        if (value !== undefined) return getIn(value, at.rest, 1)
      }
    }
    return undefined
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

const absent = (tag: number): Value | undefined => {
  if (tag === 42) return undefined
  if (tag === 9 || tag === 89) return 0n
  return tag === 26 || tag === 74 || tag === 82 || tag === 98 ? '' : 0
}

const readScalar = (r: ProtoReader, tag: number): Value => {
  switch (tag) {
    case 9:
    case 89:
      return r.fixed64()
    case 16:
      return Number(BigInt.asIntN(32, r.varint64()))
    case 56:
      return Number(BigInt.asUintN(32, r.varint64()))
    case 69:
      return r.fixed32()
    case 74:
    case 82: {
      const id = r.span()
      return id.every((byte) => byte === 0) ? '' : bytesToHex(id)
    }
    case 42: {
      const outer = r.enter()
      const value = readValue(r, 0)
      r.leave(outer)
      return value
    }
    default:
      return r.text()
  }
}

/** The first key below the field, as bytes: the same array for the same handle. */
export const keyBytes = (at: Handle): Uint8Array => {
  at.otlp ??= Buffer.from(String(at.rest[0]))
  return at.otlp
}
