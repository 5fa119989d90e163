/** A position in the tokens of a text, and the few moves over it. Nesting is bounded by DEPTH_MAX. */
import { Mistake } from './problem.ts'
import type { Token } from './lexer.ts'

export const DEPTH_MAX = 100

export interface Reader {
  readonly tokens: readonly Token[]
  at: number
  depth: number
  /** Where the furthest try of an abandoned alternative ended, for a better message. */
  furthest: Mistake | undefined
}

export const peek = (reader: Reader): Token => reader.tokens[reader.at]!
export const previousEnd = (reader: Reader): number => reader.tokens[reader.at - 1]?.end ?? 0
export const isText = (token: Token, text: string): boolean => token.text === text && token.kind !== 'string'

export const show = (token: Token): string =>
  token.kind === 'end' ? 'the end' : token.text.length > 24 ? `${token.text.slice(0, 21)}…` : token.text

export const unexpected = (reader: Reader, expected: string): Mistake => {
  const token = peek(reader)
  return new Mistake(`expected ${expected}, found ${show(token)}`, token)
}

export const expect = (reader: Reader, text: string): Token => {
  const token = peek(reader)
  if (!isText(token, text)) throw unexpected(reader, `\`${text}\``)
  reader.at++
  return token
}

export const accept = (reader: Reader, text: string): boolean => {
  if (!isText(peek(reader), text)) return false
  reader.at++
  return true
}

export const nested = <T>(reader: Reader, read: (reader: Reader) => T): T => {
  if (++reader.depth > DEPTH_MAX) throw new Mistake(`nested deeper than ${DEPTH_MAX}`, peek(reader))
  const result = read(reader)
  reader.depth--
  return result
}
