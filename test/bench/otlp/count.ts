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
const WORD = 2 ** 32

const steps = (body: Buffer, at: number): number =>
  (body.readUInt32LE(at + 4) * WORD + body.readUInt32LE(at)) / STEP_NANOS

/** The same request with records whose numbers are higher by so much. */
export const renumbered = (body: Buffer, by: number): Buffer => {
  const copy = Buffer.from(body)
  eachRecord(body, (_, at) => {
    const nanos = (steps(body, at) + by) * STEP_NANOS
    copy.writeUInt32LE(nanos % WORD, at)
    copy.writeUInt32LE(Math.floor(nanos / WORD), at + 4)
  })
  return copy
}

/** Calls back with the number of each record, and where its time stands; the number is far off when the time is not one of ours. */
export const eachRecord = (body: Buffer, each: (id: number, timeAt: number) => void): void => {
  fields(body, 0, body.length, (inRequest, at, end) => {
    if (inRequest !== RESOURCE_LOGS) return
    fields(body, at, end, (inResource, scopeAt, scopeEnd) => {
      if (inResource !== SCOPE_LOGS) return
      fields(body, scopeAt, scopeEnd, (inScope, recordAt, recordEnd) => {
        if (inScope !== LOG_RECORDS) return
        let [id, timeAt] = [-1, -1]
        fields(body, recordAt, recordEnd, (field, valueAt) => {
          if (field === TIME_UNIX_NANO) [id, timeAt] = [Math.floor(steps(body, valueAt)) - FIRST_STEP, valueAt]
        })
        each(id, timeAt)
      })
    })
  })
}
