/**
 * Publishes messages and waits for the stream's acknowledgements, many at once. A flight is one batch: its messages are
 * written into a few large buffers, each with a reply subject that names flight and message. What is acknowledged,
 * refused, or overtaken by a timeout or a lost connection settles the flight. At most `maxInFlight` messages wait.
 *
 *   message = "HPUB " subject SP reply SP header-size SP size CR LF "NATS/1.0" CR LF "Nats-Msg-Id: " id CR LF CR LF payload CR LF
 */
import { createInbox, type NatsConnection } from '@nats-io/transport-node'
import { type Clock, CollectorError } from 'seneca-collector'
import { plainAckOf, readAck } from './ack.ts'
import { tapAcks } from './ack-tap.ts'
import type { Messages } from './messages.ts'

const FRAME_BYTES = 256 * 1024
const HEADER_SLACK = 256
const HEADER_START = 'NATS/1.0\r\nNats-Msg-Id: '
const HEADER_END = '\r\n\r\n'
/** Buffers that are used again, as soon as all that was in them is acknowledged: fresh ones would keep the collector of garbage busy. */
const POOLED_BYTES = 512 * 1024
const MOST_POOLED = 16

export interface Failure {
  readonly index: number
  readonly error: CollectorError
}

interface Flight {
  readonly id: number
  /** 1 where an acknowledgement is awaited. */
  readonly open: Uint8Array
  openCount: number
  readonly failures: Failure[]
  readonly buffers: Buffer[]
  readonly settle: () => void
  /** Nothing more will be sent: it is settled when nothing is open. */
  isSent: boolean
  /** When it was last looked at and had moved: something was sent or acknowledged. */
  touched: number
  hasMoved: boolean
}

export interface PublisherOptions {
  readonly connection: NatsConnection
  readonly stream: string
  readonly maxInFlight: number
  readonly ackTimeoutMs: number
  readonly clock: Clock
}

type SendBytes = (bytes: Buffer) => void

/** The client writes bytes as they are; should it be built differently, undefined. */
const rawSender = (connection: NatsConnection): SendBytes | undefined => {
  const { protocol } = connection as unknown as { protocol?: { sendCommand?: (bytes: Uint8Array) => void } }
  return typeof protocol?.sendCommand === 'function' ? (bytes) => protocol.sendCommand?.(bytes) : undefined
}

const payloadSize = (messages: Messages, index: number): number =>
  (messages.ends[index] ?? 0) - (messages.starts[index] ?? 0)

const ASCII = /^[\x20-\x7e]*$/

/** What frames of one subject and flight begin with, up to the message's number. */
interface FrameStart {
  readonly subject: string | undefined
  readonly text: string
  readonly isAscii: boolean
}

/** Ids are ASCII, subjects nearly always: then a text is written byte for byte. */
const writeFrame = (into: Buffer, from: number, messages: Messages, index: number, start: FrameStart): number => {
  const id = messages.ids[index] ?? ''
  const headerSize = HEADER_START.length + id.length + HEADER_END.length
  const size = headerSize + payloadSize(messages, index)
  const text = `${start.text}${index} ${headerSize} ${size}\r\n${HEADER_START}${id}${HEADER_END}`
  let at = from + (start.isAscii ? into.write(text, from, 'latin1') : into.write(text, from))
  at += messages.bytes.copy(into, at, messages.starts[index], messages.ends[index])
  into[at++] = 13
  into[at++] = 10
  return at
}

const frameSize = (messages: Messages, index: number): number =>
  HEADER_SLACK +
  (messages.subjects[index]?.length ?? 0) * 3 +
  (messages.ids[index]?.length ?? 0) +
  payloadSize(messages, index)

export class Publisher {
  readonly #options: PublisherOptions
  readonly #inbox = createInbox()
  readonly #flights = new Map<number, Flight>()
  readonly #send: SendBytes
  #nextFlight = 0
  #inFlight = 0
  #roomWaiters: (() => void)[] = []
  readonly #pool: Buffer[] = []
  readonly #plainAck: Buffer
  /** Acknowledgements of one flight come together. */
  #lastAcked: Flight | undefined

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#plainAck = plainAckOf(options.stream)
    const { connection } = options
    const send = rawSender(connection)
    if (send === undefined)
      throw new CollectorError('dependency_missing', 'this version of @nats-io/nats-core cannot be used')
    this.#send = send
    connection.subscribe(`${this.#inbox}.>`, {
      callback: (_, message) => {
        const status = message.headers?.code ?? 0
        const [flight, index] = message.subject
          .slice(this.#inbox.length + 1)
          .split('.')
          .map(Number)
        const bytes = Buffer.from(message.data)
        this.#acknowledge(flight ?? Number.NaN, index ?? Number.NaN, bytes, 0, bytes.length, status)
      },
    })
    tapAcks(connection, this.#inbox, (flight, index, bytes, start, end) =>
      this.#acknowledge(flight, index, bytes, start, end, 0),
    )
  }

