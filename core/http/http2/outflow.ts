/**
 * What a connection writes. Frames are laid side by side in one buffer and handed to the socket once a turn; of bodies only
 * what the peer's windows allow (RFC 9113 §5.2), and no more than the socket takes: the rest waits, and streams take turns.
 */
import type { Duplex } from 'node:stream'
import { DEFAULT_WINDOW, Flag, FRAME_HEAD, FrameType, MOST } from './codes.ts'
import { NO_TABLE } from './hpack-encoder.ts'
import type { PeerSettings } from './settings.ts'

/** Room for the small frames of many answers. */
const ROOM = 16 * 1024
/** Beyond it a piece of a body is written from where it is. */
const COPY_BYTES = 4 * 1024
/** Bytes the socket may hold of what the peer has not read before bodies wait. */
const UNREAD_BYTES = 1024 * 1024

/** One answer on its way. */
export interface Outgoing {
  readonly id: number
  /** What the peer lets us send on this stream; below zero when it has changed its mind. */
  sendWindow: number
  /** What is left of the body. */
  rest: Uint8Array | undefined
  trailers: Uint8Array | undefined
  /** All of it is written. */
  sent(): void
  /** A frame of its body was. */
  moved(): void
}

export class Outflow {
  readonly #socket: Duplex
  readonly #peer: PeerSettings
  #window = DEFAULT_WINDOW
  #room = Buffer.alloc(0)
  #from = 0
  #to = 0
  #pieces: Uint8Array[] = []
  #isScheduled = false
  #isFirstBlock = true
  readonly #waiting = new Set<Outgoing>()

  constructor(socket: Duplex, peer: PeerSettings) {
    this.#socket = socket
    this.#peer = peer
  }

  frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    this.#head(payload.length, type, flags, id)
    if (payload.length > COPY_BYTES) {
      this.#seal()
      this.#pieces.push(payload)
    } else {
      this.#reserve(payload.length)
      this.#room.set(payload, this.#to)
      this.#to += payload.length
    }
    this.#schedule()
  }

  /** A frame whose payload is one number of four bytes. */
  word(type: number, id: number, value: number): void {
    this.#head(4, type, 0, id)
    this.#reserve(4)
    this.#to = this.#room.writeUInt32BE(value, this.#to)
    this.#schedule()
  }

  /** A header block, in as many frames as the peer's frame size makes of it. */
  headers(id: number, block: Uint8Array, flags: number): void {
    let rest = block
    if (this.#isFirstBlock) {
      this.#isFirstBlock = false
      rest = Buffer.concat([Buffer.of(NO_TABLE), block])
    }
    let type: number = FrameType.HEADERS
    let more = flags
    for (const most = this.#peer.frameBytes; rest.length > most; rest = rest.subarray(most)) {
      this.frame(type, more, id, rest.subarray(0, most))
      type = FrameType.CONTINUATION
      more = 0
    }
    this.frame(type, more | Flag.END_HEADERS, id, rest)
  }

  /** The body of an answer whose headers are written, then its trailers. */
  body(outgoing: Outgoing): void {
    while (this.#step(outgoing)) {}
    if (outgoing.rest !== undefined) this.#waiting.add(outgoing)
  }

  forget(outgoing: Outgoing): void {
    this.#waiting.delete(outgoing)
  }

  /** The peer lets us send more on the whole connection; false when that is more than may be. */
  widen(bytes: number): boolean {
    this.#window += bytes
    if (this.#window > MOST) return false
    this.goOn()
    return true
  }

  /** Windows or the socket have room again. */
  goOn(): void {
    let isMoving = this.#waiting.size > 0
    while (isMoving && this.#window > 0) {
      isMoving = false
      for (const outgoing of this.#waiting) {
        if (!this.#step(outgoing)) continue
        isMoving = true
        if (outgoing.rest === undefined) this.#waiting.delete(outgoing)
      }
    }
  }

  /** Writes what has gathered. */
  readonly flush = (): void => {
    this.#isScheduled = false
    this.#seal()
    const pieces = this.#pieces
    if (pieces.length === 0) return
    this.#pieces = []
    const socket = this.#socket
    if (!socket.writable) return
    if (pieces.length === 1) socket.write(pieces[0])
    else {
      socket.cork()
      for (const piece of pieces) socket.write(piece)
      socket.uncork()
    }
    // Who does not read is not read either.
    if (socket.writableNeedDrain) socket.pause()
  }

  /** One frame of a body; false when there is nothing to send or no room. */
  #step(outgoing: Outgoing): boolean {
    const { rest } = outgoing
    if (rest === undefined || (this.#socket.writableLength > UNREAD_BYTES && rest.length > COPY_BYTES)) return false
    const most = Math.min(rest.length, this.#window, outgoing.sendWindow, this.#peer.frameBytes)
    if (most <= 0 && rest.length > 0) return false
    const isLast = most === rest.length
    this.#window -= most
    outgoing.sendWindow -= most
    const { trailers } = outgoing
    this.frame(
      FrameType.DATA,
      isLast && trailers === undefined ? Flag.END_STREAM : 0,
      outgoing.id,
      isLast ? rest : rest.subarray(0, most),
    )
    outgoing.rest = isLast ? undefined : rest.subarray(most)
    outgoing.moved()
    if (!isLast) return true
    if (trailers !== undefined) this.headers(outgoing.id, trailers, Flag.END_STREAM)
    outgoing.sent()
    return true
  }

  #head(length: number, type: number, flags: number, id: number): void {
    this.#reserve(FRAME_HEAD)
    const room = this.#room
    let at = this.#to
    room[at++] = length >>> 16
    room[at++] = (length >>> 8) & 0xff
    room[at++] = length & 0xff
    room[at++] = type
    room[at++] = flags
    this.#to = room.writeUInt32BE(id, at)
  }

  #reserve(bytes: number): void {
    if (this.#to + bytes <= this.#room.length) return
    this.#seal()
    this.#room = Buffer.allocUnsafeSlow(ROOM)
    this.#from = 0
    this.#to = 0
  }

  #seal(): void {
    if (this.#to === this.#from) return
    this.#pieces.push(this.#room.subarray(this.#from, this.#to))
    this.#from = this.#to
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    process.nextTick(this.flush)
  }
}
