/** The arguments of a call against the parameters of a function: how many, which, of what type. */
import type { Argument, CallNode, ValueNode } from './ast.ts'
import { blame } from './blame.ts'
import type { Compiler, Services } from './compiler.ts'
import type { Place } from './contexts/store.ts'
import type { Expression, Get, Typed } from './expression.ts'
import { functionNamed, functionNames } from './functions/index.ts'
import type { FunctionSpec, NamedFunction, ParameterKind, ParameterTypes } from './functions/spec.ts'
import * as getters from './getters.ts'
import { toCamel } from './go/case.ts'
import { isFloat, isInt, toNumber } from './numbers.ts'
import { Mistake, nearest } from './problem.ts'
import { Failure } from './values.ts'
import type { Evaluated } from './values.ts'

const converters: { readonly [K in ParameterKind]?: (value: Evaluated) => unknown } = {
  string: getters.asString,
  stringLike: getters.likeString,
  int: getters.asInt,
  intLike: getters.likeInt,
  float: getters.asFloat,
  floatLike: getters.likeFloat,
  bool: getters.asBool,
  boolLike: getters.likeBool,
  bytesLike: getters.likeBytes,
  map: getters.asMap,
  list: getters.asList,
  time: getters.asTime,
  duration: getters.asDuration,
}

const compileArgument = (compiler: Compiler, argument: Argument): Expression => compiler.value(valueOf(argument))

const valueOf = (argument: Argument): ValueNode => {
  if (argument.value.type !== 'function') return argument.value
  const { name } = argument.value
  throw new Mistake(`expected a value, found the name ${name}`, argument.value, `${name}()`)
}

const compilePlace = (compiler: Compiler, argument: Argument): Place => {
  const value = valueOf(argument)
  if (value.type !== 'path') throw new Mistake('expected a path that can be set', value)
  return compiler.place(value)
}

const literalItems = (argument: Argument): readonly ValueNode[] => {
  const value = valueOf(argument)
  if (value.type !== 'list') throw new Mistake('expected a list such as ["a", "b"]', value)
  return value.items
}

const typedItem = <T>(compiler: Compiler, node: ValueNode, convert: (value: Evaluated) => T): Typed<T> =>
  blame(node, () => getters.typed(compiler.value(node), convert))

/** A list written out, or (unless only literals will do) an expression that gives one. */
const compileList = <T>(
  compiler: Compiler,
  argument: Argument,
  convert: (value: Evaluated) => T,
  list: (value: Evaluated) => readonly Evaluated[],
): Typed<readonly T[]> => {
  const value = valueOf(argument)
  if (value.type !== 'list') {
    const expression = compiler.value(value)
    return blame(value, () => getters.typed(expression, (given) => list(given).map(convert)))
  }
  const items = value.items.map((item) => typedItem(compiler, item, convert))
  const literals = items.map((item) => item.literal)
  if (literals.every((item) => item !== undefined)) {
    const values = literals.map((item) => item.value)
    return { get: () => values, literal: { value: values } }
  }
  return { get: (run) => items.map((item) => item.get(run)) }
}

const literalOf = <T extends ValueNode['type']>(
  argument: Argument,
  type: T,
  article: string,
): Extract<ValueNode, { type: T }> => {
  const value = valueOf(argument)
  if (value.type !== type) throw new Mistake(`expected ${article} literal`, value)
  return value as Extract<ValueNode, { type: T }>
}

const compileNamedFunction = (compiler: Compiler, argument: Argument): NamedFunction => {
  const { value } = argument
  const name = value.type === 'function' || value.type === 'enum' ? value.name : undefined
  if (name === undefined) throw new Mistake('expected the name of a function, such as SHA256', value)
  const spec = functionNamed(name)
  if (spec === undefined) throw new Mistake(`there is no function ${name}`, value, nearest(name, functionNames()))
  return applied(spec, compiler.services)
}

const applied = (spec: FunctionSpec, services: Services): NamedFunction => {
  const [parameter, ...more] = Object.entries(spec.parameters)
  const fits = parameter !== undefined && parameter[1] === 'string' && more.length === 0
  if (!fits) {
    return () => {
      throw new Failure(`${spec.name} cannot be used here: it must take one string and nothing else`)
    }
  }
  let input = ''
  const get: Get = spec.compile({ [parameter[0]]: { get: () => input } } as never, services)
  return (run, text) => {
    input = text
    return get(run)
  }
}

