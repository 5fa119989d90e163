/**
 * The pieces of a body as they come. A few stay as they are and are joined once; a peer that sends a body in crumbs does
 * not get an object for each: from `PIECES_MOST` on they are copied into one buffer that doubles.
 */
const PIECES_MOST = 64

export interface Chunks {
  readonly size: number
  push(chunk: Buffer): void
  /** All of it. The buffer is the caller's: nobody else writes to it. */
  join(): Buffer
}

/** A class for the reason that `Body` is one. */
class Pieces implements Chunks {
  readonly #pieces: Buffer[] = []
  #grown: Buffer | undefined
  size = 0

  push(chunk: Buffer): void {
    this.size += chunk.length
    if (this.#grown !== undefined || this.#pieces.length >= PIECES_MOST) this.#append(chunk)
    else this.#pieces.push(chunk)
  }
  join(): Buffer {
    if (this.#grown !== undefined) return this.#grown.subarray(0, this.size)
    return this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces, this.size)
  }
  #append(chunk: Buffer): void {
    const at = this.size - chunk.length
    if (this.#grown === undefined || this.#grown.length < this.size) {
      const larger = Buffer.allocUnsafeSlow(2 * this.size)
      if (this.#grown === undefined) Buffer.concat(this.#pieces).copy(larger)
      else this.#grown.copy(larger, 0, 0, at)
      this.#grown = larger
      this.#pieces.length = 0
    }
    chunk.copy(this.#grown, at)
  }
}

export const createChunks = (): Chunks => new Pieces()
