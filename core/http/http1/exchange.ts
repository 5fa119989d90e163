/** A request and its answer, as a server of ours sees them. */
import type { Socket } from 'node:net'
import type { HttpHeaders } from './head.ts'

/** Takes a body as it comes. Nothing is called after `gone` or after the answer. */
export interface BodySink {
  /** The piece is somebody else's memory: what is to stay is copied, unless it stands in `room`. */
  data(piece: Buffer): void
  /** Where the next bytes may be read straight into; without it, or when it is empty, they come from elsewhere. */
  room?(): Buffer
  end(): void
  /** The sender went away, or was cut off, in the middle. */
  gone(): void
}

export interface Answer {
  readonly status: number
  /** Name after value; content-length is added. */
  readonly headers: readonly string[]
  readonly body: Uint8Array | string
  /** The connection ends with it. */
  readonly close?: boolean
}

/** Answered once; it need not be read for that: what the sender still sends is then passed over, within a bound. */
export interface Exchange {
  readonly method: string
  readonly target: string
  readonly headers: HttpHeaders
  readonly socket: Socket
  /** Of its body, as announced; undefined: it comes in chunks. */
  readonly length: number | undefined
  /** Aborts when the connection is gone. */
  readonly abort: AbortSignal
  /** Until it is called, no more is read from the sender. */
  read(sink: BodySink): void
  answer(answer: Answer): void
}
