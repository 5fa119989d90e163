/** Converters that read structured text. */
import type { Value } from '../../model/index.ts'
import { compareText } from '../compare.ts'
import { storedText } from '../getters.ts'
import { readCsv } from '../go/csv.ts'
import { parseJson } from '../go/parse-json.ts'
import { parseInt64 } from '../go/strconv.ts'
import { goTrim } from '../go/text.ts'
import { isStoredList, isStoredMap, Failure, newMap, typeName } from '../values.ts'
import { patternOf } from './editors.ts'
import { define, ofString } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

const json = (text: string): Value => {
  const value = parseJson(text)
  if (isStoredMap(value) || isStoredList(value)) return value
  throw new Failure(`ParseJSON gives a map or list; this text holds a ${typeName(value)}`)
}

/** Splits at a delimiter outside of quotes; quotes are taken off, a backslash keeps the next one. */
const splitQuoted = (text: string, delimiter: string): readonly string[] => {
  const parts: string[] = []
  let current = ''
  let quote = ''
  let escaped = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (quote === '' && text.startsWith(delimiter, i)) {
      if (current !== '') parts.push(current)
      current = ''
      i += delimiter.length - 1
      continue
    }
    if (escaped) escaped = false
    else if (quote === '' && (character === '"' || character === "'")) {
      quote = character
      continue
    } else if (character === quote) {
      quote = ''
      continue
    } else escaped = character === '\\'
    current += character
  }
  if (quote !== '') throw new Failure('a quoted value is not closed')
  if (current !== '') parts.push(current)
  return parts
}

const keyValues = (text: string, delimiter: string, pairDelimiter: string): Value => {
  if (text === '') throw new Failure('ParseKeyValue cannot read an empty text')
  const map = newMap()
  for (const pair of splitQuoted(text, pairDelimiter)) {
    const at = pair.indexOf(delimiter)
    if (at < 0) throw new Failure(`${JSON.stringify(pair)} has no ${JSON.stringify(delimiter)}`)
    map[goTrim(pair.slice(0, at))] = goTrim(pair.slice(at + delimiter.length))
  }
  return map
}

const delimiters = (delimiter = '=', pairDelimiter = ' '): readonly [string, string] => {
  if (delimiter === '') throw new Failure('the delimiter cannot be empty')
  if (pairDelimiter === '') throw new Failure('the pair delimiter cannot be empty')
  if (delimiter === pairDelimiter)
    throw new Failure(`the pair delimiter cannot be the delimiter ${JSON.stringify(delimiter)}`)
  return [delimiter, pairDelimiter]
}

const escapeKeyValue = (text: string, delimiter: string, pairDelimiter: string): string => {
  const escaped = text.replaceAll('"', '\\"')
  return escaped.includes(pairDelimiter) || escaped.includes(delimiter) ? `"${escaped}"` : escaped
}

const csvModes = ['strict', 'lazyQuotes', 'ignoreQuotes']

const oneCharacter = (text: string | undefined, name: string): void => {
  if (text !== undefined && Array.from(text).length !== 1) throw new Failure(`${name} must be a single character`)
}

const csvRow = (headers: readonly string[], fields: readonly string[]): Value => {
  if (headers.length !== fields.length)
    throw new Failure(`wrong number of fields: ${headers.length} expected, ${fields.length} found`)
  const map = newMap()
  headers.forEach((header, i) => {
    map[header] = fields[i]!
  })
  return map
}

export const parsers: readonly FunctionSpec[] = [
  ofString('ParseJSON', 'Target', json),
  define('ParseInt', { Target: 'string', Base: 'int' }, ({ Target, Base }) => (run) => {
    const text = Target.get(run)
    if (text === '') throw new Failure('ParseInt cannot read an empty text')
    const base = Base.get(run)
    const value = parseInt64(text, Number(base))
    if (base < 0 || value === undefined) throw new Failure(`${JSON.stringify(text)} is no int64 in base ${base}`)
    return value
  }),
  define(
    'ParseKeyValue',
    { Target: 'string', Delimiter: 'literalString?', PairDelimiter: 'literalString?' },
    ({ Target, Delimiter, PairDelimiter }) => {
      const [delimiter, pairDelimiter] = delimiters(Delimiter, PairDelimiter)
      return (run) => keyValues(Target.get(run), delimiter, pairDelimiter)
    },
  ),
  define(
    'ToKeyValueString',
    { Target: 'map', Delimiter: 'literalString?', PairDelimiter: 'literalString?', SortOutput: 'literalBool?' },
    ({ Target, Delimiter, PairDelimiter, SortOutput = false }) => {
      const [delimiter, pairDelimiter] = delimiters(Delimiter, PairDelimiter)
      const quoted = (text: string) => escapeKeyValue(text, delimiter, pairDelimiter)
      return (run) => {
        const map = Target.get(run)
        const keys = Object.keys(map)
        const ordered = SortOutput ? keys.toSorted(compareText) : keys
        return ordered.map((key) => quoted(key) + delimiter + quoted(storedText(map[key]!))).join(pairDelimiter)
      }
    },
  ),
  define(
    'ParseCSV',
    {
      Target: 'string',
      Header: 'string',
      Delimiter: 'literalString?',
      HeaderDelimiter: 'literalString?',
      Mode: 'literalString?',
    },
    ({ Target, Header, Delimiter, HeaderDelimiter, Mode = 'strict' }) => {
      oneCharacter(Delimiter, 'delimiter')
      oneCharacter(HeaderDelimiter, 'header_delimiter')
      if (!csvModes.includes(Mode))
        throw new Failure(`mode ${JSON.stringify(Mode)} must be one of ${csvModes.join(', ')}`)
      const delimiter = Delimiter ?? ','
      const headerDelimiter = HeaderDelimiter ?? delimiter
      return (run) => {
        const text = Target.get(run)
        const header = Header.get(run)
        if (header === '') throw new Failure('the headers cannot be empty')
        const fields = Mode === 'ignoreQuotes' ? text.split(delimiter) : readCsv(text, delimiter, Mode === 'lazyQuotes')
        return csvRow(header.split(headerDelimiter), fields)
      }
    },
  ),
  define('ExtractPatterns', { Target: 'string', Pattern: 'string' }, ({ Target, Pattern }) => {
    const pattern = patternOf(Pattern)
    return (run) => {
      const { names, groups } = pattern(run)
      if (names.every((name) => name === ''))
        throw new Failure('the pattern needs at least one named group such as (?P<name>…)')
      const map = newMap()
      const found = groups(Target.get(run))
      names.forEach((name, i) => {
        if (name !== '' && found !== undefined) map[name] = found[i]!
      })
      return map
    }
  }),
]
