/** A protobuf request as a part. */
import { asBytes } from '../bytes.ts'
import type { LogPart } from '../part.ts'
import { PlainPart } from '../plain/part.ts'
import { completer } from '../plain/record.ts'
import type { DecodeOptions, Origin, Signal } from '../types.ts'
import { checkRequest } from './check.ts'
import { logCodec } from './log-codec.ts'
import { OtlpPart } from './part.ts'
import type { OtlpCodec } from './part.ts'

/** Throws `CollectorError('invalid_data')` with the offset. The bytes belong to the part from then on. */
export const decodeOtlp = <S extends Signal>(
  codec: OtlpCodec<S>,
  bytes: Uint8Array,
  origin?: Origin,
): OtlpPart<S>[] => {
  const { rows, groups, named } = checkRequest(bytes, codec.check)
  if (rows.length === 0) return []
  return [new OtlpPart(codec, { bytes: asBytes(bytes), rows, groups, origin, isRequest: true, mayBeNamed: named })]
}

/** Logs, completed by what the options put beside them. */
export const decodeRequest = (bytes: Uint8Array, options: DecodeOptions): LogPart[] => {
  const parts = decodeOtlp(logCodec, bytes, options.origin)
  if (!options.attributes && !options.resource && options.observedTime === undefined) return parts
  const complete = completer(options)
  return parts.map(
    (part) => new PlainPart(Array.from({ length: part.count }, (_, i) => complete({ ...part.plain(i) }, i))),
  )
}
