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

export const createChunks = (): Chunks => {
  const pieces: Buffer[] = []
  let size = 0
  let grown: Buffer | undefined

  const append = (chunk: Buffer): void => {
    const at = size - chunk.length
    if (grown === undefined || grown.length < size) {
      const larger = Buffer.allocUnsafeSlow(2 * size)
      if (grown === undefined) Buffer.concat(pieces).copy(larger)
      else grown.copy(larger, 0, 0, at)
      grown = larger
      pieces.length = 0
    }
    chunk.copy(grown, at)
  }
  return {
    get size() {
      return size
    },
    push(chunk) {
      size += chunk.length
      if (grown !== undefined || pieces.length >= PIECES_MOST) append(chunk)
      else pieces.push(chunk)
    },
    join() {
      if (grown !== undefined) return grown.subarray(0, size)
      return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, size)
    },
  }
}
