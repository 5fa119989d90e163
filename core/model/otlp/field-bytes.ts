/** What a field of a LogRecord is once it is set to a value. */
import { asBytes } from '../bytes.ts'
import type { Bytes } from '../bytes.ts'
import type { Handle } from '../path.ts'
import { setPlain } from '../plain/edit.ts'
import { readPlain } from '../plain/read.ts'
import { emptyLog } from '../plain/record.ts'
import type { Value } from '../types.ts'
import { asValue } from '../value.ts'
import { isInAttribute } from './places.ts'
import { entryBytes, logBytes } from './write.ts'

export interface WrittenField {
  /** From its tag on; none where the value is what a record without the field says. */
  readonly bytes: Bytes
  /** As it is read then. */
  readonly value: Value
}

/** The path is that of a whole field. Throws `TypeError` when it cannot hold the value. */
export const writtenField = (at: Handle, input: Value): WrittenField => {
  if (isInAttribute(at)) {
    const value = asValue(input)
    return { bytes: asBytes(entryBytes(String(at.rest[0]), value)), value }
  }
  const log = emptyLog()
  setPlain(log, at, input)
  const record = asBytes(logBytes(log))
  let start = 1
  while (record[start]! > 127) start++
  return { bytes: asBytes(record.subarray(start + 1)), value: readPlain(log, at)! }
}