  /** Sends all; answers those that were not taken. */
  async publish(messages: Messages): Promise<Failure[]> {
    const { connection, ackTimeoutMs, clock } = this.#options
    const most = connection.info?.max_payload ?? Infinity
    const settled = Promise.withResolvers<void>()
    const id = this.#nextFlight++
    const { length } = messages.ids
    const flight: Flight = {
      id,
      open: new Uint8Array(length),
      openCount: 0,
      failures: [],
      buffers: [],
      settle: settled.resolve,
      isSent: false,
      touched: clock.monotonic(),
      hasMoved: true,
    }
    this.#flights.set(id, flight)
    const fitting: number[] = []
    for (let index = 0; index < length; index++) {
      const size = payloadSize(messages, index)
      if (size + (messages.ids[index]?.length ?? 0) + HEADER_SLACK > most)
        flight.failures.push({ index, error: tooLarge(size, most) })
      else fitting.push(index)
    }
    const cancel = clock.every(Math.max(1, ackTimeoutMs / 4), () => this.#checkTimeout(flight))
    try {
      await this.#sendAll(flight, messages, fitting)
      flight.isSent = true
      if (flight.openCount > 0) await settled.promise
    } finally {
      cancel()
      this.#flights.delete(id)
      this.#lastAcked = undefined
    }
    if (flight.failures.length === 0) this.#recycle(flight)
    return flight.failures
  }

  /** What was acknowledged has left the buffers. */
  #recycle(flight: Flight): void {
    for (const buffer of flight.buffers) {
      if (buffer.length === POOLED_BYTES && this.#pool.length < MOST_POOLED) this.#pool.push(buffer)
    }
  }

  /** The connection is gone: what was not acknowledged is in doubt, and is sent again. */
  disconnected(reason: string): void {
    for (const flight of this.#flights.values()) this.#failRest(flight, 'unavailable', reason)
  }

  async #sendAll(flight: Flight, messages: Messages, indexes: readonly number[]): Promise<void> {
    for (let next = 0; next < indexes.length;) {
      while (this.#inFlight >= this.#options.maxInFlight)
        await new Promise<void>((resolve) => void this.#roomWaiters.push(resolve))
      // Some of it has failed already: the rest would only be sent twice.
      if (flight.failures.some(({ error }) => error.retryable)) return
      next = this.#sendSome(flight, messages, indexes, next)
    }
  }

  /** One buffer full, as far as there is room. */
  #sendSome(flight: Flight, messages: Messages, indexes: readonly number[], from: number): number {
    const room = this.#options.maxInFlight - this.#inFlight
    let bytes = 0
    let to = from
    for (; to < indexes.length && to - from < room && (bytes < FRAME_BYTES || to === from); to++) {
      bytes += frameSize(messages, indexes[to] ?? 0)
    }
    bytes += (to - from) * this.#inbox.length
    const buffer =
      bytes > POOLED_BYTES ? Buffer.allocUnsafe(bytes) : (this.#pool.pop() ?? Buffer.allocUnsafe(POOLED_BYTES))
    flight.buffers.push(buffer)
    let at = 0
    let start: FrameStart = { subject: undefined, text: '', isAscii: true }
    for (let next = from; next < to; next++) {
      const index = indexes[next] ?? 0
      const subject = messages.subjects[index]
      if (subject !== start.subject) start = this.#startOf(subject, flight)
      at = writeFrame(buffer, at, messages, index, start)
      flight.open[index] = 1
    }
    this.#inFlight += to - from
    flight.openCount += to - from
    flight.hasMoved = true
    this.#send(buffer.subarray(0, at))
    return to
  }

  #startOf(subject: string | undefined, flight: Flight): FrameStart {
    const text = `HPUB ${subject} ${this.#inbox}.${flight.id}.`
    return { subject, text, isAscii: ASCII.test(text) }
  }

  #acknowledge(id: number, index: number, bytes: Buffer, start: number, end: number, status: number): void {
    const flight = id === this.#lastAcked?.id ? this.#lastAcked : this.#flights.get(id)
    if (flight === undefined) return
    this.#lastAcked = flight
    if (flight.open[index] !== 1) return
    flight.hasMoved = true
    if (!this.#isPlainAck(bytes, start, end)) {
      const problem = readAck(bytes.subarray(start, end), status, this.#options.stream)
      if (problem !== undefined) flight.failures.push({ index, error: problem })
    }
    this.#close(flight, index)
  }

  #isPlainAck(bytes: Buffer, start: number, end: number): boolean {
    const wanted = this.#plainAck
    if (end - start <= wanted.length) return false
    for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false
    return true
  }

  #close(flight: Flight, index: number): void {
    flight.open[index] = 0
    flight.openCount--
    this.#inFlight--
    if (flight.openCount === 0 && flight.isSent) flight.settle()
    if (this.#roomWaiters.length > 0 && this.#inFlight <= this.#options.maxInFlight / 2) {
      const waiters = this.#roomWaiters
      this.#roomWaiters = []
      for (const wake of waiters) wake()
    }
  }

  #checkTimeout(flight: Flight): void {
    const { clock, ackTimeoutMs } = this.#options
    const now = clock.monotonic()
    if (flight.hasMoved) {
      flight.touched = now
      flight.hasMoved = false
    }
    if (flight.openCount === 0 || now - flight.touched < ackTimeoutMs) return
    this.#failRest(flight, 'timeout', `no acknowledgement within ${ackTimeoutMs} ms`)
  }

  #failRest(flight: Flight, code: 'timeout' | 'unavailable', reason: string): void {
    for (let index = flight.open.indexOf(1); index >= 0; index = flight.open.indexOf(1, index + 1)) {
      flight.failures.push({ index, error: new CollectorError(code, reason, { retryable: true }) })
      this.#close(flight, index)
    }
  }
}

const tooLarge = (size: number, most: number): CollectorError =>
  new CollectorError('too_large', `a message of ${size} bytes is larger than the server takes (${most})`)
