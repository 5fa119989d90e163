/**
 * Tree → closures. Checks names, numbers and types of arguments on the way, and stops at the first mistake of a statement.
 *
 * What the language calls a literal is folded as the reference folds it: comparisons of two literals, and `and`/`or` over
 * them (a literal false anywhere makes an `and` false, whatever would have failed before it).
 */
import type { BooleanNode, CallNode, CompareOperator, Field, Key, MathNode, Span, ValueNode } from './ast.ts'
import { bindArguments } from './arguments.ts'
import { compare } from './compare.ts'
import { readResult } from './contexts/keys.ts'
import type { CompiledKey } from './contexts/keys.ts'
import { resolve } from './contexts/resolve.ts'
import type { Naming, Resolved } from './contexts/resolve.ts'
import { blame } from './blame.ts'
import type { Compiler, Services } from './compiler.ts'
import type { Place } from './contexts/store.ts'
import { enumsOf } from './enums.ts'
import { literal } from './expression.ts'
import type { Expression, Get, Run, TextOf, Typed } from './expression.ts'
import { functionNamed, functionNames } from './functions/index.ts'
import type { FunctionSpec } from './functions/spec.ts'
import { calculate, negate } from './math.ts'
import { double } from './numbers.ts'
import { Mistake, nearest } from './problem.ts'
import { Failure, fromRaw, isStoredList, isStoredMap, newMap, RawList, typeName } from './values.ts'
import type { Evaluated } from './values.ts'
import type { PathHandle, Value } from '../model/index.ts'
import type { Edit, Test } from '../model/script.ts'

export const createCompiler = (naming: Naming, services: Services): Compiler => {
  const compiler: Compiler = {
    naming,
    services,
    value: (node) => compileValue(compiler, node),
    place: (node) => {
      const { place, context } = compilePath(compiler, node)
      compiler.written.add(context)
      return place
    },
    written: new Set(),
  }
  return compiler
}

const compileKey = (compiler: Compiler, key: Key): CompiledKey => {
  if (key.type !== 'expression') return { constant: key.value, get: () => key.value }
  const expression = compileMath(compiler, key.value)
  const value = expression.literal?.value
  const constant =
    typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value)) ? value : undefined
  return { constant, get: expression.get }
}

const compileKeys = (compiler: Compiler, keys: readonly Key[]): readonly CompiledKey[] =>
  keys.map((key) => compileKey(compiler, key))

const compilePath = (compiler: Compiler, node: Extract<ValueNode, { type: 'path' }>): Resolved =>
  resolve(node, compiler.naming, (field: Field) => compileKeys(compiler, field.keys))

const pathExpression = (place: Place): Expression => ({ get: place.read, place })

interface Call {
  readonly get: Get
  /** Of editors that can be told as data. */
  readonly edit?: Edit<Run> | undefined
  /** Of converters of one text that is stored. */
  readonly text?: TextOf
}

export const compileCall = (compiler: Compiler, call: CallNode): Call => {
  const spec = functionNamed(call.name)
  const span = { start: call.start, end: call.nameEnd }
  if (spec === undefined)
    throw new Mistake(`there is no function ${call.name}`, span, nearest(call.name, functionNames()))
  if (spec.contexts !== undefined && !spec.contexts.includes(compiler.naming.context))
    throw new Mistake(onlyIn(spec.name, spec.contexts), span)
  const args = bindArguments(compiler, call, spec)
  const get = blame({ start: call.start, end: call.end }, () => spec.compile(args as never, compiler.services))
  if (call.keys.length === 0) return { get, edit: spec.edit?.(args as never), ...textOf(spec, args) }
  const keys = compileKeys(compiler, call.keys)
  return { get: (run) => readResult(get(run), keys, run) }
}

const textOf = ({ text }: FunctionSpec, args: Readonly<Record<string, unknown>>): Pick<Call, 'text'> => {
  const [argument] = Object.values(args) as Typed<string>[]
  return text && argument?.stored ? { text: { at: argument.stored, ...text } } : {}
}

