/**
 * One level of a small protobuf message, as far as answers of servers need it: the last varint and the last run of bytes
 * of each field, and every run of bytes of repeated ones. Answers come from strangers: unknown fields are skipped, and
 * what is broken is undefined.
 */
export interface Fields {
  readonly ints: ReadonlyMap<number, bigint>
  readonly bytes: ReadonlyMap<number, readonly Uint8Array[]>
}

export const lastOf = (fields: Fields | undefined, field: number): Uint8Array | undefined =>
  fields?.bytes.get(field)?.at(-1)

/** Undefined when the message is broken. */
export const readFields = (message: Uint8Array): Fields | undefined => {
  const ints = new Map<number, bigint>()
  const bytes = new Map<number, Uint8Array[]>()
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++]
      if (byte === undefined) throw new RangeError('truncated')
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, value)
    }
    throw new RangeError('a varint is too long')
  }
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > message.length) throw new RangeError('truncated')
    at += length
    return message.subarray(at - length, at)
  }
  try {
    while (at < message.length) {
      const tag = Number(varint())
      const field = Math.floor(tag / 8)
      switch (tag & 7) {
        case 0:
          ints.set(field, varint())
          break
        case 1:
          take(8)
          break
        case 2: {
          const run = take(Number(varint()))
          const known = bytes.get(field)
          if (known === undefined) bytes.set(field, [run])
          else known.push(run)
          break
        }
        case 5:
          take(4)
          break
        default:
          return undefined
      }
    }
  } catch {
    return undefined
  }
  return { ints, bytes }
}
