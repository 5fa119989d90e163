/**
 * Where the fields of a log record stand, and of which shape it is. It is for records as nearly everybody writes them, each
 * attribute its key and then its value; of others it says so.
 */
import type { Bytes } from '../bytes.ts'
import { textAt } from '../strings.ts'
import type { Value } from '../types.ts'
import { ROW, ROW_END, ROW_START } from './block.ts'
import type { OtlpBlock } from './block.ts'
import { ATTRIBUTE } from './places.ts'
import { ProtoReader, readValue } from './read.ts'
import { readScalar } from './scalars.ts'
import { beginning } from './shape.ts'
import type { Shape } from './shape.ts'

const KEY = 10
const STRING = 10
const BODY = 42
const VALUE = 18
const FIELDS_START = 64
/** Places that one odd record made more than this are let go. */
const FIELDS_KEPT = 4_096

/** Where the fields of the row stand that was opened last, by whomever: one record is looked at after the other. */
let starts = new Int32Array(FIELDS_START)
let values = new Int32Array(FIELDS_START)
let owner = 0
let owners = 0

const grown = (places: Int32Array): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(places.length * 2)
  larger.set(places)
  return larger
}
const grow = (): void => {
  starts = grown(starts)
  values = grown(values)
}

export class Fields {
  readonly block: OtlpBlock
  readonly bytes: Bytes
  readonly #r: ProtoReader
  readonly #id = ++owners
  /** Which row it stands on; -1: none yet. */
  row = -1
  /** Undefined where the record is written in a way that is not usual. */
  shape: Shape | undefined

  constructor(block: OtlpBlock) {
    this.block = block
    this.bytes = block.bytes
    this.#r = new ProtoReader(block.bytes)
  }

  get words(): DataView {
    return this.#r.words
  }
  /** Where each field's tag is, and behind them where the record ends; until another row is opened anywhere. */
  get starts(): Int32Array {
    this.#own()
    return starts
  }
  /** Where each field goes on behind its tag; of an attribute where the tag of its value is. */
  get values(): Int32Array {
    this.#own()
    return values
  }

  open(row: number): Shape | undefined {
    if (row !== this.row) {
      this.row = row
      this.#scanRow()
    }
    return this.shape
  }

  /** Another record was looked at meanwhile. */
  #own(): void {
    if (owner !== this.#id) this.#scanRow()
  }

  #scanRow(): void {
    const { rows } = this.block
    owner = this.#id
    this.shape = this.#scan(rows[this.row * ROW + ROW_START]!, rows[this.row * ROW + ROW_END]!)
  }

  /** The value of a field of the row it stands on. */
  value(field: number, tag: number): Value {
    this.#own()
    const r = this.#r
    r.end = starts[field + 1]!
    if (tag !== ATTRIBUTE) {
      r.at = values[field]!
      return readScalar(r, tag)
    }
    const at = this.textAt(field, tag)
    if (at >= 0) return textAt(this.bytes, at, r.end)
    r.at = values[field]! + 1
    r.varint()
    return readValue(r, 0)
  }

  /** Where the text of a field starts that is a text of less than 128 bytes and nothing else; it ends with the field. −1: it is none. */
  textAt(field: number, tag: number): number {
    this.#own()
    const { bytes } = this
    const end = starts[field + 1]!
    let at = values[field]!
    if (tag === ATTRIBUTE) at++
    if (tag === ATTRIBUTE || tag === BODY) {
      if (bytes[at]! > 127 || bytes[at + 1] !== STRING) return -1
      at += 2
    }
    return bytes[at]! < 128 && at + 1 + bytes[at]! === end ? at + 1 : -1
  }

  /** A length, or where a number of more than one byte ends: the reader stands behind it. */
  #varint(at: number): number {
    const r = this.#r
    r.at = at
    return r.varint()
  }

  /** The bytes are checked: what they announce is there. */
  #scan(start: number, end: number): Shape | undefined {
    const { bytes } = this
    const r = this.#r
    const { words } = r
    if (starts.length > FIELDS_KEPT) {
      starts = new Int32Array(FIELDS_START)
      values = new Int32Array(FIELDS_START)
    }
    r.end = end
    let shape = beginning()
    let at = start
    let count = 0
    while (at < end) {
      if (count + 1 >= starts.length) grow()
      let tag = bytes[at]!
      let value = at + 1
      starts[count] = at
      switch (tag) {
        case 9:
        case 89:
          at = value + 8
          break
        case 69:
          at = value + 4
          break
        case 16:
        case 56:
          at = value + 1
          while (bytes[at - 1]! > 127) at++
          break
        case 26:
        case 42:
        case 74:
        case 82:
        case 98:
          at = bytes[value]! < 128 ? value + 1 + bytes[value]! : this.#varint(value) + r.at
          break
        case ATTRIBUTE: {
          let key = value + 1
          if (bytes[value]! < 128) at = key + bytes[value]!
          else {
            at = this.#varint(value)
            key = r.at
            at += key
          }
          const length = bytes[key + 1]!
          value = key + 2 + length
          if (key + 3 >= at || bytes[key] !== KEY || length > 127 || value + 1 >= at || bytes[value] !== VALUE)
            return undefined
          if (bytes[value + 1]! < 128 ? value + 2 + bytes[value + 1]! !== at : !this.#ends(value + 1, at))
            return undefined
          const { next } = shape
          shape = next?.fits(bytes, words, key + 2, length) ? next : shape.withAttribute(bytes, words, key + 2, length)
          values[count++] = value
          continue
        }
        default:
          tag = this.#varint(at)
          // A field that could be written in fewer bytes is not usual either.
          if (tag < 128 && r.at > value) return undefined
          value = r.at
          r.skip(tag)
          at = r.at
      }
      const { next } = shape
      shape = next?.tag === tag ? next : shape.withField(tag)
      values[count++] = value
    }
    starts[count] = end
    return shape
  }

  /** Whether what is announced there ends at `end`. */
  #ends(at: number, end: number): boolean {
    const length = this.#varint(at)
    return this.#r.at + length === end
  }
}
