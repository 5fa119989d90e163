/**
 * URLs by RFC 3986 as Go's net/url reads them, into the attribute names of the semantic conventions. A text that starts
 * with `?` is a query: its parameters come as `query`.
 */
import type { Value, ValueMap } from '../../model/index.ts'
import { Failure, newMap } from '../values.ts'
import { parseIp } from './ip.ts'
import { textOf } from './text.ts'

const broken = (why: string): Failure => new Failure(`not a URL: ${why}`)

const UNRESERVED = /[A-Za-z0-9\-._~]/
/** Characters that may stand as they are, beside the unreserved ones. */
const allowed = { path: '$&+,/:;=@', user: '$&+,;=', host: '!$&\'()*+,;=:[]<>"', fragment: '$&+,/:;=?@!()*' } as const

const escape = (text: string, part: keyof typeof allowed): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      const stays = byte < 0x80 && (UNRESERVED.test(character) || allowed[part].includes(character))
      return stays ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')

const unescape = (text: string, plusIsSpace = false): string => {
  const bad = /%(?![0-9a-fA-F]{2})/.exec(text)
  if (bad) throw broken(`invalid escape ${JSON.stringify(text.slice(bad.index, bad.index + 3))}`)
  const spaced = plusIsSpace ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  const bytes = spaced
    .split(/(%[0-9a-fA-F]{2})/)
    .map((piece, i) => (i % 2 === 1 ? Buffer.from(piece.slice(1), 'hex') : Buffer.from(piece)))
  return textOf(Buffer.concat(bytes))
}

const unescapeHost = (host: string): string => {
  for (const [escaped] of host.matchAll(/%[0-7][0-9a-fA-F]?/g)) {
    if (escaped !== '%25') throw broken(`invalid escape ${JSON.stringify(escaped)} in the host`)
  }
  for (const character of host) {
    const fine =
      character > '\x7f' || character === '%' || UNRESERVED.test(character) || allowed.host.includes(character)
    if (!fine) throw broken(`invalid character ${JSON.stringify(character)} in the host`)
  }
  return unescape(host)
}

const isPort = (text: string): boolean => /^(?::\d*)?$/.test(text)

const parseHost = (scheme: string, host: string): string => {
  const open = host.lastIndexOf('[')
  if (open > 0) throw broken('a [ stands inside the host')
  if (open === 0) {
    const close = host.lastIndexOf(']')
    if (close < 0) throw broken('the host has no ]')
    if (!isPort(host.slice(close + 1))) throw broken(`invalid port ${JSON.stringify(host.slice(close + 1))}`)
    const [address = '', zone] = host.slice(1, close).split('%25')
    if (!address.includes(':') || parseIp(unescapeHost(address)) === undefined)
      throw broken('the host is no IPv6 address')
    return `[${unescapeHost(address)}${zone === undefined ? '' : `%${unescape(zone)}`}]${host.slice(close + 1)}`
  }
  const strict = scheme === 'http' || scheme === 'https'
  const colon = strict ? host.indexOf(':') : host.lastIndexOf(':')
  if (colon >= 0 && !isPort(host.slice(colon)))
    throw broken(`invalid port ${JSON.stringify(host.slice(colon))} after the host`)
  return unescapeHost(host)
}

interface User {
  readonly name: string
  readonly password: string | undefined
}

const parseUser = (text: string): User => {
  if (!/^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(text)) throw broken('invalid user information')
  const colon = text.indexOf(':')
  if (colon < 0) return { name: unescape(text), password: undefined }
  return { name: unescape(text.slice(0, colon)), password: unescape(text.slice(colon + 1)) }
}

interface Url {
  scheme: string
  opaque: string
  user: User | undefined
  host: string
  path: string
  rawPath: string
  query: string
  forceQuery: boolean
  fragment: string
  rawFragment: string
  /** There was a scheme and a path, but no `//`. */
  omitHost: boolean
}

const readScheme = (text: string): string => {
  if (text.startsWith(':')) throw broken('the scheme is missing')
  return /^([A-Za-z][A-Za-z0-9+\-.]*):/.exec(text)?.[1] ?? ''
}

