/**
 * Text → tokens, with the language's own quirks: the rules are tried in order, so `Isnot(` is `Is` + the operator `not`,
 * `1.` is a float, `SHA256` is one capital word and `Sha256` two. Strings keep their quotes; `unquote` reads them.
 *
 * Linear in the text; a text longer than TEXT_MAX is refused.
 */
import { Mistake } from './problem.ts'

export const TEXT_MAX = 65_536

export type TokenKind =
  | 'bytes'
  | 'float'
  | 'int'
  | 'string'
  | 'nil'
  | 'not'
  | 'or'
  | 'and'
  | 'compare'
  | 'arrow'
  | 'addsub'
  | 'multdiv'
  | 'boolean'
  | 'equal'
  | 'punct'
  | 'upper'
  | 'lower'
  | 'space'
  | 'underscore'
  | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Order matters. The word rules need no leading boundary: a rule always starts where the last token ended. */
const rules: readonly (readonly [TokenKind, RegExp])[] = [
  ['bytes', /0x[a-fA-F0-9]+/y],
  ['float', /(?:\d+\.\d*|\d*\.\d+)(?:[eE][-+]?\d+)?/y],
  ['int', /\d+/y],
  ['string', /"(?:\\.|[^\\"])*"/y],
  ['nil', /nil\b/y],
  ['not', /not\b/y],
  ['or', /or\b/y],
  ['and', /and\b/y],
  ['compare', /==|!=|>=|<=|>|</y],
  ['arrow', /=>/y],
  ['addsub', /[+-]/y],
  ['multdiv', /[/*]/y],
  ['boolean', /(?:true|false)\b/y],
  ['equal', /=/y],
  ['punct', /[(){}:,.[\]]/y],
  ['upper', /[A-Z][A-Z0-9_]*/y],
  ['lower', /[a-z][a-z0-9_]*/y],
  ['space', /[\t\n\f\r ]+/y],
  ['underscore', /_\b/y],
]

const describeCharacter = (text: string, at: number): string => {
  if (text[at] === '"') return 'a string is not closed'
  if (text[at] === "'") return 'strings are written in double quotes'
  return `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))}`
}

export const tokenize = (text: string): readonly Token[] => {
  if (text.length > TEXT_MAX)
    throw new Mistake(`longer than ${TEXT_MAX} characters`, { start: TEXT_MAX, end: TEXT_MAX })
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const token = next(text, at)
    if (token === undefined) {
      throw new Mistake(describeCharacter(text, at), {
        start: at,
        end: text[at] === '"' ? text.length : at + 1,
      })
    }
    if (token.kind !== 'space') tokens.push(token)
    at = token.end
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length })
  return tokens
}

const next = (text: string, at: number): Token | undefined => {
  for (const [kind, pattern] of rules) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match !== null) return { kind, text: match[0], start: at, end: at + match[0].length }
  }
  return undefined
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
}
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/** The text of a quoted string. `\xNN` and `\NNN` are code points, as the reference reads them. */
export const unquote = (token: Token): string => {
  const quoted = token.text
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  let out = ''
  for (let i = 1; i < quoted.length - 1; i++) {
    const character = quoted[i]!
    if (character !== '\\') {
      out += character
      continue
    }
    const escape = readEscape(quoted, i + 1)
    if (escape === undefined) {
      const start = token.start + i
      throw new Mistake(
        `unknown escape \\${quoted[i + 1]} in a string`,
        { start, end: start + 2 },
        `\\\\${quoted[i + 1]}`,
      )
    }
    out += escape.text
    i += escape.length
  }
  return out
}

const readEscape = (quoted: string, at: number): { readonly text: string; readonly length: number } | undefined => {
  const letter = quoted[at]!
  const simple = Object.hasOwn(simpleEscapes, letter) ? simpleEscapes[letter] : undefined
  if (simple !== undefined) return { text: simple, length: 1 }
  const octal = /^[0-7]{3}/.exec(quoted.slice(at, at + 3))
  if (octal !== null) {
    const code = Number.parseInt(octal[0], 8)
    return code > 255 ? undefined : { text: String.fromCodePoint(code), length: 3 }
  }
  const count = Object.hasOwn(hexDigits, letter) ? hexDigits[letter]! : 0
  const digits = quoted.slice(at + 1, at + 1 + count)
  if (count === 0 || digits.length < count || !/^[0-9a-fA-F]+$/.test(digits)) return undefined
  const code = Number.parseInt(digits, 16)
  if (code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined
  return { text: String.fromCodePoint(code), length: count + 1 }
}
