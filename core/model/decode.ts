/** Bytes as batches. Line formats never throw: what is no record goes to `onInvalid`. */
import { PartsBatch } from './batch.ts'
import { decodeJson } from './json/decode.ts'
import { decodeLines } from './lines.ts'
import { decodeRequest } from './otlp/decode.ts'
import type { Part } from './part.ts'
import { decodeStored } from './stored.ts'
import type { DecodeFormat, DecodeOptions, LogBatch } from './types.ts'

const partsIn = (format: DecodeFormat, bytes: Uint8Array, options: DecodeOptions): readonly Part[] => {
  switch (format) {
    case 'stored':
      return decodeStored(bytes)
    case 'otlp_proto':
      return decodeRequest(bytes, options)
    case 'json':
      return decodeJson('body', bytes, options)
    case 'envelope':
      // What stands beside an envelope has to go into it: that is done on values.
      return options.attributes || options.resource
        ? decodeLines(format, bytes, options)
        : decodeJson('envelope', bytes, options)
    default:
      return decodeLines(format, bytes, options)
  }
}

/**
 * Decodes bytes, which belong to the batch from then on: nobody may change them. `json`: the line's value is the body.
 * `text`: the line is. Lines may end with CRLF; blank ones are nothing. Broken protobuf, OTLP/JSON without `onInvalid`
 * and broken `stored` bytes throw `CollectorError('invalid_data')`.
 */
export const decode = (
  _signal: 'logs',
  format: DecodeFormat,
  bytes: Uint8Array,
  options: DecodeOptions = {},
): LogBatch => new PartsBatch(partsIn(format, bytes, options))
