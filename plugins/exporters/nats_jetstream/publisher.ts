/**
 * Publishes messages and waits for the stream's acknowledgements, many at once. A flight is one batch: its messages are
 * written into a few large buffers, each with a reply subject that names flight and message. What is acknowledged,
 * refused, or overtaken by a timeout or a lost connection settles the flight. At most `maxInFlight` messages wait.
 *
 *   message = "HPUB " subject SP reply SP header-size SP size CR LF "NATS/1.0" CR LF "Nats-Msg-Id: " id CR LF CR LF payload CR LF
 */
import { createInbox, type NatsConnection } from '@nats-io/transport-node'
import { type Clock, CollectorError } from 'seneca-collector'
import { type AckResult, readAck } from './ack.ts'
import { tapAcks } from './ack-tap.ts'
import type { Message } from './messages.ts'

const FRAME_BYTES = 256 * 1024
const HEADER_SLACK = 256

export interface Failure {
  readonly index: number
  readonly error: CollectorError
}

interface Flight {
  readonly id: string
  readonly open: Set<number>
  readonly failures: Failure[]
  readonly settle: () => void
  /** Nothing more will be sent: it is settled when nothing is open. */
  isSent: boolean
  touched: number
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

const writeFrame = (into: Buffer, from: number, message: Message, reply: string): number => {
  const header = `NATS/1.0\r\nNats-Msg-Id: ${message.id}\r\n\r\n`
  const size = header.length + message.payload.length
  let at = from + into.write(`HPUB ${message.subject} ${reply} ${header.length} ${size}\r\n${header}`, from)
  into.set(message.payload, at)
  at += message.payload.length
  into[at++] = 13
  into[at++] = 10
  return at
}

const frameSize = (message: Message): number =>
  HEADER_SLACK + message.subject.length * 3 + message.id.length + message.payload.length

export class Publisher {
  readonly #options: PublisherOptions
  readonly #inbox = createInbox()
  readonly #flights = new Map<string, Flight>()
  readonly #send: SendBytes
  #nextFlight = 0
  #inFlight = 0
  #roomWaiters: (() => void)[] = []

  constructor(options: PublisherOptions) {
    this.#options = options
    const { connection } = options
    const send = rawSender(connection)
    if (send === undefined)
      throw new CollectorError('dependency_missing', 'this version of @nats-io/nats-core cannot be used')
    this.#send = send
    connection.subscribe(`${this.#inbox}.>`, {
      callback: (_, message) => {
        const status = message.headers?.code ?? 0
        this.#acknowledge(message.subject.slice(this.#inbox.length + 1), Buffer.from(message.data), status)
      },
    })
    tapAcks(connection, this.#inbox, (token, payload) => this.#acknowledge(token, payload, 0))
  }

  /** Sends all; answers those that were not taken. */
  async publish(messages: readonly Message[]): Promise<Failure[]> {
    const { connection, ackTimeoutMs, clock } = this.#options
    const most = connection.info?.max_payload ?? Infinity
    const settled = Promise.withResolvers<void>()
    const id = (this.#nextFlight++).toString(36)
    const flight: Flight = {
      id,
      open: new Set(),
      failures: [],
      settle: settled.resolve,
      isSent: false,
      touched: clock.monotonic(),
    }
    this.#flights.set(id, flight)
    const fitting: number[] = []
    for (const [index, message] of messages.entries()) {
      const size = message.payload.length + message.id.length + HEADER_SLACK
      if (size > most) flight.failures.push({ index, error: tooLarge(message, most) })
      else fitting.push(index)
    }
    const cancel = clock.every(Math.max(1, ackTimeoutMs / 4), () => this.#checkTimeout(flight))
    try {
      await this.#sendAll(flight, messages, fitting)
      flight.isSent = true
      if (flight.open.size > 0) await settled.promise
    } finally {
      cancel()
      this.#flights.delete(id)
    }
    return flight.failures
  }

  /** The connection is gone: what was not acknowledged is in doubt, and is sent again. */
  disconnected(reason: string): void {
    for (const flight of this.#flights.values()) this.#failRest(flight, 'unavailable', reason)
  }

  async #sendAll(flight: Flight, messages: readonly Message[], indexes: readonly number[]): Promise<void> {
    for (let next = 0; next < indexes.length;) {
      while (this.#inFlight >= this.#options.maxInFlight)
        await new Promise<void>((resolve) => void this.#roomWaiters.push(resolve))
      // Some of it has failed already: the rest would only be sent twice.
      if (flight.failures.some(({ error }) => error.retryable)) return
      next = this.#sendSome(flight, messages, indexes, next)
    }
  }

  /** One buffer full, as far as there is room. */
  #sendSome(flight: Flight, messages: readonly Message[], indexes: readonly number[], from: number): number {
    const room = this.#options.maxInFlight - this.#inFlight
    let bytes = 0
    let to = from
    for (; to < indexes.length && to - from < room && (bytes < FRAME_BYTES || to === from); to++) {
      bytes += frameSize(messages[indexes[to] ?? 0] as Message)
    }
    bytes += (to - from) * this.#inbox.length
    const buffer = Buffer.allocUnsafe(bytes)
    let at = 0
    for (let next = from; next < to; next++) {
      const index = indexes[next] ?? 0
      at = writeFrame(buffer, at, messages[index] as Message, `${this.#inbox}.${flight.id}.${index.toString(36)}`)
      flight.open.add(index)
    }
    this.#inFlight += to - from
    flight.touched = this.#options.clock.monotonic()
    this.#send(buffer.subarray(0, at))
    return to
  }

  #acknowledge(token: string, payload: Buffer, status: number): void {
    const dot = token.indexOf('.')
    const flight = this.#flights.get(token.slice(0, dot))
    if (flight === undefined) return
    const index = Number.parseInt(token.slice(dot + 1), 36)
    if (!flight.open.has(index)) return
    flight.touched = this.#options.clock.monotonic()
    const result: AckResult = readAck(payload, status, this.#options.stream)
    if (result !== undefined) flight.failures.push({ index, error: result })
    this.#close(flight, index)
  }

  #close(flight: Flight, index: number): void {
    flight.open.delete(index)
    this.#inFlight--
    if (flight.open.size === 0 && flight.isSent) flight.settle()
    if (this.#roomWaiters.length > 0 && this.#inFlight <= this.#options.maxInFlight / 2) {
      const waiters = this.#roomWaiters
      this.#roomWaiters = []
      for (const wake of waiters) wake()
    }
  }

  #checkTimeout(flight: Flight): void {
    const { clock, ackTimeoutMs } = this.#options
    if (flight.open.size === 0 || clock.monotonic() - flight.touched < ackTimeoutMs) return
    this.#failRest(flight, 'timeout', `no acknowledgement within ${ackTimeoutMs} ms`)
  }

  #failRest(flight: Flight, code: 'timeout' | 'unavailable', reason: string): void {
    for (const index of flight.open) {
      flight.failures.push({ index, error: new CollectorError(code, reason, { retryable: true }) })
      this.#close(flight, index)
    }
  }
}

const tooLarge = (message: Message, most: number): CollectorError =>
  new CollectorError(
    'too_large',
    `a message of ${message.payload.length} bytes is larger than the server takes (${most})`,
  )
