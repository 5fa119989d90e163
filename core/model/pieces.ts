/**
 * Output for `writev`: pieces that share buffers where spans are long, and copies of spans where they are short.
 */
/** Spans under this are copied together: a piece costs about as much as copying this much. */
const SHARE_MIN = 16_384
const BLOCK = 65_536
const EMPTY = new Uint8Array(0)

export class Pieces {
  readonly #done: Uint8Array[] = []
  #block: Uint8Array = EMPTY
  #used = 0
  #from = 0

  /** Appends bytes that nobody changes any more. */
  add(bytes: Uint8Array): void {
    this.span(bytes, 0, bytes.length)
  }

  span(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length === 0) return
    if (length >= SHARE_MIN) {
      this.#flush()
      this.#done.push(bytes.subarray(start, end))
      return
    }
    if (this.#used + length > this.#block.length) {
      this.#flush()
      this.#block = Buffer.allocUnsafeSlow(BLOCK)
      this.#used = this.#from = 0
    }
    this.#block.set(bytes.subarray(start, end), this.#used)
    this.#used += length
  }

  finish(): readonly Uint8Array[] {
    this.#flush()
    return this.#done
  }

  #flush(): void {
    if (this.#used > this.#from) this.#done.push(this.#block.subarray(this.#from, this.#used))
    this.#from = this.#used
  }
}
