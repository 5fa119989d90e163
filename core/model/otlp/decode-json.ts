/** OTLP/JSON of logs as records. */
import type { LogPart } from '../part.ts'
import { PlainPart } from '../plain/part.ts'
import { completer, emptyLog } from '../plain/record.ts'
import type { PlainLog } from '../plain/record.ts'
import type { DecodeOptions } from '../types.ts'
import { plainFromOtlpJson } from './json.ts'
import { readRequests } from './parse-json.ts'

/**
 * Throws `CollectorError('invalid_data')` unless there is an `onInvalid`. With an origin, the records of one request stand
 * one further each, from where its text starts, so that no two share one.
 */
export const decodeOtlpJsonLogs = (bytes: Uint8Array, options: DecodeOptions): LogPart[] => {
  const complete = completer(options)
  const logs: PlainLog[] = []
  readRequests(bytes, options, {
    request: (value, start) => {
      for (const [i, log] of plainFromOtlpJson(value).entries()) logs.push(complete(log, start + i))
    },
    text: (body, start) => void logs.push(complete({ ...emptyLog(), body }, start)),
  })
  return logs.length === 0 ? [] : [new PlainPart(logs)]
}
