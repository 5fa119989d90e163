/** Finds the numbers of the records in a request without decoding it: what a sink needs to be cheap and still exact. */
import { FIRST_STEP, STEP_NANOS } from './pool.ts'

interface Cursor {
  at: number
}

const varint = (bytes: Uint8Array, cursor: Cursor): number => {
  let [value, scale] = [0, 1]
  for (;;) {
    const byte = bytes[cursor.at++]!
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value
    scale *= 128
  }
}

/** Calls back with the field, the place and the end of each field's content. Source: the protobuf encoding guide. */
const fields = (
  bytes: Uint8Array,
  from: number,
  to: number,
  each: (field: number, at: number, end: number) => void,
): void => {
  const cursor: Cursor = { at: from }
  while (cursor.at < to) {
    const tag = varint(bytes, cursor)
    const type = tag & 7
    if (type === 0) {
      const { at } = cursor
      varint(bytes, cursor)
      each(tag >>> 3, at, cursor.at)
      continue
    }
    const length = type === 2 ? varint(bytes, cursor) : type === 1 ? 8 : 4
    each(tag >>> 3, cursor.at, cursor.at + length)
    cursor.at += length
  }
}

const RESOURCE_LOGS = 1
const SCOPE_LOGS = 2
const LOG_RECORDS = 2
const TIME_UNIX_NANO = 1

/** Calls back with the number of each record; negative or past the pool when its time is not one of ours. */
export const eachRecord = (body: Buffer, each: (id: number) => void): void => {
  fields(body, 0, body.length, (inRequest, at, end) => {
    if (inRequest !== RESOURCE_LOGS) return
    fields(body, at, end, (inResource, scopeAt, scopeEnd) => {
      if (inResource !== SCOPE_LOGS) return
      fields(body, scopeAt, scopeEnd, (inScope, recordAt, recordEnd) => {
        if (inScope !== LOG_RECORDS) return
        let id = -1
        fields(body, recordAt, recordEnd, (field, valueAt) => {
          if (field !== TIME_UNIX_NANO) return
          const steps = (body.readUInt32LE(valueAt + 4) * 2 ** 32 + body.readUInt32LE(valueAt)) / STEP_NANOS
          id = Math.floor(steps) - FIRST_STEP
        })
        each(id)
      })
    })
  })
}
