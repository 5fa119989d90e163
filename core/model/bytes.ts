/** Node's fast string slices, which its type definitions leave out. */
export interface Bytes extends Buffer {
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
}

/** The same bytes as a Buffer; nothing is copied. */
export const asBytes = (bytes: Uint8Array): Bytes =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) as Bytes

/** The same bytes, for looking at several at once. */
export const wordsOf = ({ buffer, byteOffset, length }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, length)
