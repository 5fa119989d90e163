/**
 * One answer of an HTTP/1.1 server (RFC 9112), read as it comes. As strict as the server's side about what says where the
 * answer ends: what two readers could take for two different answers is refused, so that nobody's answer is taken for the
 * next request's. Interim answers (1xx) are passed over.
 *
 * Bounds: bytes of a head, interim answers, bytes of the body that are kept.
 */
import { Body } from './body.ts'
import { createChunked } from './chunked.ts'
import type { Chunked } from './chunked.ts'
import { BadRequest, isKept, LENGTH, readHeaders, STRAY } from './head.ts'
import type { HttpHeaders } from './head.ts'

const HEAD_BYTES = 16 * 1024
const INTERIM_MOST = 16
const HEAD_END = Buffer.from('\r\n\r\n')
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/
/** Two of them would be two opinions of where it ends. */
const ONCE: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding'])
/** What a server says about how long it keeps a connection (RFC 2068 §19.7.1.1). */
const KEPT_FOR = /(?:^|[\s,])timeout=(\d{1,6})/i
const NONE = Buffer.alloc(0)

/** Why bytes are no answer. */
export { BadRequest as BadAnswer }

export class AnswerReader {
  readonly #isHead: boolean
  readonly #most: number
  #early = NONE
  #interims = 0
  /** How its end is known: its length, its chunks, or the end of the connection. */
  #framing: 'length' | 'chunks' | 'end' | undefined
  #left = 0
  #chunked: Chunked | undefined
  #body: Body | undefined
  /** A byte of it has come. */
  hasBegun = false
  status = 0
  headers: HttpHeaders = {}
  truncated = false
  /** The connection may serve another request, and for so many ms if the server said so. */
  isKept = false
  keptMs: number | undefined

  /** `isHead`: it answers HEAD and has no body. `most`: bytes of the body that are kept; behind them it counts as read. */
  constructor(isHead: boolean, most: number) {
    this.#isHead = isHead
    this.#most = most
  }

  get body(): Uint8Array {
    return this.#body?.whole() ?? NONE
  }

  /** True when it is all there. Throws `BadAnswer`. Keeps nothing of the bytes. */
  push(bytes: Buffer): boolean {
    this.hasBegun = true
    const rest = this.#framing === undefined ? this.#takeHead(bytes) : bytes
    return rest !== undefined && this.#takeBody(rest)
  }

  /** The server sends nothing more: true when that is how the answer ends. */
  end(): boolean {
    return this.#framing === 'end'
  }

  #takeHead(bytes: Buffer): Buffer | undefined {
    let rest = this.#early.length === 0 ? bytes : Buffer.concat([this.#early, bytes])
    for (;;) {
      const end = rest.indexOf(HEAD_END)
      if (end > HEAD_BYTES || (end < 0 && rest.length > HEAD_BYTES))
        throw new BadRequest(`its headers are longer than ${HEAD_BYTES} bytes`)
      if (end < 0) {
        this.#early = Buffer.from(rest)
        return undefined
      }
      this.#readHead(rest.toString('latin1', 0, end))
      rest = rest.subarray(end + HEAD_END.length)
      if (this.status >= 200) return rest
      if (++this.#interims > INTERIM_MOST) throw new BadRequest(`more than ${INTERIM_MOST} interim answers`)
    }
  }

  #readHead(text: string): void {
    if (STRAY.test(text)) throw new BadRequest('a control character or a stray line end')
    const lineEnd = text.indexOf('\r\n')
    const line = STATUS_LINE.exec(lineEnd < 0 ? text : text.slice(0, lineEnd))
    if (line === null) throw new BadRequest('its first line is no status')
    const isOld = line[1] === '0'
    this.status = Number(line[2])
    if (this.status === 101) throw new BadRequest('it changes the protocol, which nobody asked for')
    this.headers = readHeaders(text, lineEnd < 0 ? text.length : lineEnd + 2, ONCE)
    if (this.status < 200) return
    this.#frame(isOld)
    this.isKept = this.#framing !== 'end' && isKept(this.headers['connection'], isOld)
    const kept = KEPT_FOR.exec(this.headers['keep-alive'] ?? '')
    if (kept !== null) this.keptMs = Number(kept[1]) * 1000
  }

  #frame(isOld: boolean): void {
    const length = this.headers['content-length']
    const coding = this.headers['transfer-encoding']
    if (coding !== undefined) {
      if (length !== undefined) throw new BadRequest('content-length and transfer-encoding exclude each other')
      if (isOld) throw new BadRequest('HTTP/1.0 has no transfer-encoding')
      if (coding.toLowerCase() !== 'chunked') throw new BadRequest('transfer-encoding is taken as chunked alone')
    }
    if (length !== undefined && !LENGTH.test(length)) throw new BadRequest('content-length is no number of bytes')
    this.#framing = 'length'
    // These have no body, whatever they say (RFC 9112 §6.3).
    if (this.#isHead || this.status === 204 || this.status === 304) return
    if (coding !== undefined) {
      this.#framing = 'chunks'
      this.#chunked = createChunked()
    } else if (length === undefined) this.#framing = 'end'
    else this.#left = Number(length)
    this.#body = new Body(coding === undefined && length !== undefined ? Math.min(this.#left, this.#most) : undefined)
  }

  #takeBody(bytes: Buffer): boolean {
    if (this.#chunked !== undefined) {
      const rest = this.#chunked.push(bytes, (piece) => this.#keep(piece))
      return this.truncated || (rest !== undefined && this.#over(rest))
    }
    if (this.#framing === 'end') {
      this.#keep(bytes)
      return this.truncated
    }
    const mine = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left)
    this.#left -= mine.length
    if (mine.length > 0) this.#keep(mine)
    return this.truncated || (this.#left === 0 && this.#over(bytes.subarray(mine.length)))
  }

  #keep(piece: Buffer): void {
    const body = this.#body!
    const room = this.#most - body.size
    body.push(piece.length <= room ? piece : piece.subarray(0, room))
    if (piece.length <= room) return
    this.truncated = true
    this.isKept = false
  }

  /** What comes behind an answer belongs to nobody. */
  #over(rest: Buffer): true {
    if (rest.length > 0) this.isKept = false
    return true
  }
}
