/**
 * `stored`: a batch as a queue keeps it, with its layout and the origins of its records.
 *
 *   stored  = "SCB" version(1) section*
 *   section = header_length(u32 LE) header(JSON) payload(header.length bytes)
 *
 * A header names the layout and lists origins as `[key, offset]` pairs, one for each record, null where there is none.
 */
import { CollectorError } from '../kit/errors.ts'
import { asBytes } from './bytes.ts'
import { plainFromOtlp } from './otlp/read-log.ts'
import { otlpFromPlain } from './otlp/write.ts'
import type { Part } from './part.ts'
import { PlainPart } from './plain/part.ts'
import type { PlainLog } from './plain/record.ts'
import type { Origin } from './types.ts'

const MAGIC = Buffer.from('SCB\u0001', 'latin1')

interface Header {
  readonly layout: 'otlp'
  readonly length: number
  readonly origins: readonly (readonly [string, number] | null)[]
}

export const encodeStored = (parts: readonly Part[]): readonly Uint8Array[] => {
  const pieces: Uint8Array[] = [MAGIC]
  for (const part of parts) {
    const logs = Array.from({ length: part.count }, (_, i) => part.plain(i))
    const payload = otlpFromPlain(logs.map((log) => ({ group: log.group, logs: [log] })))
    const origins = logs.map(({ origin }) => (origin ? ([origin.key, origin.offset] as const) : null))
    const header = Buffer.from(JSON.stringify({ layout: 'otlp', length: payload.length, origins } satisfies Header))
    const size = Buffer.alloc(4)
    size.writeUInt32LE(header.length)
    pieces.push(size, header, payload)
  }
  return pieces
}

const fail = (reason: string): never => {
  throw new CollectorError('invalid_data', `stored batch: ${reason}`)
}

export const decodeStored = (input: Uint8Array): Part[] => {
  const bytes = asBytes(input)
  if (!bytes.subarray(0, 4).equals(MAGIC)) fail('not one, or of another version')
  const parts: Part[] = []
  for (let at = 4; at < bytes.length;) {
    if (at + 4 > bytes.length) fail('truncated')
    const from = at + 4 + bytes.readUInt32LE(at)
    if (from > bytes.length) fail('truncated')
    const header = JSON.parse(bytes.utf8Slice(at + 4, from)) as Header
    at = from + header.length
    if (at > bytes.length) fail('truncated')
    const logs: PlainLog[] = plainFromOtlp(bytes.subarray(from, at))
    header.origins.forEach((origin, i) => {
      if (origin && logs[i]) logs[i].origin = { key: origin[0], offset: origin[1] } satisfies Origin
    })
    if (logs.length > 0) parts.push(new PlainPart(logs))
  }
  return parts
}