const parse = (text: string): Url => {
  const hash = text.indexOf('#')
  const rawFragment = hash < 0 ? '' : text.slice(hash + 1)
  const main = hash < 0 ? text : text.slice(0, hash)
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused here
  if (/[\0-\x1f\x7f]/.test(main)) throw broken('it has a control character')
  const scheme = main === '*' ? '' : readScheme(main)
  const url: Url = {
    scheme: scheme.toLowerCase(),
    opaque: '',
    user: undefined,
    host: '',
    path: '',
    rawPath: '',
    query: '',
    forceQuery: false,
    fragment: unescape(rawFragment),
    rawFragment,
    omitHost: false,
  }
  let rest = scheme === '' ? main : main.slice(scheme.length + 1)
  const question = rest.indexOf('?')
  if (question >= 0) {
    url.query = rest.slice(question + 1)
    url.forceQuery = url.query === ''
    rest = rest.slice(0, question)
  }
  if (!rest.startsWith('/')) {
    if (url.scheme !== '') return { ...url, opaque: rest }
    if (rest.split('/', 1)[0]!.includes(':')) throw broken('the first part of a path cannot hold a colon')
  }
  if (rest.startsWith('//') && (url.scheme !== '' || !rest.startsWith('///'))) rest = readAuthority(url, rest.slice(2))
  else url.omitHost = url.scheme !== ''
  url.path = unescape(rest)
  url.rawPath = rest
  return url
}

/** Takes host and user; answers what follows them. */
const readAuthority = (url: Url, text: string): string => {
  const slash = text.indexOf('/')
  const authority = slash < 0 ? text : text.slice(0, slash)
  const at = authority.lastIndexOf('@')
  url.host = parseHost(url.scheme, authority.slice(at + 1))
  if (at >= 0) url.user = parseUser(authority.slice(0, at))
  return slash < 0 ? '' : text.slice(slash)
}

const userText = ({ name, password }: User): string =>
  escape(name, 'user') + (password === undefined ? '' : `:${escape(password, 'user')}`)

const keepsPath = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@[\]/]|%[0-9a-fA-F]{2})*$/
const keepsFragment = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@[\]/?]|%[0-9a-fA-F]{2})*$/

const urlText = (url: Url): string => {
  let out = url.scheme === '' ? '' : `${url.scheme}:`
  if (url.opaque !== '') out += url.opaque
  else {
    const path = keepsPath.test(url.rawPath) ? url.rawPath : escape(url.path, 'path')
    const named = url.host !== '' || url.user !== undefined
    if (named || (url.scheme !== '' && !url.omitHost && path !== '')) {
      out += `//${url.user === undefined ? '' : `${userText(url.user)}@`}${escape(url.host, 'host')}`
    }
    if (path !== '' && !path.startsWith('/') && url.host !== '') out += '/'
    if (out === '' && path.split('/', 1)[0]!.includes(':')) out += './'
    out += path
  }
  if (url.forceQuery || url.query !== '') out += `?${url.query}`
  if (url.rawFragment === '') return out
  return `${out}#${keepsFragment.test(url.rawFragment) ? url.rawFragment : escape(url.fragment, 'fragment')}`
}

const splitHost = (host: string): { readonly name: string; readonly port: string } => {
  const colon = /:(\d*)$/.exec(host)
  const bare = colon ? host.slice(0, colon.index) : host
  return { name: bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare, port: colon?.[1] ?? '' }
}

const parseQuery = (text: string): ValueMap => {
  const parameters = newMap()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    if (pair.includes(';')) throw broken('a query cannot hold a semicolon')
    const equals = pair.indexOf('=')
    const key = unescape(equals < 0 ? pair : pair.slice(0, equals), true)
    const value = equals < 0 ? '' : unescape(pair.slice(equals + 1), true)
    ;((parameters[key] ??= []) as Value[]).push(value)
  }
  const map = newMap()
  if (Object.keys(parameters).length > 0) map['query'] = parameters
  return map
}

export const parseUrl = (text: string): ValueMap => {
  if (text.startsWith('?')) return parseQuery(text.slice(1))
  const url = parse(text)
  const { name, port } = splitHost(url.host)
  const map = newMap()
  map['url.original'] = urlText(url)
  map['url.domain'] = name
  map['url.scheme'] = url.scheme
  map['url.path'] = url.path
  if (port !== '') map['url.port'] = Number(port)
  if (!Number.isSafeInteger(Number(port))) throw broken('the port is out of range')
  if (url.fragment !== '') map['url.fragment'] = url.fragment
  if (url.user !== undefined) {
    map['url.user_info'] = userText(url.user)
    if (url.user.name !== '') map['url.username'] = url.user.name
    if (url.user.password !== undefined) map['url.password'] = url.user.password
  }
  if (url.query !== '') map['url.query'] = url.query
  const dot = url.path.lastIndexOf('.')
  if (dot >= 0 && dot < url.path.length - 1) map['url.extension'] = url.path.slice(dot + 1)
  return map
}
