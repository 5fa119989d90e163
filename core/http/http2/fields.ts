/** The fields of a request, as strict as RFC 9113 §8 asks: what it calls malformed is no request. */
import { FIELD_OVERHEAD } from './hpack-table.ts'
import { FIELDS_MOST } from './limits.ts'

/** Names in lower case; fields of one name are joined. Also `:method`, `:path`, `:scheme`, `:authority`. */
export type Fields = Readonly<Record<string, string | undefined>>

export type FieldFault = 'malformed' | 'too_large'

/** Token characters without capitals (RFC 9110 §5.6.2, RFC 9113 §8.2.1). */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
// oxlint-disable-next-line no-control-regex
const BAD_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const LENGTH = /^\d{1,15}$/
const PSEUDO: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path'])
/** They speak of a connection of HTTP/1.1. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])
/** Two of them would be two opinions. */
const ONCE: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
])

/** Takes fields one by one and keeps them only while they are in order and not too many. */
export class FieldList {
  readonly #most: number
  readonly #fields = Object.create(null) as Record<string, string | undefined>
  #bytes = 0
  #count = 0
  #isBehindPseudo = false
  #fault: FieldFault | undefined

  /** `most`: bytes as SETTINGS_MAX_HEADER_LIST_SIZE counts them (RFC 9113 §6.5.2). */
  constructor(most: number) {
    this.#most = most
  }

  readonly add = (name: string, value: string): void => {
    this.#bytes += name.length + value.length + FIELD_OVERHEAD
    if (this.#bytes > this.#most || ++this.#count > FIELDS_MOST) this.#fault ??= 'too_large'
    if (this.#fault !== undefined) return
    if (!(name.startsWith(':') ? this.#pseudo(name, value) : this.#ordinary(name, value))) this.#fault = 'malformed'
  }

  /** Fields of a request. */
  request(): Fields | FieldFault {
    if (this.#fault !== undefined) return this.#fault
    const fields = this.#fields
    const method = fields[':method']
    if (method === undefined || !METHOD.test(method)) return 'malformed'
    // CONNECT names no path (RFC 9113 §8.5); whoever serves none refuses it by its method.
    if (method !== 'CONNECT' && (!fields[':scheme'] || !fields[':path'])) return 'malformed'
    return fields
  }

  /** Fields behind a body. */
  trailers(): Fields | FieldFault {
    return this.#fault ?? (Object.keys(this.#fields).some((name) => name.startsWith(':')) ? 'malformed' : this.#fields)
  }

  #pseudo(name: string, value: string): boolean {
    if (this.#isBehindPseudo || !PSEUDO.has(name) || this.#fields[name] !== undefined || BAD_VALUE.test(value))
      return false
    this.#fields[name] = value
    return true
  }

  #ordinary(name: string, value: string): boolean {
    this.#isBehindPseudo = true
    if (!NAME.test(name) || BAD_VALUE.test(value) || CONNECTION_FIELDS.has(name)) return false
    if (name === 'te' && value.toLowerCase() !== 'trailers') return false
    if (name === 'content-length' && !LENGTH.test(value)) return false
    const before = this.#fields[name]
    if (before !== undefined && ONCE.has(name)) return false
    this.#fields[name] = before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`
    return true
  }
}
