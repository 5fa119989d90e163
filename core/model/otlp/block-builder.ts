/** The block an edit leaves behind: spans of the old one and records written anew, only noted until somebody wants them. */
import { asBytes } from '../bytes.ts'
import type { Signal } from '../types.ts'
import { OtlpGroup, ROW, ROW_END, ROW_GROUP, ROW_OFFSET, ROW_START, ROW_TAG } from './block.ts'
import type { OtlpPart } from './part.ts'

export class BlockBuilder<S extends Signal> {
  readonly #part: OtlpPart<S>
  readonly #pieces: Uint8Array[] = []
  readonly #rows: Int32Array
  readonly #groups: OtlpGroup[]
  #length = 0
  #count = 0
  #changed = false

  constructor(part: OtlpPart<S>) {
    this.#part = part
    this.#rows = new Int32Array(part.count * ROW)
    this.#groups = [...part.block.groups]
  }

  /** A row as it is. */
  copy(row: number): void {
    const { rows, bytes } = this.#part.block
    const at = row * ROW
    const tag = rows[at + ROW_TAG]!
    this.#put(
      bytes.subarray(tag, rows[at + ROW_END]!),
      rows[at + ROW_START]! - tag,
      rows[at + ROW_GROUP]!,
      rows[at + ROW_OFFSET]!,
    )
  }

  /** A row whose record was written anew, as field 2 with its tag and length. */
  replace(row: number, bytes: Uint8Array, group: number): void {
    this.#changed = true
    let start = 1
    while (bytes[start]! > 127) start++
    this.#put(bytes, start + 1, group, this.#part.block.rows[row * ROW + ROW_OFFSET]!)
  }

  drop(): void {
    this.#changed = true
  }

  group(index: number): OtlpGroup {
    return this.#groups[index]!
  }

  /** The number of a new group. */
  addGroup(resource: Uint8Array, scope: Uint8Array): number {
    return this.#groups.push(new OtlpGroup(resource, scope)) - 1
  }

  #put(bytes: Uint8Array, start: number, group: number, offset: number): void {
    const at = this.#count++ * ROW
    this.#rows[at] = this.#length
    this.#rows[at + ROW_START] = this.#length + start
    this.#rows[at + ROW_END] = this.#length + bytes.length
    this.#rows[at + ROW_GROUP] = group
    this.#rows[at + ROW_OFFSET] = offset
    this.#length += bytes.length
    this.#pieces.push(bytes)
  }

  /** The part itself when nothing changed. */
  finish(): readonly OtlpPart<S>[] {
    if (!this.#changed) return [this.#part]
    if (this.#count === 0) return []
    const bytes = asBytes(Buffer.concat(this.#pieces, this.#length))
    const rows = this.#rows.slice(0, this.#count * ROW)
    return [this.#part.over({ bytes, rows, groups: this.#groups, origin: this.#part.block.origin, isRequest: false })]
  }
}
