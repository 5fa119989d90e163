/** A request and its answer, as a server of ours sees them. */
import type { Fields } from './fields.ts'

/** Takes a body as it comes. Nothing is called after `gone` or after the answer. */
export interface BodySink {
  /**
   * The piece is somebody else's memory: what is to stay is copied. `coming`: bytes of its frame that will follow. The
   * peer's window of the connection is taken for them, so memory for them can be reserved without being had.
   */
  data(piece: Buffer, coming: number): void
  end(): void
  /** The peer went away, or took the request back. */
  gone(): void
}

/**
 * Answered once, and it need not be read for that: a peer that still sends is told to stop (RST_STREAM, NO_ERROR). Header
 * blocks come from `encodeFields`.
 */
export interface Exchange {
  readonly fields: Fields
  /** The fields were larger than is announced, and are not here. */
  readonly isTooLarge: boolean
  /** Answered, or the peer has gone. */
  readonly isOver: boolean
  /** Until it is called, what comes waits, and the peer with it as far as windows go. */
  read(sink: BodySink): void
  answer(headers: Uint8Array, body?: Uint8Array, trailers?: Uint8Array): void
}
