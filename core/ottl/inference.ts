/**
 * Which context a group of statements is for when it names none: the innermost one that its paths name; where that one lacks
 * a function or enum of the group, the innermost of those that see its paths and have them.
 */
import type { BooleanNode, CallNode, Key, MathNode, PathNode, ValueNode } from './ast.ts'
import { contexts, visible } from './contexts/tables.ts'
import type { ContextName } from './contexts/tables.ts'
import { enumsOf } from './enums.ts'
import { functionNamed } from './functions/index.ts'
import { parseCondition, parseStatement } from './parser.ts'
import { Mistake } from './problem.ts'
import type { Signal } from '../model/index.ts'

/** The contexts of each signal, innermost first. */
const bySignal: Readonly<Record<Signal, readonly ContextName[]>> = {
  logs: ['log', 'event', 'scope', 'resource'],
  traces: ['spanevent', 'span', 'scope', 'resource'],
  metrics: ['datapoint', 'metric', 'scope', 'resource'],
}

export const contextsOf = (signal: Signal): readonly ContextName[] => bySignal[signal]

interface Hints {
  readonly contexts: Set<string>
  readonly functions: Set<string>
  readonly enums: Set<string>
  /** Some path names no context. */
  bare: boolean
}

const readPath = (node: PathNode, hints: Hints): void => {
  const [first, ...rest] = node.fields
  const isNamed = first !== undefined && rest.length > 0 && first.keys.length === 0 && contexts.has(first.name)
  if (isNamed) hints.contexts.add(first.name)
  else hints.bare = true
  for (const field of node.fields) readKeys(field.keys, hints)
}

const readKeys = (keys: readonly Key[], hints: Hints): void => {
  for (const key of keys) if (key.type === 'expression') readMath(key.value, hints)
}

const readMath = (node: MathNode, hints: Hints): void => {
  if (node.type === 'binary') {
    readMath(node.left, hints)
    readMath(node.right, hints)
  } else if (node.type === 'negate') readMath(node.operand, hints)
  else readValue(node, hints)
}

const readCall = (node: CallNode, hints: Hints): void => {
  hints.functions.add(node.name)
  for (const { value } of node.args) if (value.type !== 'function') readValue(value, hints)
  readKeys(node.keys, hints)
}

const readValue = (node: ValueNode, hints: Hints): void => {
  switch (node.type) {
    case 'path':
      return readPath(node, hints)
    case 'call':
      return readCall(node, hints)
    case 'math':
      return readMath(node.value, hints)
    case 'enum':
      // A name in capitals may be a function that is passed by name.
      if (functionNamed(node.name) === undefined) hints.enums.add(node.name)
      return
    case 'list':
      return node.items.forEach((item) => readValue(item, hints))
    case 'map':
      return node.items.forEach(({ value }) => readValue(value, hints))
    default:
  }
}

const readBoolean = (node: BooleanNode, hints: Hints): void => {
  switch (node.type) {
    case 'or':
    case 'and':
      return node.items.forEach((item) => readBoolean(item, hints))
    case 'not':
      return readBoolean(node.item, hints)
    case 'compare':
      readValue(node.left, hints)
      return readValue(node.right, hints)
    case 'converter':
      return readCall(node.call, hints)
    case 'constant':
  }
}

/** What cannot be read says nothing; compiling it tells the mistake. */
const attempt = (work: () => void): void => {
  try {
    work()
  } catch (thrown) {
    if (!(thrown instanceof Mistake)) throw thrown
  }
}

const hintsOf = (statements: readonly string[], conditions: readonly string[]): Hints => {
  const hints: Hints = { contexts: new Set(), functions: new Set(), enums: new Set(), bare: false }
  for (const text of statements) {
    attempt(() => {
      const { editor, where } = parseStatement(text)
      readCall(editor, hints)
      if (where !== undefined) readBoolean(where, hints)
    })
  }
  for (const text of conditions) attempt(() => readBoolean(parseCondition(text), hints))
  return hints
}

const has = (context: ContextName, { functions, enums }: Hints): boolean => {
  for (const name of functions) {
    const only = functionNamed(name)?.contexts
    if (only !== undefined && !only.includes(context)) return false
  }
  return [...enums].every((name) => enumsOf(context).has(name))
}

/** A context that means another one here: statements on logs see the paths of events too. */
const aliases: Readonly<Record<string, ContextName>> = { event: 'log', instrumentation_scope: 'scope' }

/**
 * Undefined when no path names a context of the signal. Statements on logs may leave the context of their own paths out:
 * with such a path the group is for log records.
 */
export const inferContext = (
  signal: Signal,
  statements: readonly string[],
  conditions: readonly string[] = [],
): ContextName | undefined => {
  const hints = hintsOf(statements, conditions)
  if (hints.bare && signal === 'logs') return 'log'
  const named = new Set([...hints.contexts].map((name) => aliases[name] ?? name))
  const candidates = bySignal[signal]
  const innermost = candidates.find((context) => named.has(context))
  if (innermost === undefined || has(innermost, hints)) return innermost
  return candidates.find((context) => visible[context].includes(innermost) && has(context, hints)) ?? innermost
}
