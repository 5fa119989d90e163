/** Logs in the protobuf layout. */
import type { Cursor } from '../part.ts'
import type { LogRecord } from '../types.ts'
import { LogView } from '../view.ts'
import { checkLog } from './check.ts'
import { OtlpEditor } from './editor.ts'
import { Fields } from './fields.ts'
import type { OtlpCodec, OtlpPart } from './part.ts'
import { OtlpReader } from './reader.ts'

class OtlpCursor implements Cursor {
  readonly #part: OtlpPart<'logs'>
  readonly #reader: OtlpReader
  readonly record: LogRecord

  constructor(part: OtlpPart<'logs'>) {
    this.#part = part
    this.#reader = new OtlpReader(part.block, part.row(0), new Fields(part.block))
    this.record = new LogView(this.#reader)
  }
  move(index: number): void {
    this.#reader.move(this.#part.row(index))
  }
}

export const logCodec: OtlpCodec<'logs'> = {
  signal: 'logs',
  check: checkLog,
  view: (block, row) => new LogView(new OtlpReader(block, row)),
  cursor: (part) => new OtlpCursor(part),
  editor: (part) => new OtlpEditor(part),
  points: undefined,
  plain: (block, row) => new OtlpReader(block, row).plain(),
}
