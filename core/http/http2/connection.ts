/**
 * One HTTP/2 connection of a server (RFC 9113): requests are handed on as exchanges, and answers go out in one write a turn.
 *
 * - An error of the connection ends it with GOAWAY and its code (link.ts), one of a stream with RST_STREAM.
 * - Nothing is pushed, priorities are checked and ignored, CONNECT and Upgrade are not served.
 * - Bounded in streams, in streams that end before they are answered, and in the time an answer may wait (limits.ts).
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../kit/clock.ts'
import { ConnectionFault, ErrorCode, Flag, FrameType, MOST, Setting } from './codes.ts'
import type { Exchange } from './exchange.ts'
import { Forgotten } from './forgotten.ts'
import * as limits from './limits.ts'
import { Link } from './link.ts'
import type { LinkRole } from './link.ts'
import type { Outflow } from './outflow.ts'
import { settingsOf } from './settings.ts'
import { Stream } from './stream.ts'
import type { StreamOwner } from './stream.ts'

export interface ConnectionOptions {
  readonly clock: Clock
  readonly maxConcurrentStreams: number
  readonly onExchange: (exchange: Exchange) => void
  /** What the peer did wrong, for the log; the connection ends with it. */
  readonly onFault: (sentence: string) => void
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
/** What our pings say. */
const DRAINING = 'draining'
const ALIVE = 'alive?!?'

/** Served; told to go; told that what comes now is not looked at. */
type Phase = 'open' | 'draining' | 'closing'

