/** The protobuf layout: some rows of a checked block. */
import type { Cursor, Editor, Part } from '../part.ts'
import type { Pieces } from '../pieces.ts'
import type { PlainLog } from '../plain/record.ts'
import type { EncodeFormat, RecordOf, Signal } from '../types.ts'
import { ROW, ROW_END, ROW_GROUP, ROW_OFFSET, ROW_START, ROW_TAG } from './block.ts'
import type { OtlpBlock } from './block.ts'
import type { ProtoReader } from './read.ts'

/** What a signal's records are to the protobuf layout. */
export interface OtlpCodec<S extends Signal> {
  readonly signal: S
  /** Checks a record whose message is open. */
  readonly check: (r: ProtoReader) => void
  /** A view that stays on one row. */
  view(block: OtlpBlock, row: number): RecordOf[S]
  cursor(part: OtlpPart<S>): Cursor<S>
  editor(part: OtlpPart<S>): Editor<S>
  /** Data points of the record between these places; absent where each record is one. */
  readonly points: ((bytes: Uint8Array, start: number, end: number) => number) | undefined
  /** The record as values. */
  readonly plain: S extends 'logs' ? (block: OtlpBlock, row: number) => PlainLog : undefined
}

/** The bytes of a tag and a length. */
const head = (tag: number, length: number): Uint8Array => {
  const bytes = [tag]
  let rest = length
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

export class OtlpPart<S extends Signal> implements Part<S> {
  readonly codec: OtlpCodec<S>
  readonly block: OtlpBlock
  readonly count: number
  readonly #from: number
  readonly #rows: Int32Array | undefined
  #bytes = -1
  #points = -1

  constructor(codec: OtlpCodec<S>, block: OtlpBlock, from = 0, count = block.rows.length / ROW, rows?: Int32Array) {
    this.codec = codec
    this.block = block
    this.#from = from
    this.count = count
    this.#rows = rows
  }

  over(block: OtlpBlock): OtlpPart<S> {
    return new OtlpPart(this.codec, block)
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
  get points(): number {
    const { points } = this.codec
    if (!points) return this.count
    if (this.#points < 0) {
      const { bytes, rows } = this.block
      this.#points = 0
      for (let i = 0; i < this.count; i++) {
        const at = this.row(i) * ROW
        this.#points += points(bytes, rows[at + ROW_START]!, rows[at + ROW_END]!)
      }
    }
    return this.#points
  }
  at(index: number): RecordOf[S] {
    return this.codec.view(this.block, this.row(index))
  }
  plain(this: OtlpPart<'logs'>, index: number): PlainLog {
    return this.codec.plain(this.block, this.row(index))
  }
  cursor(): Cursor<S> {
    return this.codec.cursor(this)
  }
  editor(): Editor<S> {
    return this.codec.editor(this)
  }
  pick(indexes: Int32Array): OtlpPart<S> {
    return new OtlpPart(
      this.codec,
      this.block,
      0,
      indexes.length,
      indexes.map((index) => this.row(index)),
    )
  }
  slice(from: number, to: number): OtlpPart<S> {
    return new OtlpPart(this.codec, this.block, this.#from + from, to - from, this.#rows?.subarray(from, to))
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
    // Records that stand side by side are one span.
    let from = 0
    let to = 0
    for (let i = first; i < next; i++) {
      const at = this.row(i) * ROW
      const start = rows[at + ROW_TAG]!
      if (start !== to) {
        out.span(bytes, from, to)
        from = start
      }
      to = rows[at + ROW_END]!
    }
    out.span(bytes, from, to)
    return next
  }
}
