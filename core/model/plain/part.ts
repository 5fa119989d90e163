/** The plain layout: records as values. Every edit copies the record it changes. */
import { estimateSize } from './size.ts'
import { handleOf } from '../path.ts'
import type { AttributesField, Handle } from '../path.ts'
import type { Cursor, Editor, LogPart } from '../part.ts'
import type { Draft, LogRecord, Origin, Path, Value, ValueKind } from '../types.ts'
import { kindOf } from '../value.ts'
import { LogView } from '../view.ts'
import type { Reader } from '../view.ts'
import { deletePlain, setPlain } from './edit.ts'
import { readPlain } from './read.ts'
import { emptyLog, entriesIn } from './record.ts'
import type { PlainLog } from './record.ts'

/** Reads whatever record it is pointed at. */
export class PlainReader implements Reader {
  log: PlainLog

  constructor(log: PlainLog) {
    this.log = log
  }
  get(at: Handle): Value | undefined {
    return readPlain(this.log, at)
  }
  kind(at: Handle): ValueKind | undefined {
    const value = this.get(at)
    return value === undefined ? undefined : kindOf(value)
  }
  entries(field: AttributesField): Iterable<readonly [string, Value]> {
    return entriesIn(this.log, field)
  }
  origin(): Origin | undefined {
    return this.log.origin
  }
  keep(): LogRecord {
    return new LogView(new PlainReader({ ...this.log }))
  }
}

class PlainCursor implements Cursor {
  readonly #logs: readonly PlainLog[]
  readonly #reader: PlainReader
  readonly record: LogRecord

  constructor(logs: readonly PlainLog[]) {
    this.#logs = logs
    this.#reader = new PlainReader(logs[0]!)
    this.record = new LogView(this.#reader)
  }
  move(index: number): void {
    this.#reader.log = this.#logs[index]!
  }
}

/** Edits of one plain record: copies it before the first one. */
export class PlainDraft implements Draft {
  readonly #reader = new PlainReader(emptyLog())
  readonly record: LogRecord = new LogView(this.#reader)
  changed = false
  dropped = false

  open(log: PlainLog): void {
    this.#reader.log = log
    this.changed = this.dropped = false
  }
  get log(): PlainLog {
    return this.#reader.log
  }
  set(at: Path, value: Value): void {
    setPlain(this.#own(), handleOf(at), value)
  }
  delete(at: Path): void {
    const handle = handleOf(at)
    if (this.changed || readPlain(this.#reader.log, handle) !== undefined) deletePlain(this.#own(), handle)
  }
  drop(): void {
    this.dropped = true
  }
  /** The record is this from here on. */
  replace(log: PlainLog): void {
    this.#reader.log = log
    this.changed = true
  }
  #own(): PlainLog {
    if (!this.changed) this.#reader.log = { ...this.#reader.log }
    this.changed = true
    return this.#reader.log
  }
}

class PlainEditor implements Editor {
  readonly #part: PlainPart
  readonly #draft = new PlainDraft()
  readonly #out: PlainLog[] = []
  #changed = false
  readonly draft: Draft = this.#draft

  constructor(part: PlainPart) {
    this.#part = part
  }
  open(index: number): void {
    this.#draft.open(this.#part.logs[index]!)
  }
  close(): void {
    const draft = this.#draft
    if (draft.dropped || draft.changed) this.#changed = true
    if (!draft.dropped) this.#out.push(draft.log)
  }
  finish(): readonly LogPart[] {
    if (!this.#changed) return [this.#part]
    return this.#out.length === 0 ? [] : [new PlainPart(this.#out)]
  }
}

export class PlainPart implements LogPart {
  readonly buffer = undefined
  readonly logs: readonly PlainLog[]
  readonly count: number
  #bytes = -1

  constructor(logs: readonly PlainLog[]) {
    this.logs = logs
    this.count = logs.length
  }
  get points(): number {
    return this.count
  }
  get bytes(): number {
    if (this.#bytes < 0) this.#bytes = this.logs.reduce((sum, log) => sum + estimateSize(log), 0)
    return this.#bytes
  }
  at(index: number): LogRecord {
    return new LogView(new PlainReader(this.logs[index]!))
  }
  plain(index: number): PlainLog {
    return this.logs[index]!
  }
  cursor(): Cursor {
    return new PlainCursor(this.logs)
  }
  editor(): Editor {
    return new PlainEditor(this)
  }
  pick(indexes: Int32Array): LogPart {
    return new PlainPart(Array.from(indexes, (index) => this.logs[index]!))
  }
  slice(from: number, to: number): LogPart {
    return new PlainPart(this.logs.slice(from, to))
  }
  origins(into: Map<string, number>): void {
    for (const { origin } of this.logs) {
      if (origin && origin.offset > (into.get(origin.key) ?? -Infinity)) into.set(origin.key, origin.offset)
    }
  }
  get hasOrigins(): boolean {
    return this.logs.every((log) => log.origin !== undefined)
  }
  encode(): boolean {
    return false
  }
}