const onlyIn = (name: string, contexts: readonly string[]): string =>
  contexts.length === 0
    ? `${name} is for profiles, which are not supported`
    : `${name} is a function of the ${contexts.join(' and ')} context${contexts.length > 1 ? 's' : ''} only`

const isLowerCase = (name: string): boolean => /^[a-z]/.test(name)

export const compileConverter = (compiler: Compiler, call: CallNode): Expression => {
  if (isLowerCase(call.name)) {
    const meant = [...functionNames()].filter((name) => !isLowerCase(name))
    const span = { start: call.start, end: call.nameEnd }
    throw new Mistake(
      `${call.name} is an editor; a value comes from a converter, which starts with a capital`,
      span,
      nearest(call.name, meant),
    )
  }
  return compileCall(compiler, call)
}

const compileMath = (compiler: Compiler, node: MathNode): Expression => {
  if (node.type === 'negate') {
    const { get } = compileMath(compiler, node.operand)
    return { get: (run) => negate(get(run)) }
  }
  if (node.type !== 'binary') return compileValue(compiler, node)
  const { get: left } = compileMath(compiler, node.left)
  const { get: right } = compileMath(compiler, node.right)
  const { operator } = node
  return { get: (run) => calculate(left(run), right(run), operator) }
}

const compileEnum = ({ naming }: Compiler, span: Span, name: string): Expression => {
  const known = enumsOf(naming.context)
  const value = known.get(name)
  if (value === undefined)
    throw new Mistake(`there is no enum ${name} in the ${naming.context} context`, span, nearest(name, known.keys()))
  return literal(value)
}

export const compileValue = (compiler: Compiler, node: ValueNode): Expression => {
  switch (node.type) {
    case 'nil':
      return literal(null)
    case 'boolean':
    case 'string':
    case 'bytes':
    case 'int':
      return literal(node.value)
    case 'float':
      return literal(double(node.value))
    case 'enum':
      return compileEnum(compiler, node, node.name)
    case 'path':
      return pathExpression(compilePath(compiler, node).place)
    case 'call':
      return compileConverter(compiler, node)
    case 'math':
      return compileMath(compiler, node.value)
    case 'list':
      return compileList(compiler, node)
    case 'map':
      return compileMap(compiler, node)
  }
}

const compileList = (compiler: Compiler, node: Extract<ValueNode, { type: 'list' }>): Expression => {
  const items = node.items.map((item) => compileValue(compiler, item))
  const literals = items.map((item) => item.literal)
  if (literals.every((item) => item !== undefined)) return literal(new RawList(literals.map((item) => item.value)))
  const gets = items.map((item) => item.get)
  return { get: (run) => new RawList(gets.map((get) => get(run))) }
}

/** A value inside a map literal. Lists of maps may be written; a list that a path or converter gives may not. */
const mapMember = (value: Evaluated): Value => {
  if (isStoredMap(value)) return value
  if (value instanceof RawList && value.of === 'any')
    return value.items.map((item) => (isStoredMap(item) ? item : fromRaw(item)))
  if (isStoredList(value)) throw new Failure(`a ${typeName(value)} of the record cannot stand in a map literal`)
  return fromRaw(value)
}

const compileMap = (compiler: Compiler, node: Extract<ValueNode, { type: 'map' }>): Expression => {
  const entries = node.items.map(({ key, value }) => {
    if (key.type === 'dynamic') throw new Mistake('the keys of a map are strings in double quotes', key)
    return [key.value, compileValue(compiler, value)] as const
  })
  const build = (read: (value: Expression) => Evaluated): Evaluated => {
    const map = newMap()
    for (const [key, value] of entries) map[key] = mapMember(read(value))
    return map
  }
  if (entries.every(([, value]) => value.literal !== undefined))
    return blame(node, () => literal(build((value) => value.literal!.value)))
  return { get: (run) => build((value) => value.get(run)) }
}

/** A condition; `constant` when it is known already. */
export interface Condition {
  readonly test: Get<boolean>
  readonly constant?: boolean
  /** The same as data: all of these hold. */
  readonly all?: readonly Test<Run>[]
}

