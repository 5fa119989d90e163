/** What a peer may send us: the windows of the connection and its streams, given back many bytes at a time (RFC 9113 §5.2). */
import { ConnectionFault, DEFAULT_WINDOW, ErrorCode, FrameType } from './codes.ts'
import { CREDIT_BYTES, WINDOW_BYTES } from './limits.ts'
import type { Outflow } from './outflow.ts'

/** One body on its way to us. */
export interface Incoming {
  readonly id: number
  receiveWindow: number
  /** Handed on and not given back to the peer yet. */
  uncredited: number
  /** Nothing more of it will come, or is wanted. */
  readonly isEnded: boolean
  readonly isOver: boolean
}

export class Inflow {
  readonly #outflow: Outflow
  #window = WINDOW_BYTES
  #uncredited = 0

  constructor(outflow: Outflow) {
    this.#outflow = outflow
  }

  /** Makes the window of the connection as large as ours are. */
  open(): void {
    this.#outflow.word(FrameType.WINDOW_UPDATE, 0, WINDOW_BYTES - DEFAULT_WINDOW)
  }

  /** A DATA frame begins, padding and all. */
  take(bytes: number): void {
    this.#window -= bytes
    if (this.#window < 0)
      throw new ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, 'more DATA than the window of the connection')
  }

  /** Bytes were handed on, or passed over: the peer may send as many again. */
  credit(bytes: number): void {
    this.#uncredited += bytes
    if (this.#uncredited < CREDIT_BYTES) return
    this.#window += this.#uncredited
    this.#outflow.word(FrameType.WINDOW_UPDATE, 0, this.#uncredited)
    this.#uncredited = 0
  }

  /** The same, where they are of a stream that goes on. */
  creditStream(incoming: Incoming, bytes: number): void {
    this.credit(bytes)
    incoming.uncredited += bytes
    if (incoming.uncredited < CREDIT_BYTES || incoming.isEnded || incoming.isOver) return
    incoming.receiveWindow += incoming.uncredited
    this.#outflow.word(FrameType.WINDOW_UPDATE, incoming.id, incoming.uncredited)
    incoming.uncredited = 0
  }
}
