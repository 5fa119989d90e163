/** The protobuf layout: some rows of a checked block. */
import type { Cursor, Editor, Part } from '../part.ts'
import type { Pieces } from '../pieces.ts'
import type { PlainLog } from '../plain/record.ts'
import type { EncodeFormat, LogRecord } from '../types.ts'
import { LogView } from '../view.ts'
import { ROW, ROW_END, ROW_GROUP, ROW_OFFSET, ROW_TAG } from './block.ts'
import type { OtlpBlock } from './block.ts'
import { OtlpEditor } from './editor.ts'
import { OtlpReader } from './reader.ts'

class OtlpCursor implements Cursor {
  readonly #part: OtlpPart
  readonly #reader: OtlpReader
  readonly record: LogRecord

  constructor(part: OtlpPart) {
    this.#part = part
    this.#reader = new OtlpReader(part.block, part.row(0))
    this.record = new LogView(this.#reader)
  }
  move(index: number): void {
    this.#reader.move(this.#part.row(index))
  }
}

/** The bytes of a tag and a length. */
const head = (tag: number, length: number): Uint8Array => {
  const bytes = [tag]
  let rest = length
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

export class OtlpPart implements Part {
  readonly block: OtlpBlock
  readonly count: number
  readonly #from: number
  readonly #rows: Int32Array | undefined
  #bytes = -1

  constructor(block: OtlpBlock, from = 0, count = block.rows.length / ROW, rows?: Int32Array) {
    this.block = block
    this.#from = from
    this.count = count
    this.#rows = rows
  }

  over(block: OtlpBlock): OtlpPart {
    return new OtlpPart(block)
  }
  row(index: number): number {
    return this.#rows === undefined ? this.#from + index : this.#rows[index]!
  }
  get buffer(): ArrayBufferLike {
    return this.block.bytes.buffer
  }

  get bytes(): number {
    if (this.#bytes < 0) {
      this.#bytes = 0
      for (let i = 0; i < this.count; i++) this.#bytes += this.#span(i)
    }
    return this.#bytes
  }
  #span(index: number): number {
    const at = this.row(index) * ROW
    return this.block.rows[at + ROW_END]! - this.block.rows[at + ROW_TAG]!
  }
  at(index: number): LogRecord {
    return new LogView(new OtlpReader(this.block, this.row(index)))
  }
  plain(index: number): PlainLog {
    return new OtlpReader(this.block, this.row(index)).plain()
  }
  cursor(): Cursor {
    return new OtlpCursor(this)
  }
  editor(): Editor {
    return new OtlpEditor(this)
  }
  pick(indexes: Int32Array): Part {
    return new OtlpPart(
      this.block,
      0,
      indexes.length,
      indexes.map((index) => this.row(index)),
    )
  }
  slice(from: number, to: number): Part {
    return new OtlpPart(this.block, this.#from + from, to - from, this.#rows?.subarray(from, to))
  }
  origins(into: Map<string, number>): void {
    const { origin, rows } = this.block
    if (!origin) return
    const offset = origin.offset + rows[this.row(this.count - 1) * ROW + ROW_OFFSET]!
    if (offset > (into.get(origin.key) ?? -Infinity)) into.set(origin.key, offset)
  }
  get hasOrigins(): boolean {
    return this.block.origin !== undefined
  }

  encode(format: EncodeFormat, out: Pieces): boolean {
    if (format !== 'otlp_proto') return false
    const { block } = this
    if (block.isRequest && this.#rows === undefined && this.count * ROW === block.rows.length) out.add(block.bytes)
    else for (let i = 0; i < this.count;) i = this.#encodeRun(i, out)
    return true
  }

  /** The records from `first` on that share a group, as one ResourceLogs; where the next run starts. */
  #encodeRun(first: number, out: Pieces): number {
    const { bytes, rows, groups } = this.block
    const group = rows[this.row(first) * ROW + ROW_GROUP]!
    let next = first
    let length = 0
    for (; next < this.count && rows[this.row(next) * ROW + ROW_GROUP] === group; next++) length += this.#span(next)
    const { resource, scope } = groups[group]!
    const scopeHead = head(18, scope.length + length)
    out.add(head(10, resource.length + scopeHead.length + scope.length + length))
    out.add(resource)
    out.add(scopeHead)
    out.add(scope)
    for (let i = first; i < next; i++) {
      const at = this.row(i) * ROW
      out.span(bytes, rows[at + ROW_TAG]!, rows[at + ROW_END]!)
    }
    return next
  }
}
