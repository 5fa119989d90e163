/** One stream of a connection: a request that comes, an answer that goes (RFC 9113 §5.1). */
import { Flag } from './codes.ts'
import type { BodySink, Exchange } from './exchange.ts'
import type { Fields } from './fields.ts'
import type { Outflow, Outgoing } from './outflow.ts'

/** What a stream asks of its connection. */
export interface StreamOwner {
  readonly outflow: Outflow
  /** Bytes were handed on, or passed over: the peer may send as many again. */
  credit(stream: Stream, bytes: number): void
  /** The answer is on its way, all of it. */
  answered(stream: Stream): void
  moved(): void
}

const NONE: Fields = Object.freeze(Object.create(null) as Record<string, undefined>)

export class Stream implements Exchange, Outgoing {
  readonly id: number
  readonly fields: Fields
  readonly isTooLarge: boolean
  readonly #owner: StreamOwner
  sendWindow: number
  rest: Uint8Array | undefined
  trailers: Uint8Array | undefined
  /** What the peer may still send. */
  receiveWindow: number
  /** Handed on and not given back to the peer yet. */
  uncredited = 0
  /** The peer has sent all it will. */
  isEnded = false
  /** Bytes that `content-length` promises and that did not come yet. */
  contentLeft: number | undefined
  #isAnswered = false
  #isGone = false
  #sink: BodySink | undefined
  #early: Buffer[] | undefined
  /** When the answer began to wait for the peer to make room. */
  waitsSince = Number.POSITIVE_INFINITY

  constructor(owner: StreamOwner, id: number, fields: Fields | undefined, receiveWindow: number, sendWindow: number) {
    this.#owner = owner
    this.id = id
    this.fields = fields ?? NONE
    this.isTooLarge = fields === undefined
    this.receiveWindow = receiveWindow
    this.sendWindow = sendWindow
    const length = this.fields['content-length']
    this.contentLeft = length === undefined ? undefined : Number(length)
  }

  get isOver(): boolean {
    return this.#isAnswered || this.#isGone
  }

  /** The answer has begun and is not all written. */
  get isSending(): boolean {
    return this.#isAnswered && this.rest !== undefined
  }

  read(sink: BodySink): void {
    if (this.isOver) return
    this.#sink = sink
    const early = this.#early
    this.#early = undefined
    for (const piece of early ?? []) this.take(piece, 0)
    if (this.isEnded) this.#finish()
  }

  answer(headers: Uint8Array, body?: Uint8Array, trailers?: Uint8Array): void {
    if (this.isOver) return
    this.#isAnswered = true
    this.#sink = undefined
    this.#passOver()
    const { outflow } = this.#owner
    if (body === undefined) {
      outflow.headers(this.id, headers, Flag.END_STREAM)
      this.sent()
      return
    }
    outflow.headers(this.id, headers, 0)
    this.rest = body
    this.trailers = trailers
    outflow.body(this)
  }

  /** A piece of the body. */
  take(piece: Buffer, coming: number): void {
    if (this.#sink !== undefined) {
      this.#sink.data(piece, coming)
      this.#owner.credit(this, piece.length)
    } else if (this.isOver) this.#owner.credit(this, piece.length)
    else (this.#early ??= []).push(Buffer.from(piece))
  }

  /** The peer has sent all of it. */
  end(): void {
    this.isEnded = true
    this.#finish()
  }

  /** The stream is no more. */
  gone(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#owner.outflow.forget(this)
    this.rest = undefined
    const sink = this.#sink
    this.#sink = undefined
    this.#passOver()
    sink?.gone()
  }

  sent(): void {
    this.waitsSince = Number.POSITIVE_INFINITY
    this.#owner.answered(this)
  }

  moved(): void {
    this.waitsSince = Number.POSITIVE_INFINITY
    this.#owner.moved()
  }

  #finish(): void {
    this.#sink?.end()
  }

  #passOver(): void {
    const early = this.#early
    this.#early = undefined
    for (const { length } of early ?? []) this.#owner.credit(this, length)
  }
}
