/**
 * XML text → tokens, as strictly as the reference reads it: tags must match, attributes are quoted, `<` and unknown
 * entities are errors. Depth and size are bounded by DEPTH_MAX and the text itself; every character is read once.
 */
import { Failure } from '../values.ts'
import type { Attribute } from './node.ts'

export const DEPTH_MAX = 1_000

export type Token =
  | {
      readonly type: 'open'
      readonly prefix: string
      readonly name: string
      readonly attributes: readonly Attribute[]
      readonly empty: boolean
    }
  | { readonly type: 'close' }
  | { readonly type: 'text' | 'cdata' | 'comment' | 'directive'; readonly text: string }
  | { readonly type: 'instruction'; readonly target: string; readonly text: string }

const broken = (why: string): Failure => new Failure(`not XML: ${why}`)

const NAME = '[:A-Z_a-z\\u00c0-\\uffff][-.:A-Z_a-z0-9\\u00b7-\\uffff]*'
const OPEN = new RegExp(`<(${NAME})`, 'y')
const CLOSE = new RegExp(`</(${NAME})\\s*>`, 'y')
const ATTRIBUTE = new RegExp(`\\s*(${NAME})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, 'y')
const TAG_END = /\s*(\/?)>/y
const INSTRUCTION = new RegExp(`<\\?(${NAME})\\s*`, 'y')

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' }

// oxlint-disable-next-line no-control-regex -- characters that XML forbids
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

const decodeEntity = (whole: string, body: string | undefined): string => {
  if (body === undefined) throw broken(`an & stands alone`)
  if (body.startsWith('#')) {
    const code = body[1] === 'x' ? Number.parseInt(body.slice(2), 16) : Number(body.slice(1))
    if (!(code > 0 && code <= 0x10_ffff)) throw broken(`invalid character reference ${whole}`)
    return String.fromCodePoint(code)
  }
  if (!Object.hasOwn(named, body)) throw broken(`unknown entity ${whole}`)
  return named[body]!
}

const decodeText = (text: string): string => {
  if (FORBIDDEN.test(text)) throw broken('a character that XML forbids')
  const normal = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text
  return normal.includes('&') ? normal.replaceAll(/&(?:(#[0-9]+|#x[0-9a-fA-F]+|[A-Za-z]\w*);)?/g, decodeEntity) : normal
}

const splitName = (name: string): { readonly prefix: string; readonly local: string } => {
  const parts = name.split(':')
  if (parts.length !== 2 || parts[0] === '' || parts[1] === '') return { prefix: '', local: name }
  return { prefix: parts[0]!, local: parts[1]! }
}

interface Source {
  readonly text: string
  at: number
  readonly open: string[]
}

const match = (source: Source, pattern: RegExp): RegExpExecArray | null => {
  pattern.lastIndex = source.at
  const found = pattern.exec(source.text)
  if (found !== null) source.at += found[0].length
  return found
}

const upTo = (source: Source, start: string, end: string, what: string): string => {
  const from = source.at + start.length
  const to = source.text.indexOf(end, from)
  if (to < 0) throw broken(`${what} is not closed`)
  source.at = to + end.length
  return source.text.slice(from, to)
}

const readOpen = (source: Source): Token => {
  const name = match(source, OPEN)
  if (name === null) throw broken('a < starts no tag')
  const attributes: Attribute[] = []
  for (let found = match(source, ATTRIBUTE); found !== null; found = match(source, ATTRIBUTE)) {
    const value = found[2] ?? found[3]!
    if (value.includes('<')) throw broken('a < stands in an attribute')
    attributes.push({ name: found[1]!, value: decodeText(value) })
  }
  const end = match(source, TAG_END)
  if (end === null) throw broken(`the tag <${name[1]}> is not well formed`)
  const empty = end[1] === '/'
  if (!empty) source.open.push(name[1]!)
  if (source.open.length > DEPTH_MAX) throw broken(`nested deeper than ${DEPTH_MAX}`)
  const { prefix, local } = splitName(name[1]!)
  return { type: 'open', prefix, name: local, attributes, empty }
}

const readClose = (source: Source): Token => {
  const name = match(source, CLOSE)
  const open = source.open.pop()
  if (name === null || name[1] !== open)
    throw broken(`<${open ?? ''}> is closed by ${source.text.slice(source.at, source.at + 20)}`)
  return { type: 'close' }
}

const readInstruction = (source: Source): Token => {
  const target = match(source, INSTRUCTION)
  if (target === null) throw broken('a <? has no target')
  const text = upTo(source, '', '?>', 'an instruction')
  if (target[1] === 'xml') {
    const version = /version\s*=\s*["']([^"']*)["']/.exec(text)?.[1]
    if (version !== undefined && version !== '1.0') throw broken(`version ${version} is not supported`)
    const encoding = /encoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1]
    if (encoding !== undefined && !/^utf-?8$/i.test(encoding)) throw broken(`the encoding ${encoding} is not supported`)
  }
  return { type: 'instruction', target: target[1]!, text }
}

const readComment = (source: Source): Token => {
  const text = upTo(source, '<!--', '-->', 'a comment')
  if (text.includes('--') || text.endsWith('-')) throw broken('a comment holds --')
  return { type: 'comment', text }
}

/** `<!DOCTYPE …>`: up to the `>` outside of quotes and nested `<…>`. */
const readDirective = (source: Source): Token => {
  const start = source.at + 2
  let depth = 1
  let quote = ''
  for (let i = start; i < source.text.length; i++) {
    const character = source.text[i]!
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (character === '<') depth++
    else if (character === '>' && --depth === 0) {
      source.at = i + 1
      return { type: 'directive', text: source.text.slice(start, i) }
    }
  }
  throw broken('a <! is not closed')
}

const readText = (source: Source): Token => {
  const end = source.text.indexOf('<', source.at)
  const text = source.text.slice(source.at, end < 0 ? undefined : end)
  if (text.includes(']]>')) throw broken(']]> stands outside of CDATA')
  source.at += text.length
  return { type: 'text', text: decodeText(text) }
}

const readMarkup = (source: Source): Token => {
  const { text, at } = source
  if (text.startsWith('<!--', at)) return readComment(source)
  if (text.startsWith('<![CDATA[', at)) return { type: 'cdata', text: upTo(source, '<![CDATA[', ']]>', 'CDATA') }
  if (text.startsWith('<!', at)) return readDirective(source)
  if (text.startsWith('<?', at)) return readInstruction(source)
  return text.startsWith('</', at) ? readClose(source) : readOpen(source)
}

/** All tokens in order. Stops with an error where the text is no XML, and at its end when a tag is still open. */
export const readXml = function* (text: string): Generator<Token, void> {
  const source: Source = { text, at: 0, open: [] }
  while (source.at < text.length) yield text[source.at] === '<' ? readMarkup(source) : readText(source)
  if (source.open.length > 0) throw broken(`<${source.open.at(-1)}> is not closed`)
}
