/**
 * A batch that waits shares its buffers with the batches it was cut from, and a filter may have left little of them alive.
 * When less than a quarter of what it pins is its own, its records are copied out: what waits in memory is at most four
 * times what is accounted for.
 */
import { decode } from '../model/index.ts'
import type { Batch } from '../model/types.ts'

const ALIVE_LEAST = 1 / 4
/** Below this it is not worth the copy. */
const PINNED_LEAST = 64 * 1024

/** In memory of its own: `Buffer.concat` would take a piece of a pool that others keep alive. */
const joined = (pieces: readonly Uint8Array[]): Uint8Array => {
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

export const compact = (batch: Batch): Batch => {
  const { pinned } = batch
  if (pinned < PINNED_LEAST || batch.bytes >= pinned * ALIVE_LEAST) return batch
  return decode(batch.signal, 'stored', joined(batch.encode('stored')))
}
