/**
 * Tokens → tree. Recursive descent over the grammar of the language; every token is read a bounded number of times, and
 * nesting is bounded by DEPTH_MAX, so no text makes it slow or deep.
 *
 * Where the grammar is ordered choice the first alternative that matches wins and is not taken back: `{"a": 1 "b": 2}` needs
 * no comma, `[1 + 2]` is no key (but `[(1 + 2)]` is), `and` never is a name.
 */
import type {
  Argument,
  BooleanNode,
  CallNode,
  CompareOperator,
  Expression,
  Field,
  FunctionName,
  IntNode,
  Key,
  LeafNode,
  MapItem,
  MathNode,
  MathOperator,
  PathNode,
  Span,
  Statement,
  StringKey,
  ValueNode,
} from './ast.ts'
import { tokenize, unquote } from './lexer.ts'
import { int64, INT64_MAX } from './numbers.ts'
import { Mistake } from './problem.ts'
import { peek, previousEnd, isText, unexpected, expect, accept, nested } from './reader.ts'
import type { Reader } from './reader.ts'

/** The end of a name that starts here: a run of word tokens. */
const nameEnd = (reader: Reader): number => {
  let end = reader.at
  for (let kind = reader.tokens[end]!.kind; kind === 'lower' || kind === 'upper'; kind = reader.tokens[end]!.kind) end++
  return end
}

const startsCall = (reader: Reader): boolean => {
  const end = nameEnd(reader)
  return end > reader.at && isText(reader.tokens[end]!, '(')
}

const readName = (reader: Reader): Span & { readonly name: string } => {
  const start = reader.at
  reader.at = nameEnd(reader)
  const parts = reader.tokens.slice(start, reader.at)
  return { name: parts.map((token) => token.text).join(''), start: parts[0]!.start, end: parts.at(-1)!.end }
}

const readCall = (reader: Reader): CallNode => {
  const { name, start, end: nameEnds } = readName(reader)
  expect(reader, '(')
  const args: Argument[] = []
  if (!isText(peek(reader), ')')) {
    do args.push(nested(reader, readArgument))
    while (accept(reader, ','))
  }
  const closing = peek(reader)
  if (!isText(closing, ')')) throw unexpected(reader, args.length === 0 ? 'an argument' : '`,` or `)`')
  reader.at++
  const keys = readKeys(reader)
  return { type: 'call', name, args, keys, start, nameEnd: nameEnds, end: previousEnd(reader) }
}

const readArgument = (reader: Reader): Argument => {
  const { start } = peek(reader)
  let name: string | undefined
  if (peek(reader).kind === 'lower') {
    const end = nameEnd(reader)
    if (reader.tokens[end]!.kind === 'equal') {
      name = readName(reader).name
      reader.at++
    }
  }
  const value = isFunctionName(reader) ? readFunctionName(reader) : readValue(reader)
  return { name, value, start, end: previousEnd(reader) }
}

const isFunctionName = (reader: Reader): boolean =>
  peek(reader).kind === 'upper' && !startsCall(reader) && reader.tokens[reader.at + 1]!.kind === 'lower'

const readFunctionName = (reader: Reader): FunctionName => ({ type: 'function', ...readName(reader) })

const readKeys = (reader: Reader): readonly Key[] => {
  const keys: Key[] = []
  while (isText(peek(reader), '[')) keys.push(nested(reader, readKey))
  return keys
}

const readKey = (reader: Reader): Key => {
  reader.at++
  const token = peek(reader)
  let key: Key
  if (token.kind === 'string') {
    reader.at++
    key = { type: 'string', value: unquote(token), start: token.start, end: token.end }
  } else if (token.kind === 'int') key = readInt(reader)
  else if (startsMath(reader))
    key = { type: 'expression', value: readMath(reader), start: token.start, end: previousEnd(reader) }
  else throw unexpected(reader, 'a key: a string, an index or an expression')
  expect(reader, ']')
  return key
}

const readInt = (reader: Reader): IntNode => {
  const token = peek(reader)
  reader.at++
  const octal = token.text.length > 1 && token.text.startsWith('0')
  if (octal && /[89]/.test(token.text)) {
    throw new Mistake(
      `${token.text} starts with 0 and so is octal, where 8 and 9 are no digits`,
      token,
      token.text.replace(/^0+/, ''),
    )
  }
  const value = BigInt(octal ? `0o${token.text}` : token.text)
  if (value > INT64_MAX) throw new Mistake(`${token.text} does not fit in 64 bits`, token)
  return { type: 'int', value: int64(value), start: token.start, end: token.end }
}