/** A condition as data. */
export const testsOf = ({ test, constant, all }: Condition): readonly Test<Run>[] =>
  constant === true ? [] : (all ?? [{ type: 'asked', holds: test }])

const known = (constant: boolean): Condition => ({ test: () => constant, constant })

const compileComparison = (compiler: Compiler, node: Extract<BooleanNode, { type: 'compare' }>): Condition => {
  const left = compileValue(compiler, node.left)
  const right = compileValue(compiler, node.right)
  const { operator } = node
  if (left.literal && right.literal) return known(compare(left.literal.value, right.literal.value, operator))
  return (
    textComparison(left, right, operator) ?? {
      test: fastComparison(left, right, operator) ?? ((run) => compare(left.get(run), right.get(run), operator)),
    }
  )
}

/** Fields whose text is compared where it stands. */
const isTextPlace = ({ keys }: PathHandle): boolean =>
  keys[0] === 'attributes'
    ? keys.length === 2 && typeof keys[1] === 'string'
    : keys.length === 1 && ['severity_text', 'event_name', 'body'].includes(String(keys[0]))

const textComparison = (left: Expression, right: Expression, operator: CompareOperator): Condition | undefined => {
  const text = (right.literal ?? left.literal)?.value
  const { get, place } = right.literal ? left : right
  const at = place?.stored
  if (typeof text !== 'string' || text === '' || at === undefined || !isTextPlace(at)) return undefined
  if (operator !== '==' && operator !== '!=') return undefined
  const isNot = operator === '!='
  const bytes = Buffer.from(text)
  const test = (run: Run): boolean => {
    const { record } = run
    return (record.isText === undefined ? get(run) === text : record.isText(at, text, bytes)) !== isNot
  }
  return { test, all: [{ type: 'text', at, text, isNot }] }
}

/** Strings, the usual comparison, without the general rules. */
const fastComparison = (left: Expression, right: Expression, operator: CompareOperator): Get<boolean> | undefined => {
  if (operator !== '==' && operator !== '!=') return undefined
  const constant = right.literal ?? left.literal
  const { get } = right.literal ? left : right
  const value = constant?.value
  if (typeof value !== 'string' && typeof value !== 'boolean' && value !== null) return undefined
  return operator === '==' ? (run) => get(run) === value : (run) => get(run) !== value
}

const compileConverterCondition = (compiler: Compiler, call: CallNode): Condition => {
  const { get } = compileConverter(compiler, call)
  return {
    test: (run) => {
      const value = get(run)
      if (typeof value === 'boolean') return value
      throw new Failure(`${call.name} gave a ${typeName(value)} where a condition needs a bool`)
    },
  }
}

const joined = (type: 'and' | 'or', items: readonly Condition[]): Condition => {
  const decisive = type === 'or'
  if (items.some((item) => item.constant === decisive)) return known(decisive)
  const open = items.filter((item) => item.constant === undefined)
  if (open.length === 0) return known(!decisive)
  if (open.length === 1) return open[0]!
  const test = anyOrAll(
    decisive,
    open.map((item) => item.test),
  )
  return type === 'or' ? { test } : { test, all: open.flatMap(testsOf) }
}

const anyOrAll = (decisive: boolean, tests: readonly Get<boolean>[]): Get<boolean> => {
  if (tests.length === 2) {
    const [first, second] = tests as [Get<boolean>, Get<boolean>]
    return decisive ? (run) => first(run) || second(run) : (run) => first(run) && second(run)
  }
  return (run) => {
    for (const test of tests) if (test(run) === decisive) return decisive
    return !decisive
  }
}

export const compileCondition = (compiler: Compiler, node: BooleanNode): Condition => {
  switch (node.type) {
    case 'constant':
      return known(node.value)
    case 'compare':
      return compileComparison(compiler, node)
    case 'converter':
      return compileConverterCondition(compiler, node.call)
    case 'not': {
      const { test, constant } = compileCondition(compiler, node.item)
      return constant === undefined ? { test: (run) => !test(run) } : known(!constant)
    }
    case 'and':
    case 'or':
      return joined(
        node.type,
        node.items.map((item) => compileCondition(compiler, item)),
      )
  }
}
