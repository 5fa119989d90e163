/**
 * Editing a part of a protobuf block. An unchanged record is copied as it is; a changed one is written anew from values,
 * with the bytes of each attribute, body and unknown field that did not change. A record whose resource or scope changed
 * moves to a group of its own kind.
 */
import { asBytes } from '../bytes.ts'
import { handleOf } from '../path.ts'
import type { Editor, Part } from '../part.ts'
import { PlainDraft } from '../plain/part.ts'
import { groupsEqual } from '../plain/record.ts'
import type { Group } from '../plain/record.ts'
import type { Draft, LogRecord, Path, Value } from '../types.ts'
import { OtlpGroup, ROW, ROW_END, ROW_GROUP, ROW_OFFSET, ROW_START, ROW_TAG } from './block.ts'
import { originalOf, unknownOf } from './original.ts'
import type { OtlpPart } from './part.ts'
import { OtlpReader } from './reader.ts'
import { groupBytes, logBytes } from './write.ts'
import { SwitchReader } from '../plain/switch-reader.ts'
import { LogView } from '../view.ts'

/** Reads the bytes until the first edit, then a plain draft. */
class OtlpDraft implements Draft {
  readonly reader: OtlpReader
  readonly #switch: SwitchReader
  readonly plain = new PlainDraft()
  readonly record: LogRecord
  isPlain = false
  dropped = false

  constructor(part: OtlpPart) {
    this.reader = new OtlpReader(part.block, part.row(0))
    this.#switch = new SwitchReader(this.reader)
    this.record = new LogView(this.#switch)
  }
  open(row: number): void {
    this.reader.move(row)
    this.isPlain = this.dropped = false
    this.#switch.plain = undefined
  }
  set(path: Path, value: Value): void {
    this.#turn()
    this.plain.set(path, value)
    this.#switch.plain = this.plain.log
  }
  delete(path: Path): void {
    if (!this.isPlain && this.reader.get(handleOf(path)) === undefined) return
    this.#turn()
    this.plain.delete(path)
    this.#switch.plain = this.plain.log
  }
  drop(): void {
    this.dropped = true
  }
  #turn(): void {
    if (this.isPlain) return
    this.isPlain = true
    this.plain.open(this.reader.plain())
  }
}

export class OtlpEditor implements Editor {
  readonly #part: OtlpPart
  readonly #draft: OtlpDraft
  readonly draft: Draft
  #index = 0
  readonly #pieces: Uint8Array[] = []
  #length = 0
  readonly #rows: Int32Array
  #count = 0
  #changed = false
  readonly #groups: OtlpGroup[]
  readonly #moved: { readonly group: Group; readonly from: number; readonly to: number }[] = []

  constructor(part: OtlpPart) {
    this.#part = part
    this.#draft = new OtlpDraft(part)
    this.draft = this.#draft
    this.#rows = new Int32Array(part.count * ROW)
    this.#groups = [...part.block.groups]
  }

  open(index: number): void {
    this.#index = index
    this.#draft.open(this.#part.row(index))
  }

  close(): void {
    const draft = this.#draft
    if (draft.dropped) this.#changed = true
    else if (draft.isPlain && draft.plain.changed) this.#putEdited()
    else this.#copy(this.#part.row(this.#index) * ROW)
  }

  /** Spans are only noted here, and copied at the end if anything changed. */
  #copy(at: number): void {
    const { rows, bytes } = this.#part.block
    const tag = rows[at + ROW_TAG]!
    this.#put(
      bytes.subarray(tag, rows[at + ROW_END]!),
      rows[at + ROW_START]! - tag,
      rows[at + ROW_GROUP]!,
      rows[at + ROW_OFFSET]!,
    )
  }

  #putEdited(): void {
    this.#changed = true
    const { log } = this.#draft.plain
    const before = this.#draft.reader
    const bytes = logBytes(log, originalOf(this.#part.block, before.row, before.plain()))
    let start = 1
    while (bytes[start]! > 127) start++
    const { rows } = this.#part.block
    const at = before.row * ROW
    const from = rows[at + ROW_GROUP]!
    const isSame = groupsEqual(log.group, before.group.plain)
    this.#put(bytes, start + 1, isSame ? from : this.#groupFor(log.group, from), rows[at + ROW_OFFSET]!)
  }

  /** The group of records that came from group `from` and now have this resource and scope. */
  #groupFor(group: Group, from: number): number {
    const known = this.#moved.find((moved) => moved.from === from && groupsEqual(moved.group, group))
    if (known) return known.to
    const { resource, scope } = groupBytes(group, unknownOf(this.#groups[from]!))
    const to = this.#groups.push(new OtlpGroup(resource, scope)) - 1
    this.#moved.push({ group, from, to })
    return to
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

  finish(): readonly Part[] {
    if (!this.#changed) return [this.#part]
    if (this.#count === 0) return []
    const bytes = asBytes(Buffer.concat(this.#pieces, this.#length))
    const rows = this.#rows.slice(0, this.#count * ROW)
    return [this.#part.over({ bytes, rows, groups: this.#groups, origin: this.#part.block.origin, isRequest: false })]
  }
}
