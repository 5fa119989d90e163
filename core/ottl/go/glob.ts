/**
 * The patterns of `replace_match` and `replace_all_matches`: `*` any run, `?` one character, `[a-z]`, `[!abc]`, `{a,b}`,
 * `\` quotes. The whole text must match. Translated to a linear-time pattern.
 */
import { Failure } from '../values.ts'
import { regex } from './regex.ts'

const quote = (character: string): string => (/[\\^$.|?*+()[\]{}]/.test(character) ? `\\${character}` : character)

interface Reader {
  readonly characters: readonly string[]
  at: number
  readonly pattern: string
}

const broken = (pattern: string, why: string): Failure =>
  new Failure(`${JSON.stringify(pattern)} is not a valid pattern: ${why}`)

/** `[a-z]`: a dash in the second place makes it a range, which must be all there is. */
const readRange = (reader: Reader, at: number, negated: string): string => {
  const { characters, pattern } = reader
  const [low, high] = [characters[at], characters[at + 2]]
  if (low === undefined || high === undefined || characters[at + 3] !== ']')
    throw broken(pattern, 'a range such as [a-z] must end after its second character')
  if (low > high) throw broken(pattern, 'a range runs backwards')
  reader.at = at + 4
  return `[${negated}${quoteInClass(low)}-${quoteInClass(high)}]`
}

const readClass = (reader: Reader): string => {
  const { characters, pattern } = reader
  let at = reader.at + 1
  const negated = characters[at] === '!' ? '^' : ''
  if (negated !== '') at++
  if (characters[at + 1] === '-') return readRange(reader, at, negated)
  let body = ''
  for (; characters[at] !== ']'; at++) {
    if (characters[at] === undefined) throw broken(pattern, 'a [ is not closed')
    if (characters[at] === '\\') at++
    body += quoteInClass(characters[at] ?? '')
  }
  if (body === '') throw broken(pattern, 'a character class is empty')
  reader.at = at + 1
  return `[${negated}${body}]`
}

const quoteInClass = (character: string): string => (/[\\\]^[-]/.test(character) ? `\\${character}` : character)

const readParts = (reader: Reader, inside: boolean): string => {
  const { characters } = reader
  let out = ''
  while (reader.at < characters.length) {
    const character = characters[reader.at]!
    if (inside && (character === ',' || character === '}')) return out
    if (character === '[') out += readClass(reader)
    else if (character === '{') out += readAlternatives(reader)
    else {
      reader.at++
      if (character === '*') {
        while (characters[reader.at] === '*') reader.at++
        out += '(?s:.*)'
      } else if (character === '?') out += '(?s:.)'
      else if (character === '\\') out += quote(characters[reader.at++] ?? '')
      else out += quote(character)
    }
  }
  return out
}

const readAlternatives = (reader: Reader): string => {
  const options: string[] = []
  do {
    reader.at++
    options.push(readParts(reader, true))
  } while (reader.characters[reader.at] === ',')
  reader.at++
  return `(?:${options.join('|')})`
}

/** `?` and `[!a]` alone: to the reference no character is none of those they exclude. */
const takesNone = (pattern: string): boolean => pattern === '?' || /^\[!(?:\\.|[^\]\\])*\]$/su.test(pattern)

/** Throws a Failure for a pattern that is none. */
export const glob = (pattern: string): ((text: string) => boolean) => {
  const { test } = regex(`^${readParts({ characters: Array.from(pattern), at: 0, pattern }, false)}$`)
  return takesNone(pattern) ? (text) => text === '' || test(text) : test
}