const readPath = (reader: Reader): PathNode => {
  const { start } = peek(reader)
  const fields: Field[] = []
  do {
    const token = peek(reader)
    if (token.kind !== 'lower') throw unexpected(reader, 'the name of a field in lower case')
    reader.at++
    fields.push({ name: token.text, keys: readKeys(reader), start: token.start, end: token.end })
  } while (accept(reader, '.'))
  return { type: 'path', fields, start, end: previousEnd(reader) }
}

const startsMath = (reader: Reader): boolean => {
  const token = peek(reader)
  if (token.kind === 'upper') return startsCall(reader)
  return (
    token.kind === 'int' ||
    token.kind === 'float' ||
    token.kind === 'lower' ||
    token.kind === 'addsub' ||
    isText(token, '(')
  )
}

const readLeaf = (reader: Reader): LeafNode => {
  const token = peek(reader)
  switch (token.kind) {
    case 'int':
      return readInt(reader)
    case 'float': {
      reader.at++
      const value = Number(token.text)
      if (!Number.isFinite(value)) throw new Mistake(`${token.text} is too large for a double`, token)
      return { type: 'float', value, start: token.start, end: token.end }
    }
    case 'lower':
    case 'upper':
      if (startsCall(reader)) return readCall(reader)
      if (token.kind === 'lower') return readPath(reader)
      throw unexpected(reader, 'a number, path or converter')
    default:
      throw unexpected(reader, 'a number, path or converter')
  }
}

const readMathValue = (reader: Reader): MathNode => {
  const sign = peek(reader)
  if (sign.kind === 'addsub') reader.at++
  const bare = !isText(peek(reader), '(')
  const value = bare ? readLeaf(reader) : readParenthesized(reader)
  if (sign.text !== '-') return value
  // `-5` is a literal, `-(5)` is computed.
  if (bare && value.type === 'int') return { ...value, value: int64(-BigInt(value.value)), start: sign.start }
  if (bare && value.type === 'float') return { ...value, value: -value.value, start: sign.start }
  return { type: 'negate', operand: value, start: sign.start, end: previousEnd(reader) }
}

const readParenthesized = (reader: Reader): MathNode => {
  reader.at++
  const value = nested(reader, readMath)
  expect(reader, ')')
  return value
}

const readBinary = (reader: Reader, kind: 'addsub' | 'multdiv', operand: (reader: Reader) => MathNode): MathNode => {
  let left = operand(reader)
  while (peek(reader).kind === kind) {
    const operator = peek(reader).text as MathOperator
    reader.at++
    const right = operand(reader)
    left = { type: 'binary', operator, left, right, start: left.start, end: right.end }
  }
  return left
}

const readMath = (reader: Reader): MathNode => readBinary(reader, 'addsub', readTerm)
const readTerm = (reader: Reader): MathNode => readBinary(reader, 'multdiv', readMathValue)

/** A bare leaf stays one; everything else is an expression, even a leaf in parentheses. */
const readExpression = (reader: Reader): LeafNode | Expression => {
  const first = peek(reader)
  const value = readMath(reader)
  const signed = first.kind === 'addsub' || isText(first, '(')
  if (!signed && value.type !== 'binary' && value.type !== 'negate') return value
  return { type: 'math', value, start: first.start, end: previousEnd(reader) }
}

export const readValue = (reader: Reader): ValueNode => {
  const token = peek(reader)
  const { start, end } = token
  if (startsMath(reader)) return readExpression(reader)
  switch (token.kind) {
    case 'nil':
      reader.at++
      return { type: 'nil', start, end }
    case 'boolean':
      reader.at++
      return { type: 'boolean', value: token.text === 'true', start, end }
    case 'string':
      reader.at++
      return { type: 'string', value: unquote(token), start, end }
    case 'bytes':
      reader.at++
      if (token.text.length % 2 !== 0) throw new Mistake('bytes need an even number of hexadecimal digits', token)
      return { type: 'bytes', value: Uint8Array.from(Buffer.from(token.text.slice(2), 'hex')), start, end }
    case 'upper':
      if (reader.tokens[reader.at + 1]!.kind === 'lower') break
      reader.at++
      return { type: 'enum', name: token.text, start, end }
    default:
      if (isText(token, '[')) return nested(reader, readList)
      if (isText(token, '{')) return nested(reader, readMap)
  }
  throw unexpected(reader, 'a value')
}

