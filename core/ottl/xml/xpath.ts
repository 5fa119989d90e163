/**
 * XPath 1.0, read: text → tree of an expression. A mistake is a Failure when the statement is compiled. Nesting is bounded.
 */
import { Failure } from '../values.ts'

export interface Step {
  readonly axis: string
  readonly test: string
  readonly predicates: readonly Expression[]
}
export type Expression =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'negate'; readonly operand: Expression }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly type: 'path'
      readonly absolute: boolean
      readonly from: Expression | undefined
      readonly steps: readonly Step[]
    }
  | { readonly type: 'filter'; readonly from: Expression; readonly predicates: readonly Expression[] }

const DEPTH_MAX = 64
const TOKENS =
  /\s*(\/\/|::|\.\.|!=|<=|>=|[/@*|+\-=<>()[\],.]|\d+(?:\.\d*)?|\.\d+|"[^"]*"|'[^']*'|[\p{L}_][\p{L}\p{M}\p{N}_.-]*(?::(?!:)(?:[\p{L}_][\p{L}\p{M}\p{N}_.-]*|\*))?)/uy

const axes: ReadonlySet<string> = new Set([
  'ancestor',
  'ancestor-or-self',
  'attribute',
  'child',
  'descendant',
  'descendant-or-self',
  'following',
  'following-sibling',
  'parent',
  'preceding',
  'preceding-sibling',
  'self',
])
const nodeTests: ReadonlySet<string> = new Set(['text', 'comment', 'node', 'processing-instruction'])
/** Functions with the fewest and the most arguments. */
const functions: Readonly<Record<string, readonly [number, number]>> = {
  last: [0, 0],
  position: [0, 0],
  count: [1, 1],
  name: [0, 1],
  'local-name': [0, 1],
  string: [0, 1],
  concat: [2, 64],
  'starts-with': [2, 2],
  'ends-with': [2, 2],
  contains: [2, 2],
  'substring-before': [2, 2],
  'substring-after': [2, 2],
  substring: [2, 3],
  'string-length': [0, 1],
  'normalize-space': [0, 1],
  translate: [3, 3],
  'lower-case': [1, 1],
  boolean: [1, 1],
  not: [1, 1],
  true: [0, 0],
  false: [0, 0],
  number: [0, 1],
  sum: [1, 1],
  floor: [1, 1],
  ceiling: [1, 1],
  round: [1, 1],
}

interface Reader {
  readonly tokens: readonly string[]
  at: number
  depth: number
}

const broken = (why: string): Failure => new Failure(`invalid XPath: ${why}`)

/** Before a token that is none: a mistake only when the expression gets that far. */
const BAD = '\0'

const tokenize = (text: string): readonly string[] => {
  const tokens: string[] = []
  let at = 0
  const source = text.trimEnd()
  while (at < source.length) {
    TOKENS.lastIndex = at
    const match = TOKENS.exec(source)
    if (match === null) {
      tokens.push(BAD + source.slice(at, at + 10))
      break
    }
    tokens.push(match[1]!)
    at = TOKENS.lastIndex
  }
  return tokens
}

const peek = (reader: Reader, ahead = 0): string => {
  const token = reader.tokens[reader.at + ahead] ?? ''
  if (ahead === 0 && token.startsWith(BAD)) throw broken(`unexpected ${JSON.stringify(token.slice(1))}`)
  return token
}
const accept = (reader: Reader, token: string): boolean => {
  if (peek(reader) !== token) return false
  reader.at++
  return true
}
const expect = (reader: Reader, token: string): void => {
  if (!accept(reader, token)) throw broken(`expected ${token}, found ${peek(reader) || 'the end'}`)
}

const levels: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  ['=', '!='],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', 'div', 'mod'],
]

const readLevel = (reader: Reader, level: number): Expression => {
  const operators = levels[level]
  if (operators === undefined) return readUnary(reader)
  let left = readLevel(reader, level + 1)
  while (operators.includes(peek(reader))) {
    const operator = reader.tokens[reader.at++]!
    left = { type: 'binary', operator, left, right: readLevel(reader, level + 1) }
  }
  return left
}

const readExpression = (reader: Reader): Expression => {
  if (++reader.depth > DEPTH_MAX) throw broken(`nested deeper than ${DEPTH_MAX}`)
  const result = readLevel(reader, 0)
  reader.depth--
  return result
}

