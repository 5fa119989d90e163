/** Reads a draft: from the line, or from values once the record had to become such. */
import type { AttributesField, Handle } from '../path.ts'
import { PlainReader } from '../plain/part.ts'
import { entriesIn, readPlain } from '../plain/record.ts'
import type { PlainLog } from '../plain/record.ts'
import type { LogRecord, Origin, Value } from '../types.ts'
import { LogView } from '../view.ts'
import type { Reader } from '../view.ts'

export class DraftReader implements Reader {
  readonly #line: Reader
  plain: PlainLog | undefined

  constructor(line: Reader) {
    this.#line = line
  }
  get(at: Handle): Value | undefined {
    return this.plain ? readPlain(this.plain, at) : this.#line.get(at)
  }
  entries(field: AttributesField): Iterable<readonly [string, Value]> {
    return this.plain ? entriesIn(this.plain, field) : this.#line.entries(field)
  }
  origin(): Origin | undefined {
    return this.#line.origin()
  }
  keep(): LogRecord {
    return this.plain ? new LogView(new PlainReader({ ...this.plain })) : this.#line.keep()
  }
}
