/**
 * A body as it comes, in one piece of memory from the start. Its whole length is taken at once only up to `FIRST_BYTES`;
 * beyond that the memory grows with what has come, so that announcing much costs a peer what sending it does.
 */
const FIRST_BYTES = 512 * 1024
/** For one that comes in chunks. */
const CHUNKED_BYTES = 16 * 1024
const NONE = Buffer.alloc(0)

/**
 * A class, for once: there is one for every request. An object literal with a getter has a hidden class of its own, which V8
 * keeps, with all the getter can see, until old memory is collected. The bodies of a hundred requests lived on for that.
 */
export class Body {
  /** As announced; undefined when nobody knows. */
  readonly #length: number | undefined
  #memory = NONE
  size = 0

  constructor(length: number | undefined) {
    this.#length = length
  }

  /** Where the next bytes belong, to be read straight into. */
  room(): Buffer {
    if (this.size === this.#memory.length && this.size !== this.#length) this.#reserve(1)
    return this.#memory.subarray(this.size)
  }

  /** Copies the bytes, unless they stand in `room` already. */
  push(bytes: Buffer): void {
    const { size } = this
    const isThere = bytes.buffer === this.#memory.buffer && bytes.byteOffset === this.#memory.byteOffset + size
    if (!isThere) {
      if (size + bytes.length > this.#memory.length) this.#reserve(bytes.length)
      bytes.copy(this.#memory, size)
    }
    this.size = size + bytes.length
  }

  /** All of it. The memory is the caller's: nobody else writes to it. */
  whole(): Buffer {
    const { size } = this
    if (size === this.#memory.length) return this.#memory
    const whole = Buffer.allocUnsafeSlow(size)
    this.#memory.copy(whole, 0, 0, size)
    return whole
  }

  /** Memory for so many more, and twice of what there was if that is more. */
  #reserve(more: number): void {
    const least = this.size + more
    const wanted = Math.max(least, 2 * this.#memory.length, this.#length === undefined ? CHUNKED_BYTES : FIRST_BYTES)
    const larger = Buffer.allocUnsafeSlow(Math.max(least, Math.min(wanted, this.#length ?? wanted)))
    this.#memory.copy(larger, 0, 0, this.size)
    this.#memory = larger
  }
}