const bind = (compiler: Compiler, argument: Argument, kind: ParameterKind): ParameterTypes[ParameterKind] => {
  const convert = converters[kind]
  if (convert !== undefined) {
    const expression = compileArgument(compiler, argument)
    return blame(argument.value, () => getters.typed(expression, convert)) as ParameterTypes[ParameterKind]
  }
  switch (kind) {
    case 'any':
      return compileArgument(compiler, argument)
    case 'place':
      return compilePlace(compiler, argument)
    case 'mapTarget': {
      const { read, write, remove, member, handle } = compilePlace(compiler, argument)
      return { get: (run) => getters.asMap(read(run)), set: write, remove, member, handle }
    }
    case 'listTarget': {
      const { read, write } = compilePlace(compiler, argument)
      return { get: (run) => getters.asList(read(run)), set: write }
    }
    case 'literalString':
      return literalOf(argument, 'string', 'a string').value
    case 'literalInt':
      return literalOf(argument, 'int', 'an int').value
    case 'literalFloat':
      return literalOf(argument, 'float', 'a float').value
    case 'literalFloats':
      return literalItems(argument).map((item) => {
        const value = compiler.value(item).literal?.value
        if (value !== undefined && (isInt(value) || isFloat(value))) return toNumber(value)
        throw new Mistake('expected a number', item)
      })
    case 'literalBool':
      return literalOf(argument, 'boolean', 'a bool').value
    case 'literalStrings':
      return literalItems(argument).map((item) => {
        if (item.type === 'string') return item.value
        throw new Mistake('expected a string literal', item)
      })
    case 'anyItems':
      return literalItems(argument).map((item) => compiler.value(item))
    case 'stringItems':
      return literalItems(argument).map((item) => typedItem(compiler, item, getters.asString))
    case 'strings':
      return compileList(compiler, argument, getters.asString, getters.asSlice)
    case 'stringsLike':
      return compileList(compiler, argument, getters.likeString, getters.asSliceOrNil)
    case 'function':
      return compileNamedFunction(compiler, argument)
    default:
      throw new TypeError(`no binder for ${kind}`)
  }
}

const signature = (spec: FunctionSpec): string =>
  Object.entries(spec.parameters)
    .map(([name, kind]) => (kind.endsWith('?') ? `[${snake(name)}]` : snake(name)))
    .join(', ')

const snake = (name: string): string => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()

const checkCount = (call: CallNode, spec: FunctionSpec): void => {
  const kinds = Object.values(spec.parameters)
  // Functions without parameters pass over what they are given, as in the reference.
  if (kinds.length === 0) return
  const least = kinds.filter((kind) => !kind.endsWith('?')).length
  const given = call.args.length
  if (given >= least && given <= kinds.length) return
  const expected = least === kinds.length ? String(least) : `${least} to ${kinds.length}`
  const extra = call.args[kinds.length]
  const span = extra ? { start: extra.start, end: call.args.at(-1)!.end } : { start: call.start, end: call.end }
  const plural = expected === '1' ? '' : 's'
  throw new Mistake(`${spec.name} takes ${expected} argument${plural} (${signature(spec)}), ${given} given`, span)
}

const parameterFor = (argument: Argument, position: number, spec: FunctionSpec): string => {
  const all = Object.keys(spec.parameters)
  if (argument.name === undefined) return all[position]!
  const name = toCamel(argument.name)
  if (all.includes(name)) return name
  throw new Mistake(`${spec.name} has no parameter ${argument.name}`, argument, nearest(argument.name, all.map(snake)))
}

export const bindArguments = (
  compiler: Compiler,
  call: CallNode,
  spec: FunctionSpec,
): Readonly<Record<string, unknown>> => {
  const firstNamed = call.args.findIndex((argument) => argument.name !== undefined)
  const late = firstNamed < 0 ? undefined : call.args.slice(firstNamed).find((argument) => argument.name === undefined)
  if (late !== undefined) throw new Mistake('an argument without a name cannot follow one with a name', late)
  checkCount(call, spec)
  const bound: Record<string, unknown> = {}
  if (Object.keys(spec.parameters).length === 0) return bound
  call.args.forEach((argument, position) => {
    const parameter = parameterFor(argument, position, spec)
    const kind = spec.parameters[parameter]!.replace('?', '') as ParameterKind
    bound[parameter] = bind(compiler, argument, kind)
  })
  for (const [parameter, kind] of Object.entries(spec.parameters)) {
    if (kind.endsWith('?') || parameter in bound) continue
    throw new Mistake(`${spec.name} needs an argument ${snake(parameter)}`, { start: call.start, end: call.end })
  }
  return bound
}
