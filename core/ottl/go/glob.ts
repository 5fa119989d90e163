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

const readClass = (reader: Reader): string => {
  const { characters, pattern } = reader
  let at = reader.at + 1
  const negated = characters[at] === '!'
  if (negated) at++
  const items: string[] = []
  for (; characters[at] !== ']'; at++) {
    if (characters[at] === undefined) throw broken(pattern, 'a [ is not closed')
    if (characters[at] === '\\') at++
    items.push(characters[at] ?? '')
  }
  if (items.length === 0) throw broken(pattern, 'a character class is empty')
  reader.at = at + 1
  const isRange = items.length === 3 && items[1] === '-'
  const body = isRange ? `${quoteInClass(items[0]!)}-${quoteInClass(items[2]!)}` : items.map(quoteInClass).join('')
  if (isRange && items[0]! > items[2]!) throw broken(pattern, 'a range runs backwards')
  return `[${negated ? '^' : ''}${body}]`
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

/** Throws a Failure for a pattern that is none. */
export const glob = (pattern: string): ((text: string) => boolean) =>
  regex(`^${readParts({ characters: Array.from(pattern), at: 0, pattern }, false)}$`).test
