/**
 * The head of an HTTP/1.1 request (RFC 9112), read strictly: what two readers could take for two different requests is
 * refused, as that is how requests are smuggled past a proxy. Line ends are CRLF, names are tokens with the colon right
 * behind them, nothing is folded, a length and chunks exclude each other, and what must be there once is there once.
 */

/** Names in lower case; lines of one name are joined with a comma. */
export type HttpHeaders = Readonly<Record<string, string | undefined>>

export interface RequestHead {
  readonly method: string
  readonly target: string
  readonly headers: HttpHeaders
  /** Bytes of the body; undefined: it comes in chunks. */
  readonly length: number | undefined
  readonly isKeptAlive: boolean
  /** The sender waits for a word before it sends the body. */
  readonly expectsContinue: boolean
}

export class BadRequest extends Error {
  readonly status: number
  constructor(message: string, status = 400) {
    super(message)
    this.name = 'BadRequest'
    this.status = status
  }
}

const HEADERS_MOST = 200
const NAMES_MOST = 500
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([!-~\x80-\xff]+) HTTP\/1\.([01])$/
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** A line end that is none, or a control character. */
// oxlint-disable-next-line no-control-regex
export const STRAY = /\r(?!\n)|[^\r]\n|[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/
export const LENGTH = /^\d{1,15}$/
/** Two of them would be two opinions. */
const ONCE: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'origin',
  'transfer-encoding',
])

const names = new Map<string, string>()

const nameOf = (text: string): string => {
  const known = names.get(text)
  if (known !== undefined) return known
  if (!TOKEN.test(text)) throw new BadRequest('the name of a header is none')
  const name = text.toLowerCase()
  if (names.size < NAMES_MOST) names.set(text, name)
  return name
}

const isBlank = (code: number): boolean => code === 32 || code === 9

const trimmed = (text: string, from: number, to: number): string => {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** The lines from that place on. `once`: names that may stand there a single time. */
export const readHeaders = (
  text: string,
  from: number,
  once: ReadonlySet<string>,
): Record<string, string | undefined> => {
  const headers = Object.create(null) as Record<string, string | undefined>
  let count = 0
  for (let at = from; at < text.length;) {
    const found = text.indexOf('\r\n', at)
    const end = found < 0 ? text.length : found
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon >= end) throw new BadRequest('a header has no colon')
    if (++count > HEADERS_MOST) throw new BadRequest(`more than ${HEADERS_MOST} headers`, 431)
    const name = nameOf(text.slice(at, colon))
    const value = trimmed(text, colon + 1, end)
    const before = headers[name]
    if (before !== undefined && once.has(name)) throw new BadRequest(`${name} stands there twice`)
    headers[name] = before === undefined ? value : `${before}, ${value}`
    at = end + 2
  }
  return headers
}

const lengthOf = (headers: HttpHeaders, isOld: boolean): number | undefined => {
  const length = headers['content-length']
  const coding = headers['transfer-encoding']
  if (coding === undefined) {
    if (length === undefined) return 0
    if (!LENGTH.test(length)) throw new BadRequest('content-length is no number of bytes')
    return Number(length)
  }
  if (length !== undefined) throw new BadRequest('content-length and transfer-encoding exclude each other')
  if (isOld) throw new BadRequest('HTTP/1.0 has no transfer-encoding')
  if (coding.toLowerCase() !== 'chunked') throw new BadRequest('transfer-encoding is taken as chunked alone', 501)
  return undefined
}

export const isKept = (connection: string | undefined, isOld: boolean): boolean => {
  if (connection === undefined || connection === 'keep-alive') return connection !== undefined || !isOld
  const words = connection.toLowerCase().split(/[\t ]*,[\t ]*/)
  return words.includes('close') ? false : !isOld || words.includes('keep-alive')
}

/** `text`: from the request line to before the empty line, as Latin-1. Throws `BadRequest`. */
export const readHead = (text: string): RequestHead => {
  if (STRAY.test(text)) throw new BadRequest('a control character or a stray line end')
  const lineEnd = text.indexOf('\r\n')
  const line = REQUEST_LINE.exec(lineEnd < 0 ? text : text.slice(0, lineEnd))
  if (line === null) throw new BadRequest('the first line is no request')
  const isOld = line[3] === '0'
  const headers = readHeaders(text, lineEnd < 0 ? text.length : lineEnd + 2, ONCE)
  if (!isOld && headers['host'] === undefined) throw new BadRequest('there is no host')
  const expected = headers['expect']
  if (expected !== undefined && expected.toLowerCase() !== '100-continue')
    throw new BadRequest('only 100-continue can be expected', 417)
  return {
    method: line[1]!,
    target: line[2]!,
    headers,
    length: lengthOf(headers, isOld),
    isKeptAlive: isKept(headers['connection'], isOld),
    expectsContinue: expected !== undefined && !isOld,
  }
}
