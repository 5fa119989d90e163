/** A protobuf request as a part. */
import { asBytes } from '../bytes.ts'
import type { Part } from '../part.ts'
import { PlainPart } from '../plain/part.ts'
import { completer } from '../plain/record.ts'
import type { DecodeOptions } from '../types.ts'
import { checkRequest } from './check.ts'
import { OtlpPart } from './part.ts'

export const decodeRequest = (bytes: Uint8Array, options: DecodeOptions): Part[] => {
  const { rows, groups } = checkRequest(bytes)
  if (rows.length === 0) return []
  const part = new OtlpPart({ bytes: asBytes(bytes), rows, groups, origin: options.origin, isRequest: true })
  if (!options.attributes && !options.resource && options.observedTime === undefined) return [part]
  const complete = completer(options)
  return [new PlainPart(Array.from({ length: part.count }, (_, i) => complete({ ...part.plain(i) }, i)))]
}
