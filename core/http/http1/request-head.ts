/** The head of a request as bytes on the wire (Latin-1). */
import { CollectorError } from '../../kit/errors.ts'
import { TOKEN } from './head.ts'

export type Headers = Readonly<Record<string, string>>

/** Said by whoever writes the request: a second opinion would be one too many. */
const OURS: ReadonlySet<string> = new Set(['connection', 'content-length', 'transfer-encoding'])
/** What would end a line early, or be read as something else. */
const UNFIT = /[^\t -~\x80-\xff]/
/** A body is expected with these: none is said to be none. */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

const linesOf = (headers: Headers): string => {
  let lines = ''
  for (const [name, value] of Object.entries(headers)) {
    if (!TOKEN.test(name)) throw new CollectorError('invalid_data', `"${name}" is no name of a header`)
    if (UNFIT.test(value))
      throw new CollectorError('invalid_data', `the header ${name} holds a character that no header may hold`)
    if (!OURS.has(name)) lines += `${name}: ${value}\r\n`
  }
  return lines
}

const lowered = (headers: Headers): Record<string, string> => {
  const made: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) made[name.toLowerCase()] = String(value)
  return made
}

/** As a URL's user and password are sent (RFC 7617). */
const basicOf = ({ username, password }: URL): string =>
  `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`

const implied = (url: URL): Headers => ({
  host: url.host,
  ...(url.username === '' && url.password === '' ? {} : { authorization: basicOf(url) }),
})

export interface Target {
  /** `/v1/logs?x=y`. */
  readonly path: string
  /** The lines of a request with no headers of its own. */
  readonly lines: string
}

export interface RequestHeads {
  of(url: URL, method: string, own: Headers | undefined, length: number | undefined): string
}

/** `always`: sent with every request; a request's own come over them. What stays the same is written once for a URL. */
export const createRequestHeads = (always: Headers, isKeepAlive: boolean): RequestHeads => {
  const common = lowered(always)
  const targets = new WeakMap<URL, Target>()
  const end = isKeepAlive ? '\r\n' : 'connection: close\r\n\r\n'
  const linesFor = (url: URL, own: Headers): string => linesOf({ ...implied(url), ...common, ...lowered(own) })
  const targetOf = (url: URL): Target => {
    const known = targets.get(url)
    if (known !== undefined) return known
    const made = { path: `${url.pathname}${url.search}`, lines: linesFor(url, {}) }
    targets.set(url, made)
    return made
  }
  return {
    of(url, method, own, length) {
      if (!TOKEN.test(method)) throw new CollectorError('invalid_data', `"${method}" is no HTTP method`)
      const { path, lines } = targetOf(url)
      const mine = own === undefined || Object.keys(own).length === 0 ? lines : linesFor(url, own)
      const said = length ?? (WITH_BODY.has(method) ? 0 : undefined)
      return `${method} ${path} HTTP/1.1\r\n${mine}${said === undefined ? '' : `content-length: ${said}\r\n`}${end}`
    },
  }
}
