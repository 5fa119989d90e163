/**
 * A body as it comes, in one piece of memory from the start. Its memory is taken ahead of what has come, but only so far: to
 * announce much costs a peer a part of what sending it does.
 */
/** For the first bytes. */
const FIRST_BYTES = 64 * 1024
/** Memory up to so many times of what has come, where more is announced. */
const AHEAD = 8
/** The same where nobody knows what will come: what is not used is copied out in the end. */
const AHEAD_BLINDLY = 2
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

  /** Where the next bytes belong, to be read straight into. Empty before the first have come, and when all have. */
  room(): Buffer {
    if (this.size > 0 && this.size === this.#memory.length && this.size !== this.#length) this.#reserve(1)
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

  /** Memory for at least so many more. */
  #reserve(more: number): void {
    const least = this.size + more
    const length = this.#length ?? Infinity
    const wanted = Math.max(FIRST_BYTES, least * (this.#length === undefined ? AHEAD_BLINDLY : AHEAD))
    const larger = Buffer.allocUnsafeSlow(Math.max(least, Math.min(wanted, length)))
    this.#memory.copy(larger, 0, 0, this.size)
    this.#memory = larger
  }
}