export class Connection implements LinkRole, StreamOwner {
  readonly outflow: Outflow
  readonly #link: Link
  readonly #options: ConnectionOptions
  readonly #streams = new Map<number, Stream>()
  readonly #forgotten = new Forgotten()
  #phase: Phase = 'open'
  newest = 0
  /** Of the DATA frame that is being read. */
  #receiver: Stream | undefined
  /** When the last stream ended. */
  idleSince: number

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.#options = options
    this.#link = new Link(socket, this, { clock: options.clock, preface: PREFACE })
    this.outflow = this.#link.outflow
    this.idleSince = options.clock.monotonic()
    const settings = settingsOf([
      [Setting.MAX_CONCURRENT_STREAMS, options.maxConcurrentStreams],
      [Setting.INITIAL_WINDOW_SIZE, limits.WINDOW_BYTES],
      [Setting.MAX_FRAME_SIZE, limits.FRAME_BYTES],
      [Setting.MAX_HEADER_LIST_SIZE, limits.FIELD_BYTES],
    ])
    this.outflow.frame(FrameType.SETTINGS, 0, 0, settings)
    this.#link.inflow.open()
  }

  /** Requests that are open. */
  get openStreams(): number {
    return this.#streams.size
  }

  get isUp(): boolean {
    return this.#link.isUp
  }

  /** What came from the socket. Keeps nothing of it but copies. */
  take(bytes: Buffer): void {
    this.#link.take(bytes)
  }

  onceGone(told: () => void): void {
    this.#link.onceGone(told)
  }

  /** The peer is told to go, and goes when what it has asked for is answered. */
  close(): void {
    if (this.#phase !== 'open') return
    if (this.#streams.size === 0) return this.#link.leave(ErrorCode.NO_ERROR)
    this.#phase = 'draining'
    this.#link.goAway(MOST, ErrorCode.NO_ERROR)
    // What it sent before it knew is on its way; the answer to a ping comes behind that (RFC 9113 §6.8).
    this.#link.ping(DRAINING, () => this.#closing())
    this.#link.after(limits.DRAIN_MS, () => this.#closing())
  }

  destroy(): void {
    this.#link.destroy()
  }

  /** Calls back when the peer has answered. One at a time. */
  ping(answered: () => void): void {
    this.#link.ping(ALIVE, answered)
  }

  /** Ends what takes longer than it may. */
  check(now: number): void {
    this.#link.check(now)
    for (const stream of this.#streams.values()) {
      if (!stream.isSending) continue
      stream.waitsSince = Math.min(stream.waitsSince, now)
      if (now - stream.waitsSince > limits.ANSWER_MS) this.#end(stream, ErrorCode.CANCEL)
    }
  }

  // Frames

  beginData(_flags: number, id: number, length: number): void {
    const stream = this.#known(id)
    this.#receiver = undefined
    if (stream === undefined) {
      if (this.#forgotten.has(id)) return
      this.#link.patience.idleFrame()
      this.#reset(id, ErrorCode.STREAM_CLOSED)
    } else if (stream.isEnded) this.#broken(stream, ErrorCode.STREAM_CLOSED)
    else {
      stream.receiveWindow -= length
      if (stream.receiveWindow < 0) this.#broken(stream, ErrorCode.FLOW_CONTROL_ERROR)
      else this.#receiver = stream
    }
  }

  data(piece: Buffer, coming: number): void {
    const stream = this.#receiver
    if (stream === undefined) return this.#link.inflow.credit(piece.length)
    if (stream.contentLeft !== undefined) {
      stream.contentLeft -= piece.length
      if (stream.contentLeft < 0 && !stream.isOver) this.#broken(stream, ErrorCode.PROTOCOL_ERROR)
    }
    stream.take(piece, coming)
  }

  endData(flags: number, id: number): void {
    if ((flags & Flag.END_STREAM) === 0) return
    this.#forgotten.delete(id)
    if (this.#receiver !== undefined) this.#peerEnded(this.#receiver)
  }

  headers(id: number): void {
    if ((id & 1) === 0) throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, `stream ${id} is not of a client`)
    const stream = this.#streams.get(id)
    if (stream !== undefined) this.#trailers(stream)
    else if (id > this.newest) this.#open(id)
    else this.#late(id)
  }

  peerReset(id: number): void {
    const stream = this.#known(id)
    this.#forgotten.delete(id)
    if (stream === undefined) return this.#link.patience.idleFrame()
    this.#remove(stream)
    stream.gone()
    this.#link.patience.endedEarly()
  }

  widen(id: number, bytes: number): void {
    const stream = this.#known(id)
    if (stream === undefined) return
    if (bytes === 0) return this.#broken(stream, ErrorCode.PROTOCOL_ERROR)
    stream.sendWindow += bytes
    if (stream.sendWindow > MOST) return this.#broken(stream, ErrorCode.FLOW_CONTROL_ERROR)
    if (stream.isSending) this.outflow.body(stream)
  }

  widenAll(bytes: number): void {
    for (const stream of this.#streams.values()) {
      stream.sendWindow += bytes
      if (stream.sendWindow > MOST)
        throw new ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, 'a window of more than 2^31-1 bytes')
    }
  }

  /** A client that opens no more streams closes when it has its answers. */
  goAway(): void {}

  fault(sentence: string): void {
    this.#options.onFault(sentence)
  }

  over(): void {
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const stream of streams) stream.gone()
  }

  #open(id: number): void {
    const { isLast } = this.#link.blocks
    const fields = this.#link.blocks.request()
    if (this.#phase === 'closing') return this.#forgotten.add(id)
    this.newest = id
    if (this.#streams.size >= this.#options.maxConcurrentStreams) {
      // Before it knows how many there may be, a peer is not to blame.
      if (this.#link.isAcknowledged) this.#link.patience.endedEarly()
      return this.#reset(id, ErrorCode.REFUSED_STREAM)
    }
    if (fields === 'malformed') {
      this.#link.patience.endedEarly()
      return this.#reset(id, ErrorCode.PROTOCOL_ERROR)
    }
    const known = fields === 'too_large' ? undefined : fields
    const stream = new Stream(this, id, known, limits.WINDOW_BYTES, this.#link.peer.window)
    this.#streams.set(id, stream)
    if (isLast) stream.isEnded = true
    if (isLast && (stream.contentLeft ?? 0) > 0) return this.#broken(stream, ErrorCode.PROTOCOL_ERROR)
    this.#options.onExchange(stream)
  }

  #trailers(stream: Stream): void {
    const fields = this.#link.blocks.trailers()
    if (stream.isEnded) this.#broken(stream, ErrorCode.STREAM_CLOSED)
    else if (!this.#link.blocks.isLast || typeof fields === 'string') this.#broken(stream, ErrorCode.PROTOCOL_ERROR)
    else this.#peerEnded(stream)
  }

  /** Of a stream that is closed. */
  #late(id: number): void {
    this.#link.blocks.trailers()
    if (!this.#forgotten.has(id)) throw new ConnectionFault(ErrorCode.STREAM_CLOSED, `stream ${id} is closed`)
    if (this.#link.blocks.isLast) this.#forgotten.delete(id)
    else this.#link.patience.idleFrame()
  }

  /** The stream of that number; undefined when it is closed. Throws when it was never opened. */
  #known(id: number): Stream | undefined {
    const stream = this.#streams.get(id)
    if (stream === undefined && (id > this.newest || (id & 1) === 0) && this.#phase !== 'closing')
      throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, `stream ${id} was not opened`)
    return stream
  }

  // Streams

  answered(stream: Stream): void {
    this.#link.patience.earn(limits.EARNED_BY_ANSWER)
    if (!stream.isEnded) this.#reset(stream.id, ErrorCode.NO_ERROR)
    this.#remove(stream)
  }

  moved(): void {
    this.#link.patience.earn(limits.EARNED_BY_FRAME)
  }

  credit(stream: Stream, bytes: number): void {
    this.#link.inflow.creditStream(stream, bytes)
  }

  #peerEnded(stream: Stream): void {
    if ((stream.contentLeft ?? 0) > 0 && !stream.isOver) return this.#broken(stream, ErrorCode.PROTOCOL_ERROR)
    stream.end()
  }

  /** The peer did wrong on this stream. */
  #broken(stream: Stream, code: ErrorCode): void {
    this.#end(stream, code)
    this.#link.patience.endedEarly()
  }

  #end(stream: Stream, code: ErrorCode): void {
    this.#reset(stream.id, code)
    this.#remove(stream)
    stream.gone()
  }

  #reset(id: number, code: ErrorCode): void {
    this.#forgotten.add(id)
    this.outflow.word(FrameType.RST_STREAM, id, code)
  }

  #remove(stream: Stream): void {
    if (!this.#streams.delete(stream.id) || this.#streams.size > 0) return
    this.idleSince = this.#options.clock.monotonic()
    if (this.#phase === 'closing') this.#link.leave(ErrorCode.NO_ERROR)
  }

  /** What the peer opens from here on is not looked at. */
  #closing(): void {
    if (this.#phase !== 'draining' || !this.#link.isUp) return
    this.#phase = 'closing'
    if (this.#streams.size === 0) this.#link.leave(ErrorCode.NO_ERROR)
    else this.#link.goAway(this.newest, ErrorCode.NO_ERROR)
  }
}
