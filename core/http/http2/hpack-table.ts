/** The tables that HPACK's indices point into (RFC 7541 §2.3, appendix A). */

export interface Field {
  readonly name: string
  readonly value: string
}

/** Name, then value; indices begin at 1. */
const STATIC = `
:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`

const fieldOf = (line: string): Field => {
  const space = line.indexOf(' ')
  return space < 0 ? { name: line, value: '' } : { name: line.slice(0, space), value: line.slice(space + 1) }
}

export const staticTable: readonly Field[] = STATIC.trim().split('\n').map(fieldOf)

/** What an entry counts beside its name and value (RFC 7541 §4.1). */
export const FIELD_OVERHEAD = 32

const bytesOf = ({ name, value }: Field): number => name.length + value.length + FIELD_OVERHEAD

/** The newest entry first; the oldest go when there is no room. */
export class DynamicTable {
  readonly #entries: (Field | undefined)[]
  /** Where the newest is. */
  #newest = 0
  #count = 0
  #bytes = 0
  #most: number

  /** `most`: bytes that it may ever hold. */
  constructor(most: number) {
    this.#most = most
    this.#entries = Array.from({ length: Math.max(1, Math.floor(most / FIELD_OVERHEAD)) })
  }

  get count(): number {
    return this.#count
  }

  /** 0 = the newest. */
  at(index: number): Field | undefined {
    const { length } = this.#entries
    return index < this.#count ? this.#entries[(this.#newest + length - index) % length] : undefined
  }

  /** One that is larger than the table empties it. */
  add(field: Field): void {
    const bytes = bytesOf(field)
    this.#shrink(this.#most - bytes)
    if (bytes > this.#most) return
    this.#newest = (this.#newest + 1) % this.#entries.length
    this.#entries[this.#newest] = field
    this.#count++
    this.#bytes += bytes
  }

  resize(most: number): void {
    this.#most = most
    this.#shrink(most)
  }

  #shrink(room: number): void {
    const { length } = this.#entries
    while (this.#count > 0 && this.#bytes > room) {
      const oldest = (this.#newest + length - (this.#count - 1)) % length
      this.#bytes -= bytesOf(this.#entries[oldest]!)
      this.#entries[oldest] = undefined
      this.#count--
    }
  }
}
