/**
 * What a layout is to a batch: a part, an immutable run of records over shared bytes. A batch is a list of parts.
 *
 * Cursors and editors are moved from record to record and hand out one view or draft for all of them; only `at` makes a
 * view that stays. Layouts: `plain` (values), `json` (lines), `otlp` (protobuf).
 */
import type { Pieces } from './pieces.ts'
import type { PlainLog } from './plain/record.ts'
import type { Draft, EncodeFormat, LogRecord } from './types.ts'

export interface Cursor {
  readonly record: LogRecord
  move(index: number): void
}

export interface Editor {
  readonly draft: Draft
  open(index: number): void
  /** Takes the record over as it is now; nothing when it was dropped. */
  close(): void
  /** What became of the part: itself when nothing changed. */
  finish(): readonly Part[]
}

export interface Part {
  readonly count: number
  readonly bytes: number
  /** The memory behind the records; undefined where they are values. */
  readonly buffer: ArrayBufferLike | undefined
  /** A view that stays on one record. */
  at(index: number): LogRecord
  /** The record as values, for the codecs that have no shorter way. */
  plain(index: number): PlainLog
  cursor(): Cursor
  editor(): Editor
  /** The records of these numbers, which rise. */
  pick(indexes: Int32Array): Part
  slice(from: number, to: number): Part
  origins(into: Map<string, number>): void
  /** Every record has an origin. */
  readonly hasOrigins: boolean
  /** Appends the records in this format when the layout has a short way there. */
  encode(format: EncodeFormat, out: Pieces): boolean
}
