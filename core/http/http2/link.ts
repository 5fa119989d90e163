/**
 * What the two ends of an HTTP/2 connection have in common (RFC 9113), straight on the socket: the first words, SETTINGS,
 * PING, GOAWAY, windows of the connection, header blocks, the order frames may come in, and the end. What frames mean for
 * streams is the affair of its `role`.
 *
 * - An error of the connection ends it with GOAWAY and its code.
 * - Bounded in bytes of headers, frames that bring nothing, time (limits.ts). While the peer does not read, nothing more is
 *   read from it.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../kit/clock.ts'
import { ConnectionFault, ErrorCode, Flag, FrameType, MOST } from './codes.ts'
import { FrameReader } from './frame-reader.ts'
import type { FrameSink } from './frame-reader.ts'
import { checkFrame } from './frame-rules.ts'
import { goAwayOf } from './go-away.ts'
import { HeaderBlocks } from './header-blocks.ts'
import { Inflow } from './inflow.ts'
import { FIELD_BYTES, FRAME_MS, GOODBYE_MS } from './limits.ts'
import { Outflow } from './outflow.ts'
import { Patience } from './patience.ts'
import { defaultSettings, readSettings } from './settings.ts'

/** A client, or a server: what it makes of the frames of streams. All may throw `ConnectionFault`. */
export interface LinkRole {
  /** The newest stream of the peer's that was looked at. */
  readonly newest: number
  beginData(flags: number, id: number, length: number): void
  /** Somebody else's memory. `coming`: bytes of the frame that will follow. */
  data(piece: Buffer, coming: number): void
  endData(flags: number, id: number): void
  /** A header block is whole, in `link.blocks`. */
  headers(id: number): void
  peerReset(id: number, code: number): void
  /** The peer lets us send so much more on a stream. */
  widen(id: number, bytes: number): void
  /** The peer lets us send so much more, or less, on every stream. */
  widenAll(bytes: number): void
  /** The peer looks at no stream of ours above `last`. */
  goAway(last: number, code: number): void
  /** What the peer did wrong; the connection ends with it. */
  fault(sentence: string): void
  /** No stream goes on. */
  over(): void
}

export interface LinkOptions {
  readonly clock: Clock
  /** What the peer says before its first frame. */
  readonly preface: Buffer
}

/** Priorities mean nothing here, but that one is an error (RFC 7540 §5.3.1). */
const checkDependence = (id: number, other: number): void => {
  if (id === other) throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, 'a stream depends on itself')
}

export class Link implements FrameSink {
  readonly peer = defaultSettings()
  readonly outflow: Outflow
  readonly inflow: Inflow
  readonly patience: Patience
  readonly blocks = new HeaderBlocks(FIELD_BYTES)
  /** The peer knows our settings. */
  isAcknowledged = false
  readonly #socket: Duplex
  readonly #role: LinkRole
  readonly #clock: Clock
  readonly #preface: Buffer
  readonly #reader = new FrameReader(this)
  /** Bytes of the preface that came. */
  #prefaced = 0
  /** The peer's first SETTINGS came. */
  #isIntroduced = false
  #isLeaving = false
  #isGone = false
  /** Since when a frame or block is under way, or what was written unread. */
  #since: number
  /** Our pings that are not answered yet, by what they say. */
  readonly #pings = new Map<string, () => void>()
  readonly #cancels: (() => void)[] = []
  readonly #whenGone: (() => void)[] = []

