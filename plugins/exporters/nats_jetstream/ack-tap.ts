/**
 * Reads acknowledgements off the wire before the client does: they are nine tenths of what a publisher receives, and the
 * client's parser goes through every byte of them. Only whole frames of our own inbox that begin where a frame may begin
 * are taken; everything else, and everything should the client be built differently, takes its usual way to the
 * subscription.
 *
 *   frame = "MSG " inbox "." flight "." index SP sid SP size CR LF payload CR LF     numbers are decimal
 */
interface Parser {
  readonly state: number
  parse(chunk: Uint8Array): void
}

const LF = 10
const CR = 13
const INCOMPLETE = -1
const UNREADABLE = -2
const SPACE = 32
const DOT = 46
/** The parser stands at the start of a frame. */
const AT_START = 0

/** The payload stands in `bytes` from `start` to `end`, until it returns. */
export type OnAck = (flight: number, index: number, bytes: Buffer, start: number, end: number) => void

/** The parts of the client that are looked into; undefined when it has none such. */
const protocolOf = (connection: object): { parser: Parser } | undefined => {
  const { protocol } = connection as { protocol?: { parser?: Partial<Parser> } }
  const { parser } = protocol ?? {}
  return typeof parser?.parse === 'function' && typeof parser.state === 'number'
    ? (protocol as { parser: Parser })
    : undefined
}

/** Reads decimal numbers one after the other; no strings are made, as there is one frame for each message. */
class Numbers {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get at(): number {
    return this.#at
  }

  /** The number before that byte, blanks before it left out (some servers write two); NaN where there is none. */
  before(stop: number): number {
    while (this.#bytes[this.#at] === SPACE) this.#at++
    const start = this.#at
    let number = 0
    for (let byte = this.#bytes[this.#at++]; byte !== stop; byte = this.#bytes[this.#at++]) {
      const digit = (byte ?? 0) - 48
      if (digit < 0 || digit > 9) return Number.NaN
      number = number * 10 + digit
    }
    return this.#at === start + 1 ? Number.NaN : number
  }
}

export const tapAcks = (connection: object, inbox: string, onAck: OnAck): boolean => {
  const protocol = protocolOf(connection)
  if (protocol === undefined) return false
  const prefix = Buffer.from(`MSG ${inbox}.`)
  let inner = protocol.parser
  let carried: Buffer | undefined

  const isOurs = (bytes: Buffer, at: number): boolean => {
    for (let i = 0; i < prefix.length && at + i < bytes.length; i++) if (bytes[at + i] !== prefix[i]) return false
    return true
  }
  /** Takes a frame at `at`; answers where it ends, INCOMPLETE, or UNREADABLE: the client may know what it means. */
  const take = (bytes: Buffer, at: number): number => {
    const numbers = new Numbers(bytes, at + prefix.length)
    const flight = numbers.before(DOT)
    const index = numbers.before(SPACE)
    numbers.before(SPACE)
    const size = numbers.before(CR)
    const start = numbers.at + 1
    const end = start + size
    if (start >= bytes.length) return INCOMPLETE
    if (bytes[start - 1] !== LF || Number.isNaN(flight + index + size)) return UNREADABLE
    if (end + 2 > bytes.length) return INCOMPLETE
    onAck(flight, index, bytes, start, end)
    return end + 2
  }
  const parse = (chunk: Uint8Array): void => {
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const bytes = carried === undefined ? fresh : Buffer.concat([carried, fresh])
    carried = undefined
    let at = 0
    while (inner.state === AT_START && at < bytes.length && isOurs(bytes, at)) {
      const end = take(bytes, at)
      if (end === UNREADABLE) break
      if (end === INCOMPLETE) {
        carried = bytes.subarray(at)
        return
      }
      at = end
    }
    if (at < bytes.length) inner.parse(bytes.subarray(at))
  }
  const tapped: Parser = {
    parse,
    get state() {
      return inner.state
    },
  }
  Object.defineProperty(protocol, 'parser', {
    get: () => tapped,
    set(parser: Parser) {
      inner = parser
      carried = undefined
    },
  })
  return true
}
