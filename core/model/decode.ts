/** Bytes as batches. Line formats never throw: what is no record goes to `onInvalid`. */
import { PartsBatch } from './batch.ts'
import { CollectorError } from './errors.ts'
import { decodeJson } from './json/decode.ts'
import { decodeLines } from './lines.ts'
import { decodeOtlp, decodeRequest } from './otlp/decode.ts'
import { decodeOtlpJsonLogs } from './otlp/decode-json.ts'
import { metricCodec, spanCodec } from './otlp/message/codec.ts'
import { decodeOtlpJson } from './otlp/message/decode-json.ts'
import type { OtlpCodec } from './otlp/part.ts'
import type { LogPart, Part } from './part.ts'
import { decodeStored, decodeStoredLogs } from './stored.ts'
import type { Batch, DecodeFormat, DecodeOptions, Signal } from './types.ts'

const logsIn = (format: DecodeFormat, bytes: Uint8Array, options: DecodeOptions): readonly LogPart[] => {
  switch (format) {
    case 'stored':
      return decodeStoredLogs(bytes)
    case 'otlp_proto':
      return decodeRequest(bytes, options)
    case 'json':
      return decodeJson('body', bytes, options)
    case 'envelope':
      // What stands beside an envelope has to go into it: that is done on values.
      return options.attributes || options.resource
        ? decodeLines(format, bytes, options)
        : decodeJson('envelope', bytes, options)
    case 'otlp_json':
      return decodeOtlpJsonLogs(bytes, options)
    default:
      return decodeLines(format, bytes, options)
  }
}

const messagesIn = <S extends 'metrics' | 'traces'>(
  codec: OtlpCodec<S>,
  format: DecodeFormat,
  bytes: Uint8Array,
  options: DecodeOptions,
): readonly Part<S>[] => {
  if (options.attributes || options.resource || options.observedTime !== undefined)
    throw new CollectorError(
      'invalid_data',
      `attributes, resource and observedTime are put beside logs, not ${codec.signal}`,
    )
  switch (format) {
    case 'stored':
      return decodeStored(codec, bytes)
    case 'otlp_proto':
      return decodeOtlp(codec, bytes, options.origin)
    case 'otlp_json':
      return decodeOtlpJson(codec, bytes, options)
    default:
      throw new CollectorError(
        'invalid_data',
        `format ${format} is for logs; ${codec.signal} have otlp_proto, otlp_json and stored`,
      )
  }
}

/**
 * Decodes bytes, which belong to the batch from then on: nobody may change them. `json`: the line's value is the body.
 * `text`: the line is. `otlp_json`: one request, or one a line. Lines may end with CRLF; blank ones are nothing. Broken protobuf, OTLP/JSON without `onInvalid`
 * and broken `stored` bytes throw `CollectorError('invalid_data')`. Metrics and traces have `otlp_proto`, `otlp_json` and
 * `stored`, and of the options `origin` and `onInvalid`.
 */
export const decode = <S extends Signal>(
  signal: S,
  format: DecodeFormat,
  bytes: Uint8Array,
  options: DecodeOptions = {},
): Batch<S> => {
  const batch =
    signal === 'logs'
      ? new PartsBatch('logs', logsIn(format, bytes, options))
      : signal === 'metrics'
        ? new PartsBatch('metrics', messagesIn(metricCodec, format, bytes, options))
        : new PartsBatch('traces', messagesIn(spanCodec, format, bytes, options))
  return batch as Batch<Signal> as Batch<S>
}
