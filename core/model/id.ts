/** Trace and span ids: lower-case hex in the model, bytes on the wire. */

const HEX = /^[0-9a-f]*$/

/** Bytes as lower-case hex. */
export const bytesToHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

/** Hex digits as bytes; `undefined` when it is no hex. */
export const hexToBytes = (hex: string): Uint8Array | undefined => {
  const lower = hex.toLowerCase()
  return HEX.test(lower) && lower.length % 2 === 0 ? new Uint8Array(Buffer.from(lower, 'hex')) : undefined
}

/** True for `digits` lower-case hex digits, which is what a trace (32) or span (16) id is. */
export const isHexId = (value: unknown, digits: number): value is string =>
  typeof value === 'string' && value.length === digits && HEX.test(value)
