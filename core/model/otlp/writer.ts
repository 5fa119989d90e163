/**
 * A protobuf writer that fills its buffer from the end: a nested message is written before its length, so nothing is
 * measured twice or moved. One writer is reused by the whole process; what `take` returns is a copy.
 */
const START_SIZE = 65_536
/** A buffer that one huge request made larger than this is let go. */
const KEEP_MAX = 8 * 1_024 * 1_024

export class BackWriter {
  #buffer = Buffer.allocUnsafeSlow(START_SIZE)
  #at = START_SIZE

  /** How many bytes are written; a nested message's length is the difference of two marks. */
  get mark(): number {
    return this.#buffer.length - this.#at
  }

  #room(bytes: number): number {
    if (this.#at < bytes) this.#grow(bytes)
    this.#at -= bytes
    return this.#at
  }

  #grow(bytes: number): void {
    const old = this.#buffer
    const used = old.length - this.#at
    const size = Math.max(old.length * 2, used + bytes)
    this.#buffer = Buffer.allocUnsafeSlow(size)
    old.copy(this.#buffer, size - used, this.#at)
    this.#at = size - used
  }

  varint(value: number): void {
    let bytes = 1
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++
    let at = this.#room(bytes)
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#buffer[at++] = (rest % 128) | 128
    this.#buffer[at] = rest
  }

  /** An int64 or int32 in two's complement. */
  int64(value: bigint): void {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, value)
    for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
    bytes.push(Number(rest))
    this.raw(Uint8Array.from(bytes), 0, bytes.length)
  }

  fixed32(value: number): void {
    const at = this.#room(4)
    this.#buffer.writeUInt32LE(value, at)
  }

  fixed64(value: bigint): void {
    const at = this.#room(8)
    this.#buffer.writeBigUInt64LE(value, at)
  }

  double(value: number): void {
    const at = this.#room(8)
    this.#buffer.writeDoubleLE(value, at)
  }

  text(value: string): void {
    const bytes = Buffer.byteLength(value)
    const at = this.#room(bytes)
    this.#buffer.write(value, at, bytes, 'utf8')
  }

  raw(bytes: Uint8Array, start: number, end: number): void {
    const at = this.#room(end - start)
    this.#buffer.set(bytes.subarray(start, end), at)
  }

  /** The bytes since the start, copied; the writer is empty again. */
  take(): Uint8Array {
    return this.#takeInto(Buffer.allocUnsafeSlow(this.mark))
  }

  /** The same in Node's pool of small buffers: for bytes that do not live long. */
  takePooled(): Uint8Array {
    return this.#takeInto(Buffer.allocUnsafe(this.mark))
  }

  #takeInto(bytes: Buffer): Uint8Array {
    this.#buffer.copy(bytes, 0, this.#at)
    if (this.#buffer.length > KEEP_MAX) this.#buffer = Buffer.allocUnsafeSlow(START_SIZE)
    this.#at = this.#buffer.length
    return bytes
  }

  /** Forgets what was written since `mark`. */
  rewind(mark: number): void {
    this.#at = this.#buffer.length - mark
  }
}
