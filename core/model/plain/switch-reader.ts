/** Reads a draft: from its bytes, or from values once the record had to become such. */
import type { AttributesField, Handle } from '../path.ts'
import { PlainReader } from './part.ts'
import { readPlain } from './read.ts'
import { entriesIn } from './record.ts'
import type { PlainLog } from './record.ts'
import type { LogRecord, Origin, Value, ValueKind } from '../types.ts'
import { kindOf } from '../value.ts'
import { LogView } from '../view.ts'
import type { Reader } from '../view.ts'

export class SwitchReader implements Reader {
  readonly #bytes: Reader
  plain: PlainLog | undefined

  constructor(bytes: Reader) {
    this.#bytes = bytes
  }
  get(at: Handle): Value | undefined {
    return this.plain ? readPlain(this.plain, at) : this.#bytes.get(at)
  }
  kind(at: Handle): ValueKind | undefined {
    if (!this.plain) return this.#bytes.kind(at)
    const value = readPlain(this.plain, at)
    return value === undefined ? undefined : kindOf(value)
  }
  entries(field: AttributesField): Iterable<readonly [string, Value]> {
    return this.plain ? entriesIn(this.plain, field) : this.#bytes.entries(field)
  }
  origin(): Origin | undefined {
    return this.#bytes.origin()
  }
  keep(): LogRecord {
    return this.plain ? new LogView(new PlainReader({ ...this.plain })) : this.#bytes.keep()
  }
}
