/** Converters over strings. Positions and lengths count bytes of UTF-8. */
import { createHash, randomUUID } from 'node:crypto'
import type { Get, Typed } from '../expression.ts'
import { toCamel, toSnake } from '../go/case.ts'
import { format } from '../go/format.ts'
import { byteLength, isRuneStart, sliceBytes } from '../go/text.ts'
import { lower, upper } from '../go/letters.ts'
import type { Int } from '../numbers.ts'
import { Failure, RawList } from '../values.ts'
import { patternOf } from './editors.ts'
import { define, ofString } from './spec.ts'
import type { FunctionSpec } from './spec.ts'

const twoStrings = (
  name: string,
  second: string,
  apply: (text: string, other: string) => ReturnType<Get>,
): FunctionSpec =>
  define(name, { Target: 'string', [second]: 'string' } as const, (args) => {
    const { Target, [second]: Other } = args as Record<string, Typed<string>>
    const target = Target!.get
    const other = Other!.get
    return (run) => {
      const text = target(run)
      return apply(text, other(run))
    }
  })

/** Go's Split: an empty delimiter splits into characters, and gives nothing for an empty text. */
const split = (text: string, delimiter: string): RawList =>
  new RawList(delimiter === '' ? Array.from(text) : text.split(delimiter), 'string')

const trimmed = (text: string, cutset: string): string => {
  const set = new Set(cutset)
  const characters = Array.from(text)
  let start = 0
  let end = characters.length
  while (start < end && set.has(characters[start]!)) start++
  while (end > start && set.has(characters[end - 1]!)) end--
  return characters.slice(start, end).join('')
}

const cases: Readonly<Record<string, (text: string) => string>> = { lower, upper, snake: toSnake, camel: toCamel }

const checkRange = (start: Int, length: Int, size: number): void => {
  if (start < 0) throw new Failure(`start ${start} cannot be negative`)
  if (length <= 0) throw new Failure(`length ${length} must be greater than zero`)
  if (start > size || Number(length) > size - Number(start)) {
    throw new Failure(`start ${start} and length ${length} reach beyond the ${size} bytes of the string`)
  }
}

const substring = (text: string, start: number, length: number, utf8Safe: boolean): string => {
  if (!utf8Safe) return sliceBytes(text, start, start + length)
  const bytes = Buffer.from(text)
  let from = start
  let to = start + length
  while (from < bytes.length && !isRuneStart(bytes[from])) from++
  while (from < to && to < bytes.length && !isRuneStart(bytes[to])) to--
  return sliceBytes(text, from, Math.max(from, to))
}

const luhn = (text: string): boolean => {
  const digits = text.replaceAll(' ', '')
  if (digits === '') return false
  if (!/^\d+$/.test(digits)) throw new Failure(`${JSON.stringify(text)} is no number`)
  let sum = 0
  for (let i = digits.length - 2, double = true; i >= 0; i--, double = !double) {
    const digit = Number(digits[i]) * (double ? 2 : 1)
    sum += digit > 9 ? digit - 9 : digit
  }
  return (10 - (sum % 10)) % 10 === Number(digits.at(-1))
}

const uuidV7 = (nanos: bigint): string => {
  const random = randomUUID()
  const millis = (nanos / 1_000_000n).toString(16).padStart(12, '0')
  return `${millis.slice(0, 8)}-${millis.slice(8)}-7${random.slice(15)}`
}

const sha = (name: string, algorithm: string): FunctionSpec =>
  ofString(name, 'Target', (text) => createHash(algorithm).update(text).digest('hex'))

export const strings: readonly FunctionSpec[] = [
  define('Concat', { Vals: 'stringsLike', Delimiter: 'string' }, ({ Vals, Delimiter }) => (run) => {
    const delimiter = Delimiter.get(run)
    return Vals.get(run)
      .map((value) => value ?? '<nil>')
      .join(delimiter)
  }),
  twoStrings('Split', 'Delimiter', split),
  define(
    'Substring',
    { Target: 'string', Start: 'int', Length: 'int', Utf8Safe: 'literalBool?' },
    ({ Target, Start, Length, Utf8Safe = false }) =>
      (run) => {
        const start = Start.get(run)
        if (start < 0) throw new Failure(`start ${start} cannot be negative`)
        const length = Length.get(run)
        const text = Target.get(run)
        checkRange(start, length, byteLength(text))
        return substring(text, Number(start), Number(length), Utf8Safe)
      },
  ),
  define(
    'Trim',
    { Target: 'string', Replacement: 'literalString?' },
    ({ Target, Replacement = ' ' }) =>
      (run) =>
        trimmed(Target.get(run), Replacement),
  ),
  twoStrings('TrimPrefix', 'Prefix', (text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  twoStrings('TrimSuffix', 'Suffix', (text, suffix) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  twoStrings('HasPrefix', 'Prefix', (text, prefix) => text.startsWith(prefix)),
  twoStrings('HasSuffix', 'Suffix', (text, suffix) => text.endsWith(suffix)),
  ofString('ToLowerCase', 'Target', lower, 'lower'),
  ofString('ToUpperCase', 'Target', upper, 'upper'),
  ofString('ToSnakeCase', 'Target', toSnake),
  ofString('ToCamelCase', 'Target', toCamel),
  define('ConvertCase', { Target: 'string', ToCase: 'literalString' }, ({ Target, ToCase }) => {
    const convert = Object.hasOwn(cases, ToCase) ? cases[ToCase] : undefined
    if (convert === undefined) throw new Failure(`case ${JSON.stringify(ToCase)} must be lower, upper, snake or camel`)
    return (run) => convert(Target.get(run))
  }),
  define('Format', { Format: 'literalString', Vals: 'anyItems' }, ({ Format, Vals }) => {
    const gets = Vals.map((value) => value.get)
    return (run) =>
      format(
        Format,
        gets.map((get) => get(run)),
      )
  }),
  define('IsMatch', { Target: 'stringLike', Pattern: 'string' }, ({ Target, Pattern }) => {
    const pattern = patternOf(Pattern)
    return (run) => {
      const { test } = pattern(run)
      const text = Target.get(run)
      return text !== undefined && test(text)
    }
  }),
  define('IsValidLuhn', { Target: 'stringLike' }, ({ Target }) => (run) => {
    const text = Target.get(run)
    if (text === undefined) throw new Failure('IsValidLuhn needs a number, not nil')
    return luhn(text)
  }),
  sha('MD5', 'md5'),
  sha('SHA1', 'sha1'),
  sha('SHA256', 'sha256'),
  sha('SHA512', 'sha512'),
  define('UUID', {}, () => () => randomUUID()),
  define(
    'UUIDv7',
    {},
    (_, { now }) =>
      () =>
        uuidV7(now()),
  ),
]
