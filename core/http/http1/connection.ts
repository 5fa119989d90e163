/**
 * One connection of an HTTP/1.1 server: requests one after the other, each answered before the next is begun. What comes
 * too early waits, and the sender with it.
 */
import type { Socket } from 'node:net'
import { CollectorError } from '../../kit/errors.ts'
import { spokenIn } from '../first-bytes.ts'
import type { Spoken } from '../first-bytes.ts'
import type { Reader } from '../read-into.ts'
import { createChunked } from './chunked.ts'
import type { Chunked } from './chunked.ts'
import type { Answer, BodySink, Exchange } from './exchange.ts'
import { BadRequest, readHead } from './head.ts'
import type { RequestHead } from './head.ts'
import { headOf, PLAIN } from './answer.ts'

const HEADER_BYTES = 16 * 1024
/** A peer that was answered may send so much more before it is cut, so that it can read the answer. */
const DRAIN_BYTES = 32 * 1024 * 1024
/** A peer that was told to go may read that for so long. */
const GOODBYE_MS = 2_000
/** Answers that a peer asks for and does not read. */
const UNREAD_BYTES = 1024 * 1024
const HEAD_END = Buffer.from('\r\n\r\n')
const RETURN = 13
const NEWLINE = 10
/** What is read at once where nobody has a place for it. */
const SCRATCH_BYTES = 64 * 1024

/** All connections read into it, one after the other: what is to stay is copied out before the next read. */
let scratch: Buffer | undefined

export type Broken = 'malformed' | 'slow' | 'wrong_protocol'

export interface ConnectionOptions {
  readonly idleMs: number
  readonly headerMs: number
  readonly requestMs: number
  readonly isKeepAlive: boolean
  readonly onRequest: (exchange: Exchange) => void
  /** What came is no request; the sentence that the peer is sent. */
  readonly onBroken: (why: Broken, message: string, spoken: Spoken | undefined) => string
  /** Every request is told when it began, and when it is answered or its sender gone. */
  readonly onBegin: () => void
  readonly onEnd: () => void
}

/** Where it is: before a request, in its head, in its body, waiting to be read or answered, told to go. */
type Phase = 'idle' | 'head' | 'body' | 'held' | 'leaving'

const senderGone = (): CollectorError => new CollectorError('cancelled', 'the sender has gone', { retryable: true })

export class Connection implements Exchange, Reader {
  /** Undefined until it is opened. */
  #socket: Socket | undefined
  readonly #options: ConnectionOptions
  #phase: Phase = 'idle'
  /** When the phase that is limited in time began. */
  #since = performance.now()
  #isFirst = true
  /** What came before it can be read. */
  #early: Buffer | undefined
  #head: RequestHead | undefined
  /** Of the last request: whoever still works on it when its sender has gone may look at it. */
  #lastHead: RequestHead | undefined
  #sink: BodySink | undefined
  #isAnswered = false
  #left = 0
  #chunked: Chunked | undefined
  #passedOver = 0
  #abort: AbortController | undefined
  #isGone = false
  /** No request is begun after the one that is open. */
  isStopping = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /** What comes from the socket goes to `take`. */
  open(socket: Socket): void {
    this.#socket = socket
    socket.on('end', () => this.#ended())
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#gone())
  }

  get socket(): Socket {
    return this.#socket!
  }

  get isIdle(): boolean {
    return this.#head === undefined && this.#phase !== 'leaving'
  }
  get #known(): RequestHead {
    return (this.#head ?? this.#lastHead)!
  }
  get method(): string {
    return this.#known.method
  }
  get target(): string {
    return this.#known.target
  }
  get headers(): RequestHead['headers'] {
    return this.#known.headers
  }
  get length(): number | undefined {
    return this.#head!.length
  }
  get abort(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#isGone) this.#abort.abort(senderGone())
    }
    return this.#abort.signal
  }

