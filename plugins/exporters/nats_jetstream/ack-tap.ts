/**
 * Reads acknowledgements off the wire before the client does: they are nine tenths of what a publisher receives, and the
 * client's parser goes through every byte of them. Only whole frames of our own inbox that begin where a frame may begin
 * are taken; everything else, and everything should the client be built differently, takes its usual way to the
 * subscription.
 *
 *   frame = "MSG " inbox "." token SP sid SP size CR LF payload CR LF
 */
interface Parser {
  readonly state: number
  parse(chunk: Uint8Array): void
}

const LF = 10
const SPACE = 32
/** The parser stands at the start of a frame. */
const AT_START = 0

export type OnAck = (token: string, payload: Buffer) => void

/** The parts of the client that are looked into; undefined when it has none such. */
const protocolOf = (connection: object): { parser: Parser } | undefined => {
  const { protocol } = connection as { protocol?: { parser?: Partial<Parser> } }
  const { parser } = protocol ?? {}
  return typeof parser?.parse === 'function' && typeof parser.state === 'number'
    ? (protocol as { parser: Parser })
    : undefined
}

/** The number that ends at `end`; NaN where there is none. */
const numberBefore = (bytes: Buffer, end: number): number => {
  const start = bytes.lastIndexOf(SPACE, end) + 1
  return start === 0 || start === end ? Number.NaN : Number(bytes.toString('latin1', start, end))
}

export const tapAcks = (connection: object, inbox: string, onAck: OnAck): boolean => {
  const protocol = protocolOf(connection)
  if (protocol === undefined) return false
  const prefix = Buffer.from(`MSG ${inbox}.`)
  let inner = protocol.parser
  let carried: Buffer | undefined

  const isOurs = (bytes: Buffer, at: number): boolean => {
    const length = Math.min(prefix.length, bytes.length - at)
    return bytes.compare(prefix, 0, length, at, at + length) === 0
  }
  /** Takes a frame at `at`; answers where it ends, or -1. */
  const take = (bytes: Buffer, at: number): number => {
    const newline = bytes.indexOf(LF, at + prefix.length)
    if (newline < 0) return -1
    const end = newline + 1 + numberBefore(bytes, newline - 1) + 2
    if (!(end <= bytes.length)) return -1
    const token = bytes.toString('latin1', at + prefix.length, bytes.indexOf(SPACE, at + prefix.length))
    onAck(token, bytes.subarray(newline + 1, end - 2))
    return end
  }
  const parse = (chunk: Uint8Array): void => {
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const bytes = carried === undefined ? fresh : Buffer.concat([carried, fresh])
    carried = undefined
    let at = 0
    while (inner.state === AT_START && at < bytes.length && isOurs(bytes, at)) {
      const end = take(bytes, at)
      if (end < 0) {
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