  constructor(socket: Duplex, role: LinkRole, { clock, preface }: LinkOptions) {
    this.#socket = socket
    this.#role = role
    this.#clock = clock
    this.#preface = preface
    this.#since = clock.monotonic()
    this.outflow = new Outflow(socket, this.peer)
    this.inflow = new Inflow(this.outflow)
    this.patience = new Patience(() => clock.monotonic())
    socket.on('drain', () => this.#drained())
    socket.on('end', () => void socket.destroy())
    socket.on('error', () => void socket.destroy())
    socket.once('close', () => this.#gone())
  }

  /** It is neither ended by us nor gone. */
  get isUp(): boolean {
    return !this.#isLeaving && !this.#isGone
  }

  onceGone(told: () => void): void {
    this.#whenGone.push(told)
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error)
  }

  /** `words` has eight characters and tells the answers apart. */
  ping(words: string, answered: () => void): void {
    this.#pings.set(words, answered)
    this.outflow.frame(FrameType.PING, 0, 0, Buffer.from(words, 'latin1'))
  }

  /** Calls back once, unless it is gone before. */
  after(ms: number, then: () => void): void {
    this.#cancels.push(this.#clock.after(ms, then))
  }

  goAway(last: number, code: ErrorCode, message?: string): void {
    this.outflow.frame(FrameType.GOAWAY, 0, 0, goAwayOf(last, code, message))
  }

  /** Ends the connection: nothing more is read, and what was written arrives. */
  leave(code: ErrorCode, message?: string): void {
    if (!this.isUp) return
    this.#isLeaving = true
    this.goAway(this.#role.newest, code, message)
    this.outflow.flush()
    this.#role.over()
    this.#socket.end()
    this.#socket.resume()
    this.after(GOODBYE_MS, () => this.#socket.destroy())
  }

  /** Ends what takes longer than it may. */
  check(now: number): void {
    const isUnderWay =
      !this.#isIntroduced || this.#reader.isWithin || this.blocks.isOpen || this.#socket.writableNeedDrain
    if (!isUnderWay) this.#since = now
    else if (now - this.#since > FRAME_MS) this.destroy()
  }

  /** What came. Keeps nothing of it but copies. */
  take(chunk: Buffer): void {
    if (!this.isUp) return
    try {
      const frames = this.#prefaced < this.#preface.length ? this.#takePreface(chunk) : chunk
      if (frames.length > 0) this.#reader.push(frames)
      if (!this.#reader.isWithin && !this.blocks.isOpen && this.#isIntroduced) this.#since = this.#clock.monotonic()
    } catch (error) {
      if (!(error instanceof ConnectionFault)) throw error
      this.#role.fault(error.message)
      this.leave(error.code, error.message)
    }
  }

  begin(type: number, flags: number, id: number, length: number): boolean {
    if (!this.isUp) return false
    if (!this.#isIntroduced && (type !== FrameType.SETTINGS || (flags & Flag.ACK) !== 0))
      throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, 'the first frame is not SETTINGS')
    if (this.blocks.isOpen && (type !== FrameType.CONTINUATION || id !== this.blocks.id))
      throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, 'a header block is interrupted')
    if (!checkFrame(type, flags, id, length)) {
      this.patience.idleFrame()
      return false
    }
    if (type === FrameType.DATA) {
      this.inflow.take(length)
      if (length === 0 && (flags & Flag.END_STREAM) === 0) this.patience.idleFrame()
      this.#role.beginData(flags, id, length)
    }
    return true
  }

  data(piece: Buffer, coming: number): void {
    this.#role.data(piece, coming)
  }

  frame(type: number, flags: number, id: number, payload: Buffer): void {
    if (!this.isUp) return
    switch (type) {
      case FrameType.DATA:
        return this.#role.endData(flags, id)
      case FrameType.HEADERS:
        this.blocks.begin(id, flags, payload)
        checkDependence(id, this.blocks.dependsOn)
        return this.blocks.isOpen ? undefined : this.#role.headers(id)
      case FrameType.CONTINUATION:
        this.blocks.more(flags, payload)
        return this.blocks.isOpen ? undefined : this.#role.headers(id)
      case FrameType.PRIORITY:
        this.patience.idleFrame()
        return checkDependence(id, payload.readUInt32BE(0) & MOST)
      case FrameType.RST_STREAM:
        return this.#role.peerReset(id, payload.readUInt32BE(0))
      case FrameType.SETTINGS:
        return this.#settings(flags, payload)
      case FrameType.PING:
        return this.#pinged(flags, payload)
      case FrameType.WINDOW_UPDATE:
        return this.#widen(id, payload.readUInt32BE(0) & MOST)
      case FrameType.GOAWAY:
        this.patience.idleFrame()
        return this.#role.goAway(payload.readUInt32BE(0) & MOST, payload.readUInt32BE(4))
      default:
    }
  }

  #takePreface(chunk: Buffer): Buffer {
    const length = Math.min(chunk.length, this.#preface.length - this.#prefaced)
    if (chunk.compare(this.#preface, this.#prefaced, this.#prefaced + length, 0, length) !== 0)
      throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, 'the preface of HTTP/2 is broken')
    this.#prefaced += length
    return chunk.subarray(length)
  }

  #drained(): void {
    this.#since = this.#clock.monotonic()
    this.outflow.goOn()
    this.#socket.resume()
  }

  #settings(flags: number, payload: Buffer): void {
    if ((flags & Flag.ACK) !== 0) {
      this.isAcknowledged = true
      return
    }
    if (this.#isIntroduced) this.patience.idleFrame()
    this.#isIntroduced = true
    const before = this.peer.window
    readSettings(payload, this.peer)
    this.outflow.frame(FrameType.SETTINGS, Flag.ACK, 0, Buffer.alloc(0))
    const change = this.peer.window - before
    if (change !== 0) this.#role.widenAll(change)
    if (change > 0) this.outflow.goOn()
  }

  #pinged(flags: number, payload: Buffer): void {
    if ((flags & Flag.ACK) === 0) {
      this.patience.idleFrame()
      this.outflow.frame(FrameType.PING, Flag.ACK, 0, payload)
      return
    }
    const words = payload.toString('latin1')
    const answered = this.#pings.get(words)
    this.#pings.delete(words)
    answered?.()
  }

  #widen(id: number, bytes: number): void {
    this.patience.idleFrame()
    if (id !== 0) return this.#role.widen(id, bytes)
    if (bytes === 0) throw new ConnectionFault(ErrorCode.PROTOCOL_ERROR, 'a WINDOW_UPDATE by nothing')
    if (!this.outflow.widen(bytes))
      throw new ConnectionFault(ErrorCode.FLOW_CONTROL_ERROR, 'a window of more than 2^31-1 bytes')
  }

  #gone(): void {
    this.#isGone = true
    for (const cancel of this.#cancels) cancel()
    this.#role.over()
    for (const told of this.#whenGone) told()
  }
}