  /** Cuts what takes longer than it may. */
  check(now: number): void {
    const { idleMs, headerMs, requestMs } = this.#options
    const since = now - this.#since
    if (this.#phase === 'leaving' && since > GOODBYE_MS) this.socket.destroy()
    else if (this.#phase === 'idle' && since > (this.#isFirst ? headerMs : idleMs)) this.socket.destroy()
    else if ((this.#phase === 'head' && since > headerMs) || (this.#phase === 'body' && since > requestMs))
      this.#broken('slow', 'a request took too long to come')
  }

  read(sink: BodySink): void {
    const head = this.#head
    if (head === undefined) return sink.gone()
    this.#sink = sink
    if (head.expectsContinue && this.#early === undefined) this.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
    const wasHeld = this.#phase === 'held'
    this.#phase = 'body'
    if (this.#left === 0 && this.#chunked === undefined) this.#bodyEnd()
    else if (wasHeld) this.#goOn()
  }

  answer(answer: Answer): void {
    const head = this.#head
    if (head === undefined || this.#isAnswered || this.#isGone) return
    const { isKeepAlive, idleMs } = this.#options
    const closes =
      answer.close === true || !isKeepAlive || !head.isKeptAlive || this.isStopping || this.#left > DRAIN_BYTES
    const { body } = answer
    const text = headOf(answer, closes ? undefined : idleMs)
    const { socket } = this
    this.#isAnswered = true
    this.#sink = undefined
    if (body.length === 0 || head.method === 'HEAD') socket.write(text, 'latin1')
    else {
      socket.cork()
      socket.write(text, 'latin1')
      socket.write(body)
      socket.uncork()
    }
    if (closes) this.#leave()
    else if (socket.writableLength > UNREAD_BYTES) socket.destroy()
    else if (this.#phase === 'held' && this.#left === 0 && this.#chunked === undefined) this.#next()
    else if (this.#phase === 'held') {
      this.#phase = 'body'
      this.#goOn()
    }
  }

  into(): Buffer {
    const room = this.#phase === 'body' && this.#chunked === undefined ? this.#sink?.room?.() : undefined
    if (room !== undefined && room.length > 0) return room.length > this.#left ? room.subarray(0, this.#left) : room
    scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES)
    return scratch
  }

  /** Keeps nothing of the chunk. */
  take(chunk: Buffer): void {
    let rest: Buffer | undefined = chunk
    try {
      while (rest !== undefined && rest.length > 0 && !this.#isGone) {
        if (this.#phase === 'idle' || this.#phase === 'head') rest = this.#takeHead(rest)
        else if (this.#phase === 'body') rest = this.#takeBody(rest)
        else if (this.#phase === 'leaving') return this.#passOver(rest.length)
        else return this.#keep(rest)
      }
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error
      this.#broken('malformed', `no HTTP/1.1: ${error.message}`, undefined, error.status)
    }
  }

  /** It has to wait, and so has who sends it. */
  #keep(bytes: Buffer): void {
    this.#early = Buffer.concat(this.#early === undefined ? [bytes] : [this.#early, bytes])
    this.socket.pause()
  }

  #goOn(): void {
    const early = this.#early
    this.#early = undefined
    if (early === undefined) return
    this.socket.resume()
    this.take(early)
  }

  #takeHead(chunk: Buffer): Buffer | undefined {
    let bytes = this.#early === undefined ? chunk : Buffer.concat([this.#early, chunk])
    this.#early = undefined
    // Empty lines before a request are passed over (RFC 9112 §2.2).
    while (bytes[0] === RETURN && bytes[1] === NEWLINE) bytes = bytes.subarray(2)
    if (bytes.length === 0) return undefined
    if (this.#phase === 'idle') {
      this.#phase = 'head'
      this.#since = performance.now()
    }
    const end = bytes.indexOf(HEAD_END)
    if (end < 0 || end > HEADER_BYTES) return this.#waitForHead(bytes)
    let head: RequestHead
    try {
      head = readHead(bytes.toString('latin1', 0, end))
    } catch (error) {
      if (!this.#isOtherProtocol(bytes)) throw error
      return undefined
    }
    this.#begin(head)
    return bytes.subarray(end + HEAD_END.length)
  }

  #waitForHead(bytes: Buffer): undefined {
    if (this.#isOtherProtocol(bytes)) return
    const newline = bytes.indexOf(NEWLINE)
    if (newline === 0 || (newline > 0 && bytes[newline - 1] !== RETURN)) throw new BadRequest('a stray line end')
    if (bytes.length > HEADER_BYTES) throw new BadRequest(`the headers are longer than ${HEADER_BYTES} bytes`, 431)
    this.#early = Buffer.from(bytes)
  }

  #isOtherProtocol(bytes: Buffer): boolean {
    const spoken = spokenIn(bytes)
    if (spoken !== 'http2' && spoken !== 'tls') return false
    this.#broken('wrong_protocol', '', spoken)
    return true
  }

  #begin(head: RequestHead): void {
    this.#head = head
    this.#isFirst = false
    this.#isAnswered = false
    this.#left = head.length ?? 0
    this.#chunked = head.length === undefined ? createChunked() : undefined
    this.#passedOver = 0
    this.#phase = 'held'
    this.#options.onBegin()
    this.#options.onRequest(this)
  }

  #takeBody(bytes: Buffer): Buffer | undefined {
    if (this.#chunked !== undefined) {
      const rest = this.#chunked.push(bytes, (piece) => this.#give(piece))
      if (rest === undefined) return undefined
      this.#chunked = undefined
      this.#bodyEnd()
      return rest
    }
    const mine = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left)
    this.#left -= mine.length
    this.#give(mine)
    if (this.#left === 0) this.#bodyEnd()
    return bytes.length === mine.length ? undefined : bytes.subarray(mine.length)
  }

  #give(piece: Buffer): void {
    if (this.#sink === undefined) this.#passOver(piece.length)
    else this.#sink.data(piece)
  }

  #passOver(length: number): void {
    this.#passedOver += length
    if (this.#passedOver > DRAIN_BYTES) this.socket.destroy()
  }

  #bodyEnd(): void {
    if (this.#phase === 'leaving' || this.#isGone) return
    if (this.#isAnswered) return this.#next()
    this.#phase = 'held'
    this.#sink?.end()
  }

  #next(): void {
    this.#close()
    this.#phase = 'idle'
    this.#isAnswered = false
    this.#since = performance.now()
    if (this.isStopping) this.socket.end()
    else this.#goOn()
  }

  /** The request is over. */
  #close(): void {
    if (this.#head === undefined) return
    this.#lastHead = this.#head
    this.#head = undefined
    this.#sink = undefined
    this.#options.onEnd()
  }

  #leave(): void {
    this.#close()
    this.#phase = 'leaving'
    this.#since = performance.now()
    this.#early = undefined
    this.socket.end()
    this.socket.resume()
  }

  #broken(why: Broken, message: string, spoken?: Spoken, status = why === 'slow' ? 408 : 400): void {
    const said = this.#options.onBroken(why, message, spoken)
    this.#sink?.gone()
    this.#sink = undefined
    if (this.#isAnswered || spoken === 'tls') return void this.socket.destroy()
    this.#isAnswered = true
    this.socket.write(headOf({ status, headers: PLAIN, body: `${said}\n` }, undefined), 'latin1')
    this.socket.write(`${said}\n`)
    this.#leave()
  }

  /** The peer sends nothing more; in the middle of a request that is as good as gone. */
  #ended(): void {
    if (this.#phase === 'idle') this.socket.end()
    else if (this.#phase !== 'leaving') this.socket.destroy()
  }

  #gone(): void {
    this.#isGone = true
    this.#sink?.gone()
    this.#abort?.abort(senderGone())
    this.#close()
  }
}
