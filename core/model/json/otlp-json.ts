/**
 * Lines of JSON as OTLP/JSON AnyValues, without making values of them: strings are copied with their escapes, which are
 * JSON already, a number's spelling tells whether it is an int64, and what stands around the scalars of a shape is
 * prepared once. Gives what otlp/json.ts gives for the line's value; members keep the order of the line.
 */
import type { Bytes } from '../bytes.ts'
import { valueToOtlpJson } from '../otlp/json.ts'
import type { Value } from '../types.ts'
import type { Tape } from './block.ts'
import { Constant } from './output.ts'
import type { Output } from './output.ts'
import { END, LIST, MAP, NEXT, QUOTE, START, WORDS } from './scan.ts'
import type { Shape } from './shape.ts'
import { isOpaque, keyText, scalarAt, valueAt } from './tape.ts'

/** Every text before a scalar ends with this: most are strings. For others it is taken back. */
const STRING = '"stringValue":'
const constant = (text: string): Constant => new Constant(Buffer.from(text))
const string = constant(STRING)
const bool = constant('"boolValue":')
const int = constant('"intValue":"')
const double = constant('"doubleValue":')
const quote = constant('"')
const mapStart = constant('{"kvlistValue":{"values":[')
const listStart = constant('{"arrayValue":{"values":[')
const keyStart = constant('{"key":')
const keyEnd = constant(',"value":')
const valueStart = constant('{')
const end = constant('}')
const comma = constant(',')
const containerEnd = constant(']}}')

/** Whole numbers of so many digits fit 64 bits; fractions of so many are exact as they are spelled. */
const DIGITS_SURE = 15
const MINUS = 45
const POINT = 46
const ZERO = 48

/** `1` for an int64, `2` for a double that can stay as it is spelled, `0` for what has to be looked at as a value. */
const spelling = (bytes: Bytes, start: number, stop: number): 0 | 1 | 2 => {
  const first = bytes[start] === MINUS ? start + 1 : start
  if (stop - first > DIGITS_SURE || (first > start && bytes[first] === ZERO)) return 0
  let kind: 1 | 2 = 1
  for (let at = first; at < stop; at++) {
    const byte = bytes[at]!
    if (byte === POINT) kind = 2
    else if (byte < ZERO || byte > 57) return 0
  }
  return kind
}

/** The members of an AnyValue that is no container; `"stringValue":` was written already. */
const writeScalar = (bytes: Bytes, start: number, endWord: number, out: Output): void => {
  const stop = endWord >> 1
  const first = bytes[start]
  if (first === QUOTE) return out.span(bytes, start, stop)
  out.length -= STRING.length
  // null
  if (first === 110) return
  if (first === 116 || first === 102) {
    out.constant(bool)
    return out.span(bytes, start, stop)
  }
  const kind = spelling(bytes, start, stop)
  if (kind === 0) return out.ascii(JSON.stringify(valueToOtlpJson(scalarAt(bytes, start, endWord))).slice(1, -1))
  out.constant(kind === 1 ? int : double)
  out.span(bytes, start, stop)
  if (kind === 1) out.constant(quote)
}

/** What stands before each scalar of a shape, and behind the last one. */
class Template {
  readonly #texts: readonly Constant[]
  readonly #words: Int32Array

  constructor(shape: Shape) {
    const texts: Constant[] = []
    const words: number[] = []
    let text = ''
    const add = (entry: number): void => {
      const { bracket, next, word } = shape.at(entry)
      if (bracket === 0) {
        texts.push(constant(`${text}{${STRING}`))
        words.push(word)
        text = '}'
        return
      }
      text += bracket === MAP ? '{"kvlistValue":{"values":[' : '{"arrayValue":{"values":['
      for (let child = entry + 1; child < next; child = shape.at(child).next) {
        const { key } = shape.at(child)
        if (child > entry + 1) text += ','
        if (key !== undefined) text += `{"key":${JSON.stringify(key)},"value":`
        add(child)
        if (key !== undefined) text += '}'
      }
      text += ']}}'
    }
    add(0)
    this.#texts = [...texts, constant(text)]
    this.#words = Int32Array.from(words)
  }

  write(bytes: Bytes, words: Int32Array, root: number, out: Output): void {
    const places = this.#words
    const texts = this.#texts
    for (let i = 0; i < places.length; i++) {
      const word = root + places[i]!
      out.constant(texts[i]!)
      writeScalar(bytes, words[word]!, words[word + 1]!, out)
    }
    out.constant(texts[places.length]!)
  }
}

const templates = new WeakMap<Shape, Template>()
/** The last one asked for. */
let lastShape: Shape | undefined
let lastTemplate: Template | undefined

const templateOf = (shape: Shape): Template => {
  if (shape === lastShape) return lastTemplate!
  let template = templates.get(shape)
  if (template === undefined) templates.set(shape, (template = new Template(shape)))
  lastShape = shape
  lastTemplate = template
  return template
}

const writeValue = (value: Value, out: Output): void => out.ascii(JSON.stringify(valueToOtlpJson(value)))

/** The value of an entry of a whole tape. */
const writeEntry = (bytes: Bytes, words: Int32Array, entry: number, odd: boolean, out: Output): void => {
  const start = words[entry + START]!
  const first = bytes[start]
  if (first !== MAP && first !== LIST) {
    out.constant(valueStart)
    out.constant(string)
    writeScalar(bytes, start, words[entry + END]!, out)
    return out.constant(end)
  }
  if (odd && isOpaque(bytes, words, entry)) return writeValue(valueAt(bytes, words, entry), out)
  const stop = words[entry + NEXT]!
  out.constant(first === MAP ? mapStart : listStart)
  // The first of duplicate keys counts.
  const seen = first === MAP ? new Set<string>() : undefined
  for (let child = entry + WORDS; child < stop; child = words[child + NEXT]!) {
    if (seen !== undefined) {
      const key = keyText(bytes, words, child)
      if (seen.has(key)) continue
      seen.add(key)
      if (seen.size > 1) out.constant(comma)
      out.constant(keyStart)
      out.text(key)
      out.constant(keyEnd)
    } else if (child > entry + WORDS) out.constant(comma)
    writeEntry(bytes, words, child, odd, out)
    if (seen !== undefined) out.constant(end)
  }
  out.constant(containerEnd)
}

/** The line of a row as an AnyValue. */
export const writeAnyValue = (bytes: Bytes, tape: Tape, row: number, out: Output): void => {
  const shape = tape.shapes[row]
  const root = tape.roots[row]!
  const { words, odd } = tape.scanner
  if (shape !== undefined) templateOf(shape).write(bytes, words, root, out)
  else writeEntry(bytes, words, root, odd, out)
}
