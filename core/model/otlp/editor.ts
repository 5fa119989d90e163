/**
 * Editing a part of a protobuf block. An unchanged record is copied as it is; of one whose attributes were set or deleted
 * only those are written; any other is written anew from values, with the bytes of each attribute, body and unknown field
 * that did not change. A record whose resource or scope changed moves to a group of its own kind.
 */
import { Field, handleOf } from '../path.ts'
import type { AttributesField, Handle } from '../path.ts'
import type { Editor } from '../part.ts'
import { PlainDraft, PlainReader } from '../plain/part.ts'
import { readPlain } from '../plain/read.ts'
import { entriesIn, groupsEqual, mapOf } from '../plain/record.ts'
import type { Entry, Group, PlainLog } from '../plain/record.ts'
import type { Script } from '../script.ts'
import type { Draft, LogRecord, Origin, Path, Value, ValueKind } from '../types.ts'
import { getIn, kindOf } from '../value.ts'
import { LogView } from '../view.ts'
import type { Reader } from '../view.ts'
import { ROW, ROW_GROUP } from './block.ts'
import { BlockBuilder } from './block-builder.ts'
import { originalOf, unknownOf } from './original.ts'
import { Fields } from './fields.ts'
import type { OtlpPart } from './part.ts'
import { ATTRIBUTE, isInAttribute, isWhole, tagOf } from './places.ts'
import { OtlpReader } from './reader.ts'
import { Sketch } from './sketch.ts'
import { groupBytes, logBytes } from './write.ts'

/** How the record that is open was changed: not at all, attribute by attribute in its bytes, or as values. */
type Mode = 'bytes' | 'sketch' | 'plain'

/**
 * Reads the bytes until the first edit. Edits of single attributes and of whole fields are sketched on the bytes; any other makes a plain
 * draft of the record, which then has the sketched ones too.
 */
export class OtlpDraft implements Draft, Reader {
  readonly fields: Fields
  readonly reader: OtlpReader
  readonly sketch: Sketch
  readonly plain = new PlainDraft()
  readonly record: LogRecord
  mode: Mode = 'bytes'
  dropped = false
  /** False once a sketch was given up: the next record will be changed in the same way. */
  #sketches = true

  constructor(part: OtlpPart<'logs'>) {
    this.fields = new Fields(part.block)
    this.reader = new OtlpReader(part.block, part.row(0), this.fields)
    this.sketch = new Sketch(this.fields)
    this.record = new LogView(this)
  }
  open(row: number): void {
    this.reader.move(row)
    this.mode = 'bytes'
    this.dropped = false
  }

  get(at: Handle): Value | undefined {
    const tag = tagOf(at)
    if (this.mode === 'plain') return readPlain(this.plain.log, at)
    if (this.mode === 'bytes' || tag === 0) return this.reader.get(at)
    if (tag === ATTRIBUTE && !isInAttribute(at)) return at.rest.length === 0 ? mapOf(this.#entries()) : undefined
    const below = tag === ATTRIBUTE ? 1 : 0
    const value = this.sketch.get(at)
    return value === undefined || at.rest.length === below ? value : getIn(value, at.rest, below)
  }
  kind(at: Handle): ValueKind | undefined {
    const value = this.get(at)
    return value === undefined ? undefined : kindOf(value)
  }
  entries(field: AttributesField): Iterable<readonly [string, Value]> {
    if (this.mode === 'plain') return entriesIn(this.plain.log, field)
    return this.mode === 'sketch' && field === Field.attributes ? this.#entries() : this.reader.entries(field)
  }
  isText(at: Handle, text: string, bytes: Uint8Array): boolean {
    if (this.mode === 'bytes') return this.reader.isText(at, text, bytes)
    return this.mode === 'sketch' && isWhole(at) ? this.sketch.isTextAt(at, text, bytes) : this.get(at) === text
  }
  /** All attributes as they were sketched. */
  #entries(): readonly Entry[] {
    return this.sketch.entries(this.reader.plain().attributes)
  }
  origin(): Origin | undefined {
    return this.reader.origin()
  }
  keep(): LogRecord {
    return this.mode === 'bytes' ? this.reader.keep() : new LogView(new PlainReader({ ...this.#turn() }))
  }

  set(path: Path, value: Value): void {
    const at = handleOf(path)
    if (this.#canSketch(at)) this.sketch.set(at, value)
    else {
      this.#turn()
      this.plain.set(at, value)
    }
  }
  delete(path: Path): void {
    const at = handleOf(path)
    const isSketched = this.mode === 'sketch' && at.rest.length === 1 && isInAttribute(at)
    if (isSketched ? !this.sketch.has(at) : this.mode !== 'plain' && this.get(at) === undefined) return
    if (this.#canSketch(at)) this.sketch.delete(at)
    else {
      this.#turn()
      this.plain.delete(at)
    }
  }
  drop(): void {
    this.dropped = true
  }

  /** Carries out a script, all of it or, where that cannot be done on the bytes, nothing. */
  follow<R>(script: Script<R>, run: R): boolean {
    const { mode } = this
    if (!script.pays() || !this.#opensSketch()) return false
    const before = this.sketch.revision
    if (this.#isFollowed(script, run)) {
      if (mode === 'bytes' && !this.sketch.changed) this.mode = 'bytes'
      return true
    }
    this.mode = mode
    this.sketch.revision = before
    return false
  }

  #isFollowed<R>(script: Script<R>, run: R): boolean {
    try {
      return this.sketch.follow(script, run) && this.mode === 'sketch'
    } catch {
      // What fails here fails again in the code that is run instead, which says so.
      return false
    }
  }

  #canSketch(at: Handle): boolean {
    return isWhole(at) && this.#opensSketch()
  }

  #opensSketch(): boolean {
    if (this.mode === 'plain' || !this.#sketches) return false
    if (this.mode === 'bytes') {
      if (!this.sketch.open(this.reader.row)) return false
      this.mode = 'sketch'
    }
    return true
  }

  /** The record as values from here on. */
  #turn(): PlainLog {
    if (this.mode === 'plain') return this.plain.log
    const log = this.reader.plain()
    const isSketched = this.mode === 'sketch'
    const attributes = isSketched && this.sketch.changed ? this.#entries() : undefined
    this.mode = 'plain'
    this.plain.open(log)
    if (isSketched) this.#sketches = false
    if (attributes !== undefined) {
      this.plain.replace({ ...log, attributes })
      this.sketch.otherFields(
        (at, value) => this.plain.set(at, value),
        (at) => this.plain.delete(at),
      )
    }
    return this.plain.log
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
    const { fields } = this.#draft
    this.#block = new BlockBuilder(part, () => fields.words)
  }

  open(index: number): void {
    this.#index = index
    this.#draft.open(this.#part.row(index))
  }

  close(): void {
    const draft = this.#draft
    if (draft.dropped) this.#block.drop()
    else if (draft.mode === 'sketch') draft.sketch.write(this.#block)
    else if (draft.mode === 'plain' && draft.plain.changed) this.#putEdited()
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
    this.#draft.sketch.release()
    return this.#block.finish()
  }
}
