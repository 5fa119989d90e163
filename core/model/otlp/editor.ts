/**
 * Editing a part of a protobuf block. An unchanged record is copied as it is; a changed one is written anew from values,
 * with the bytes of each attribute, body and unknown field that did not change. A record whose resource or scope changed
 * moves to a group of its own kind.
 */
import { handleOf } from '../path.ts'
import type { Editor } from '../part.ts'
import { PlainDraft } from '../plain/part.ts'
import { groupsEqual } from '../plain/record.ts'
import type { Group } from '../plain/record.ts'
import type { Draft, LogRecord, Path, Value } from '../types.ts'
import { ROW, ROW_GROUP } from './block.ts'
import { BlockBuilder } from './block-builder.ts'
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

  constructor(part: OtlpPart<'logs'>) {
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
  readonly #part: OtlpPart<'logs'>
  readonly #draft: OtlpDraft
  readonly draft: Draft
  readonly #block: BlockBuilder<'logs'>
  #index = 0
  readonly #moved: { readonly group: Group; readonly from: number; readonly to: number }[] = []

  constructor(part: OtlpPart<'logs'>) {
    this.#part = part
    this.#draft = new OtlpDraft(part)
    this.draft = this.#draft
    this.#block = new BlockBuilder(part)
  }

  open(index: number): void {
    this.#index = index
    this.#draft.open(this.#part.row(index))
  }

  close(): void {
    const draft = this.#draft
    if (draft.dropped) this.#block.drop()
    else if (draft.isPlain && draft.plain.changed) this.#putEdited()
    else this.#block.copy(this.#part.row(this.#index))
  }

  #putEdited(): void {
    const { log } = this.#draft.plain
    const before = this.#draft.reader
    const bytes = logBytes(log, originalOf(this.#part.block, before.row, before.plain()))
    const from = this.#part.block.rows[before.row * ROW + ROW_GROUP]!
    const isSame = groupsEqual(log.group, before.group.plain)
    this.#block.replace(before.row, bytes, isSame ? from : this.#groupFor(log.group, from))
  }

  /** The group of records that came from group `from` and now have this resource and scope. */
  #groupFor(group: Group, from: number): number {
    const known = this.#moved.find((moved) => moved.from === from && groupsEqual(moved.group, group))
    if (known) return known.to
    const { resource, scope } = groupBytes(group, unknownOf(this.#block.group(from)))
    const to = this.#block.addGroup(resource, scope)
    this.#moved.push({ group, from, to })
    return to
  }

  finish(): readonly OtlpPart<'logs'>[] {
    return this.#block.finish()
  }
}
