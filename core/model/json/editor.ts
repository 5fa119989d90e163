/**
 * Editing a part of a block. Until the first change nothing is copied; then records go to one buffer, unchanged
 * neighbours as one span. Records that only values can hold (no body left) make parts of their own between the others.
 */
import { envelopeFromPlain } from '../envelope/codec.ts'
import type { Editor, LogPart } from '../part.ts'
import { PlainPart } from '../plain/part.ts'
import type { PlainLog } from '../plain/record.ts'
import type { Draft } from '../types.ts'
import { Block, ROW, ROW_END, ROW_OFFSET, ROW_START } from './block.ts'
import { JsonDraft } from './draft.ts'
import { Output } from './output.ts'
import type { JsonPart } from './part.ts'
import { valueToJson } from './text.ts'

const NEWLINE = 10
const OUTPUTS_KEPT = 4

/** Outputs not in use: an edit may happen inside another one's callback. */
const outputs: Output[] = []

export class JsonEditor implements Editor {
  readonly #part: JsonPart
  readonly #block: Block
  readonly #draft: JsonDraft
  readonly draft: Draft
  #index = 0
  /** Records kept as they are, while nothing is written yet. */
  #kept: Int32Array | undefined
  #keptCount = 0
  #dropped = false
  #out: Output | undefined
  #rows = new Int32Array(0)
  #count = 0
  #sides: (PlainLog | undefined)[] | undefined
  readonly #parts: LogPart[] = []
  #plain: PlainLog[] = []
  /** A run of unchanged lines not copied yet. */
  #runStart = 0
  #runEnd = -1

  constructor(part: JsonPart) {
    this.#part = part
    this.#block = part.block
    this.#draft = new JsonDraft(part.block)
    this.draft = this.#draft
  }

  open(index: number): void {
    this.#index = index
    this.#draft.open(this.#part.row(index))
  }

  close(): void {
    const draft = this.#draft
    if (draft.dropped) this.#dropped = true
    else if (!draft.changed) this.#keep(this.#index)
    else {
      if (!this.#out) this.#begin()
      if (draft.plain) this.#putPlain(draft.plain)
      else this.#putEdited()
    }
  }

  finish(): readonly LogPart[] {
    if (!this.#out) {
      if (!this.#dropped) return [this.#part]
      return this.#keptCount === 0 ? [] : [this.#part.pick(this.#kept!.slice(0, this.#keptCount))]
    }
    this.#flushBlock()
    this.#flushPlain()
    if (outputs.length < OUTPUTS_KEPT) outputs.push(this.#out)
    this.#out = undefined
    return this.#parts
  }

  #keep(index: number): void {
    if (this.#out) return this.#copyRow(this.#part.row(index))
    this.#kept ??= new Int32Array(this.#part.count)
    this.#kept[this.#keptCount++] = index
  }

  /** The first change: from here on everything is written, what was kept so far first. */
  #begin(): void {
    this.#out = outputs.pop() ?? new Output()
    this.#out.reset()
    this.#rows = new Int32Array(this.#part.count * ROW)
    for (let i = 0; i < this.#keptCount; i++) this.#copyRow(this.#part.row(this.#kept![i]!))
  }

  #copyRow(row: number): void {
    const { rows, bytes } = this.#block
    const start = rows[row * ROW + ROW_START]!
    const end = rows[row * ROW + ROW_END]!
    const out = this.#out!
    if (this.#plain.length > 0) this.#flushPlain()
    if (start !== this.#runEnd + 1 || bytes[this.#runEnd] !== NEWLINE || this.#runEnd < 0) {
      this.#flushRun()
      this.#runStart = start
    }
    this.#runEnd = end
    const at = out.length + start - this.#runStart
    this.#putRow(row, at, at + end - start, this.#block.sides?.[row])
  }

  #flushRun(): void {
    if (this.#runEnd < 0) return
    this.#out!.span(this.#block.bytes, this.#runStart, this.#runEnd)
    this.#out!.byte(NEWLINE)
    this.#runEnd = -1
  }

  #putRow(row: number, start: number, end: number, side: PlainLog | undefined): void {
    const at = this.#count * ROW
    this.#rows[at] = start
    this.#rows[at + ROW_END] = end
    this.#rows[at + ROW_OFFSET] = this.#block.rows[row * ROW + ROW_OFFSET]!
    if (side && side !== this.#block.base) {
      this.#sides ??= []
      while (this.#sides.length < this.#count) this.#sides.push(undefined)
      this.#sides.push(side)
    }
    this.#count++
  }

  #putEdited(): void {
    const out = this.#out!
    if (this.#plain.length > 0) this.#flushPlain()
    this.#flushRun()
    const start = out.length
    this.#draft.edits.write(out)
    out.byte(NEWLINE)
    this.#putRow(this.#draft.reader.row, start, out.length - 1, this.#draft.reader.side)
  }

  #putPlain(log: PlainLog): void {
    if (this.#block.mapping === 'body') {
      this.#flushBlock()
      this.#plain.push(log)
      return
    }
    this.#flushRun()
    const out = this.#out!
    const start = out.length
    // The time of reading is not part of an envelope.
    const isRead = log.observedTime === this.#block.base.observedTime
    out.ascii(valueToJson(envelopeFromPlain(isRead ? { ...log, observedTime: 0n } : log)))
    out.byte(NEWLINE)
    this.#putRow(this.#draft.reader.row, start, out.length - 1, undefined)
  }

  #flushPlain(): void {
    if (this.#plain.length > 0) this.#parts.push(new PlainPart(this.#plain))
    this.#plain = []
  }

  #flushBlock(): void {
    this.#flushRun()
    if (this.#count === 0) return
    const rows = this.#rows.slice(0, this.#count * ROW)
    const block = new Block({ ...this.#block.about(), bytes: this.#out!.take(), rows, sides: this.#sides })
    this.#parts.push(this.#part.over(block))
    this.#out!.reset()
    this.#count = 0
    this.#sides = undefined
  }
}
