/** A request and its answer, as a server of ours sees them. */
import type { Socket } from 'node:net'
import type { HttpHeaders } from './head.ts'

/** Takes a body as it comes. Nothing is called after `gone` or after the answer. */
export interface BodySink {
  data(piece: Buffer): void
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
  /** Aborts when the connection is gone. */
  readonly abort: AbortSignal
  /** Until it is called, no more is read from the sender. */
  read(sink: BodySink): void
  answer(answer: Answer): void
}