const readList = (reader: Reader): ValueNode => {
  const { start } = peek(reader)
  reader.at++
  const items: ValueNode[] = []
  if (!isText(peek(reader), ']')) {
    do items.push(readValue(reader))
    while (accept(reader, ','))
  }
  const closing = peek(reader)
  if (!isText(closing, ']')) throw unexpected(reader, '`,` or `]`')
  reader.at++
  return { type: 'list', items, start, end: closing.end }
}

const readMap = (reader: Reader): ValueNode => {
  const { start } = peek(reader)
  reader.at++
  const items: MapItem[] = []
  while (!isText(peek(reader), '}')) {
    const key = readMapKey(reader)
    expect(reader, ':')
    items.push({ key, value: readValue(reader) })
    accept(reader, ',')
  }
  reader.at++
  return { type: 'map', items, start, end: previousEnd(reader) }
}

const readMapKey = (reader: Reader): StringKey | (Span & { readonly type: 'dynamic' }) => {
  const token = peek(reader)
  if (token.kind === 'string') {
    reader.at++
    return { type: 'string', value: unquote(token), start: token.start, end: token.end }
  }
  if (token.kind !== 'lower' && token.kind !== 'upper') throw unexpected(reader, 'a key in double quotes or `}`')
  readLeaf(reader)
  return { type: 'dynamic', start: token.start, end: previousEnd(reader) }
}

const readOr = (reader: Reader): BooleanNode => readJoined(reader, 'or', readAnd)
const readAnd = (reader: Reader): BooleanNode => readJoined(reader, 'and', readBooleanValue)

const readJoined = (reader: Reader, type: 'or' | 'and', operand: (reader: Reader) => BooleanNode): BooleanNode => {
  const first = operand(reader)
  const items = [first]
  while (peek(reader).kind === type) {
    reader.at++
    items.push(operand(reader))
  }
  return items.length === 1 ? first : { type, items, start: first.start, end: previousEnd(reader) }
}

const readBooleanValue = (reader: Reader): BooleanNode => {
  const token = peek(reader)
  if (token.kind !== 'not') return readComparison(reader)
  reader.at++
  const item = readComparison(reader)
  return { type: 'not', item, start: token.start, end: previousEnd(reader) }
}

const tryValue = (reader: Reader): ValueNode | undefined => {
  const { at, depth } = reader
  try {
    return readValue(reader)
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown
    reader.at = at
    reader.depth = depth
    if (!isText(peek(reader), '(')) throw thrown
    if (reader.furthest === undefined || thrown.start > reader.furthest.start) reader.furthest = thrown
    return undefined
  }
}

const readComparison = (reader: Reader): BooleanNode => {
  const { at } = reader
  const token = peek(reader)
  const left = tryValue(reader)
  if (left !== undefined) {
    const operator = peek(reader)
    if (operator.kind === 'compare') {
      reader.at++
      const right = readValue(reader)
      return {
        type: 'compare',
        operator: operator.text as CompareOperator,
        left,
        right,
        start: token.start,
        end: right.end,
      }
    }
    if (left.type === 'boolean') return { type: 'constant', value: left.value, start: left.start, end: left.end }
    if (left.type === 'call') return { type: 'converter', call: left, start: left.start, end: left.end }
    if (!isText(token, '(')) throw unexpected(reader, 'a comparison (==, !=, <, <=, >, >=)')
    reader.at = at
  }
  expect(reader, '(')
  const inner = nested(reader, readOr)
  expect(reader, ')')
  return inner
}

const finish = <T>(text: string, read: (reader: Reader) => T): T => {
  const reader: Reader = { tokens: tokenize(text), at: 0, depth: 0, furthest: undefined }
  try {
    const result = read(reader)
    if (peek(reader).kind !== 'end') throw unexpected(reader, 'the end')
    return result
  } catch (thrown) {
    const { furthest } = reader
    throw furthest !== undefined && thrown instanceof Mistake && furthest.start > thrown.start ? furthest : thrown
  }
}

export const parseStatement = (text: string): Statement =>
  finish(text, (reader) => {
    if (!startsCall(reader)) throw unexpected(reader, 'a function such as set(…)')
    const editor = readCall(reader)
    const where = accept(reader, 'where') ? readOr(reader) : undefined
    if (where === undefined && peek(reader).kind !== 'end') throw unexpected(reader, '`where` or the end')
    return { editor, where }
  })

export const parseCondition = (text: string): BooleanNode =>
  finish(text, (reader) => {
    const condition = readOr(reader)
    if (peek(reader).kind !== 'end') throw unexpected(reader, '`and`, `or` or the end')
    return condition
  })

export const parseValue = (text: string): ValueNode => finish(text, readValue)
