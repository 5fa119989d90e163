/** OTLP/JSON of spans and metrics as parts: each request becomes protobuf once, and lives on as that. */
import type { DecodeOptions } from '../../types.ts'
import { ROW, ROW_OFFSET } from '../block.ts'
import { decodeOtlp } from '../decode.ts'
import { readRequests } from '../parse-json.ts'
import type { OtlpCodec, OtlpPart } from '../part.ts'
import { requestFromJson } from './from-json.ts'
import { written } from './written.ts'

/**
 * Throws `CollectorError('invalid_data')` unless there is an `onInvalid`. With an origin, the records of one request stand
 * one further each, from where its text starts.
 */
export const decodeOtlpJson = <S extends 'metrics' | 'traces'>(
  codec: OtlpCodec<S>,
  bytes: Uint8Array,
  options: DecodeOptions,
): OtlpPart<S>[] => {
  const parts: OtlpPart<S>[] = []
  const request = (value: unknown, start: number): void => {
    const message = written((w) => requestFromJson(w, codec.signal, value))
    for (const part of decodeOtlp(codec, message, options.origin)) {
      const { rows } = part.block
      if (options.origin) for (let at = ROW_OFFSET; at < rows.length; at += ROW) rows[at]! += start
      parts.push(part)
    }
  }
  readRequests(bytes, options, { request })
  return parts
}
