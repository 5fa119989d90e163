/**
 * What a layout is to a batch: a part, an immutable run of records over shared bytes. A batch is a list of parts.
 *
 * Cursors and editors are moved from record to record and hand out one view or draft for all of them; only `at` makes a
 * view that stays. Layouts: `plain` (values) and `json` (lines), of logs; `otlp` (protobuf), of every signal.
 */
import type { JsonDocument } from './otlp/json-document.ts'
import type { Pieces } from './pieces.ts'
import type { PlainLog } from './plain/record.ts'
import type { DraftOf, EncodeFormat, RecordOf, Signal } from './types.ts'

export interface Cursor<S extends Signal = 'logs'> {
  readonly record: RecordOf[S]
  move(index: number): void
}

export interface Editor<S extends Signal = 'logs'> {
  readonly draft: DraftOf[S]
  open(index: number): void
  /** Takes the record over as it is now; nothing when it was dropped. */
  close(): void
  /** What became of the part: itself when nothing changed. */
  finish(): readonly Part<S>[]
}

export interface Part<S extends Signal = Signal> {
  readonly count: number
  /** Data points of metrics, else records. */
  readonly points: number
  readonly bytes: number
  /** The memory behind the records; undefined where they are values. */
  readonly buffer: ArrayBufferLike | undefined
  /** A view that stays on one record. */
  at(index: number): RecordOf[S]
  cursor(): Cursor<S>
  editor(): Editor<S>
  /** The records of these numbers, which rise. */
  pick(indexes: Int32Array): Part<S>
  slice(from: number, to: number): Part<S>
  origins(into: Map<string, number>): void
  /** Every record has an origin. */
  readonly hasOrigins: boolean
  /** Appends the records in this format when the layout has a short way there. */
  encode(format: EncodeFormat, out: Pieces): boolean
}

export interface LogPart extends Part<'logs'> {
  /** The record as values, for the codecs that have no shorter way. */
  plain(index: number): PlainLog
  /** Writes the records as OTLP/JSON where the layout has a shorter way than by values. */
  writeOtlpJson?(document: JsonDocument): void
}