const readUnary = (reader: Reader): Expression => {
  if (accept(reader, '-')) return { type: 'negate', operand: readUnary(reader) }
  let left = readPath(reader)
  while (accept(reader, '|')) left = { type: 'binary', operator: '|', left, right: readPath(reader) }
  return left
}

const isName = (token: string): boolean => /^[\p{L}_]/u.test(token)
const startsStep = (token: string): boolean =>
  token === '@' || token === '*' || token === '.' || token === '..' || isName(token)

const readPath = (reader: Reader): Expression => {
  const token = peek(reader)
  if (token === '/' || token === '//') {
    reader.at++
    const steps = token === '//' ? [anyBelow] : []
    if (token === '//' || startsStep(peek(reader))) readSteps(reader, steps)
    return { type: 'path', absolute: true, from: undefined, steps }
  }
  const primary = readPrimary(reader)
  if (primary === undefined) {
    const steps: Step[] = []
    readSteps(reader, steps)
    return { type: 'path', absolute: false, from: undefined, steps }
  }
  const predicates = readPredicates(reader)
  const from: Expression = predicates.length > 0 ? { type: 'filter', from: primary, predicates } : primary
  if (peek(reader) !== '/' && peek(reader) !== '//') return from
  const steps: Step[] = reader.tokens[reader.at++] === '//' ? [anyBelow] : []
  readSteps(reader, steps)
  return { type: 'path', absolute: false, from, steps }
}

const anyBelow: Step = { axis: 'descendant-or-self', test: 'node()', predicates: [] }

const readPrimary = (reader: Reader): Expression | undefined => {
  const token = peek(reader)
  if (token.startsWith('"') || token.startsWith("'")) {
    reader.at++
    return { type: 'string', value: token.slice(1, -1) }
  }
  if (/^\.?\d/.test(token)) {
    reader.at++
    return { type: 'number', value: Number(token) }
  }
  if (token === '(') {
    reader.at++
    const inner = readExpression(reader)
    expect(reader, ')')
    return inner
  }
  return isName(token) && peek(reader, 1) === '(' && !nodeTests.has(token) ? readCall(reader) : undefined
}

const readCall = (reader: Reader): Expression => {
  const name = reader.tokens[reader.at]!
  reader.at += 2
  const args: Expression[] = []
  if (peek(reader) !== ')') {
    do args.push(readExpression(reader))
    while (accept(reader, ','))
  }
  expect(reader, ')')
  const count = Object.hasOwn(functions, name) ? functions[name]! : undefined
  if (count === undefined) throw broken(`there is no function ${name}`)
  if (args.length < count[0] || args.length > count[1]) throw broken(`${name} does not take ${args.length} arguments`)
  return { type: 'call', name, args }
}

const readSteps = (reader: Reader, steps: Step[]): void => {
  for (;;) {
    steps.push(readStep(reader))
    if (accept(reader, '//')) steps.push(anyBelow)
    else if (!accept(reader, '/')) return
  }
}

const readStep = (reader: Reader): Step => {
  if (accept(reader, '.')) return { axis: 'self', test: 'node()', predicates: readPredicates(reader) }
  if (accept(reader, '..')) return { axis: 'parent', test: 'node()', predicates: readPredicates(reader) }
  let axis = accept(reader, '@') ? 'attribute' : 'child'
  if (peek(reader, 1) === '::') {
    axis = peek(reader)
    if (!axes.has(axis)) throw broken(`there is no axis ${axis}`)
    reader.at += 2
  }
  const token = peek(reader)
  if (token !== '*' && !isName(token)) throw broken(`expected a step, found ${token || 'the end'}`)
  reader.at++
  if (nodeTests.has(token) && accept(reader, '(')) {
    if (/^["']/.test(peek(reader))) reader.at++
    expect(reader, ')')
    return { axis, test: `${token}()`, predicates: readPredicates(reader) }
  }
  return { axis, test: token, predicates: readPredicates(reader) }
}

const readPredicates = (reader: Reader): readonly Expression[] => {
  const predicates: Expression[] = []
  while (accept(reader, '[')) {
    predicates.push(readExpression(reader))
    expect(reader, ']')
  }
  return predicates
}

export const parseXPath = (text: string): Expression => {
  const reader: Reader = { tokens: tokenize(text), at: 0, depth: 0 }
  if (reader.tokens.length === 0) throw broken('it is empty')
  // What follows a whole expression is passed over, as in the reference.
  return readExpression(reader)
}
