/** The JSON line layout: some rows of a block. */
import type { JsonDocument } from '../otlp/json-document.ts'
import type { Cursor, Editor, LogPart } from '../part.ts'
import type { Pieces } from '../pieces.ts'
import type { PlainLog } from '../plain/record.ts'
import type { EncodeFormat, LogRecord } from '../types.ts'
import { LogView } from '../view.ts'
import { ROW, ROW_END, ROW_OFFSET, ROW_START } from './block.ts'
import type { Block } from './block.ts'
import { JsonEditor } from './editor.ts'
import { writeAnyValue } from './otlp-json.ts'
import { JsonReader } from './reader.ts'

const NEWLINE = 10

class JsonCursor implements Cursor {
  readonly #part: JsonPart
  readonly #reader: JsonReader
  readonly record: LogRecord

  constructor(part: JsonPart) {
    this.#part = part
    this.#reader = new JsonReader(part.block, part.row(0))
    this.record = new LogView(this.#reader)
  }
  move(index: number): void {
    this.#reader.move(this.#part.row(index))
  }
}

export class JsonPart implements LogPart {
  readonly block: Block
  readonly count: number
  readonly #from: number
  /** The rows in order; absent for a run of `count` rows. */
  readonly #rows: Int32Array | undefined
  #bytes = -1

  constructor(block: Block, from = 0, count = block.count, rows?: Int32Array) {
    this.block = block
    this.#from = from
    this.count = count
    this.#rows = rows
  }

  over(block: Block): JsonPart {
    return new JsonPart(block)
  }

  row(index: number): number {
    return this.#rows === undefined ? this.#from + index : this.#rows[index]!
  }

  get buffer(): ArrayBufferLike {
    return this.block.bytes.buffer
  }

  get points(): number {
    return this.count
  }

  get bytes(): number {
    if (this.#bytes < 0) this.#bytes = this.#measure()
    return this.#bytes
  }

  /** Of a run of rows from the first to the last byte; of picked rows the sum. */
  #measure(): number {
    const { rows } = this.block
    if (this.#rows === undefined) {
      const last = (this.#from + this.count - 1) * ROW
      return rows[last + ROW_END]! - rows[this.#from * ROW + ROW_START]! + 1
    }
    let sum = this.count
    for (const row of this.#rows) sum += rows[row * ROW + ROW_END]! - rows[row * ROW + ROW_START]!
    return sum
  }

  at(index: number): LogRecord {
    return new LogView(new JsonReader(this.block, this.row(index)))
  }

  plain(index: number): PlainLog {
    return new JsonReader(this.block, this.row(index)).plain()
  }

  cursor(): Cursor {
    return new JsonCursor(this)
  }

  editor(): Editor {
    return new JsonEditor(this)
  }

  pick(indexes: Int32Array): LogPart {
    return new JsonPart(
      this.block,
      0,
      indexes.length,
      indexes.map((index) => this.row(index)),
    )
  }

  slice(from: number, to: number): LogPart {
    const rows = this.#rows?.subarray(from, to)
    return new JsonPart(this.block, this.#from + from, to - from, rows)
  }

  origins(into: Map<string, number>): void {
    const { originKey, originOffset, rows } = this.block
    if (originKey === undefined) return
    const offset = originOffset + rows[this.row(this.count - 1) * ROW + ROW_OFFSET]!
    if (offset > (into.get(originKey) ?? -Infinity)) into.set(originKey, offset)
  }

  get hasOrigins(): boolean {
    return this.block.originKey !== undefined
  }

  encode(format: EncodeFormat, out: Pieces): boolean {
    if (format !== (this.block.mapping === 'body' ? 'body' : 'envelope')) return false
    const { bytes, rows } = this.block
    let start = 0
    let end = -1
    for (let i = 0; i < this.count; i++) {
      const at = this.row(i) * ROW
      const next = rows[at + ROW_START]!
      if (end < 0 || next !== end + 1 || bytes[end] !== NEWLINE) {
        if (end >= 0) this.#line(out, start, end)
        start = next
      }
      end = rows[at + ROW_END]!
    }
    if (end >= 0) this.#line(out, start, end)
    return true
  }

  writeOtlpJson(document: JsonDocument): void {
    const { block } = this
    for (let i = 0; i < this.count; i++) {
      const row = this.row(i)
      if (block.mapping === 'body') {
        const out = document.begin(block.side(row))
        writeAnyValue(block.bytes, block.tape(), row, out)
        document.end()
      } else document.log(this.plain(i))
    }
  }

  /** A run of lines and its newline, which follows it in the bytes unless blanks or CR do. */
  #line(out: Pieces, start: number, end: number): void {
    if (this.block.bytes[end] === NEWLINE) out.span(this.block.bytes, start, end + 1)
    else {
      out.span(this.block.bytes, start, end)
      out.add(NEWLINES)
    }
  }
}

const NEWLINES = Uint8Array.of(NEWLINE)
