/**
 * `insert`, `update`, `upsert`, `delete`, `hash`, `extract` and `convert`, with the options and the meaning they have in the
 * OpenTelemetry Collector's attributes and resource processors (contrib 0.158). An empty text, or null, says nothing: it is as
 * if the option were not there. `hash` is SHA-256 in hex; `convert` leaves alone what cannot be converted (there, a double
 * beyond int64 becomes the least of them). Patterns are RE2.
 */
import { hash } from 'node:crypto'
import type { ConfigProblem, Infer, JsonSchema } from '../kit/index.ts'
import { asValue, kindOf } from '../model/index.ts'
import type { Value } from '../model/index.ts'
import { compilePattern, textOf } from '../ottl/index.ts'
import { toDouble, toInt } from './convert.ts'
import type { AttributesTarget } from './target.ts'

export const actionsSchema = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['action'],
    properties: {
      key: { type: 'string', description: 'The attribute to act on.' },
      action: {
        type: 'string',
        pattern: '^(?i:insert|update|upsert|delete|hash|extract|convert)$',
        description:
          '`insert` where it is absent, `update` where it is there, `upsert` both, `delete`, `hash` (SHA-256), `extract` (named groups of `pattern`), `convert`.',
      },
      value: { description: 'The value to give it.' },
      from_attribute: {
        type: 'string',
        description:
          'The attribute whose value to give it; nothing is done without, unless there is a `default_value`.',
      },
      default_value: { description: 'The value to give it where there is no other.' },
      pattern: {
        type: 'string',
        description: 'For `extract`: a pattern (RE2) of named groups. For `delete` and `hash`: of further keys.',
      },
      converted_type: { enum: ['int', 'double', 'string'], description: 'For `convert`.' },
      from_context: {
        type: 'string',
        description: 'Not supported: what a client sent beside its request is not kept.',
      },
    },
  },
} as const satisfies JsonSchema

export type Action = Infer<typeof actionsSchema.items>

type Apply = (target: AttributesTarget) => void
type Name = 'insert' | 'update' | 'upsert' | 'delete' | 'hash' | 'extract' | 'convert'

const nameOf = (action: Action): Name => action.action.toLowerCase() as Name

const EMPTY_MEANS_ABSENT: ReadonlySet<string> = new Set(['from_attribute', 'from_context', 'pattern'])

const isGiven = (action: Action, key: keyof Action): boolean => {
  const value = action[key]
  return value !== undefined && value !== null && !(value === '' && EMPTY_MEANS_ABSENT.has(key))
}

/** What each action takes beside `key`; the first list must be there (one of them, for a value). */
const takes: Readonly<Record<Name, readonly (keyof Action)[]>> = {
  insert: ['value', 'from_attribute', 'default_value'],
  update: ['value', 'from_attribute', 'default_value'],
  upsert: ['value', 'from_attribute', 'default_value'],
  delete: ['pattern'],
  hash: ['pattern'],
  extract: ['pattern'],
  convert: ['converted_type'],
}
const valueKeys = ['value', 'from_attribute', 'default_value', 'pattern', 'converted_type'] as const

const missing = (action: Action, name: Name): string | undefined => {
  const own = takes[name]
  const given = own.filter((key) => isGiven(action, key))
  if (name === 'delete' || name === 'hash')
    return given.length > 0 || action.key ? undefined : `${name} needs a key or a pattern`
  if (!action.key) return `${name} needs a key`
  if (given.length === 0) return `${name} needs ${own.map((key) => `'${key}'`).join(' or ')}`
  const both = isGiven(action, 'value') && isGiven(action, 'from_attribute')
  return both ? `${name} takes either 'value' or 'from_attribute', not both` : undefined
}

const patternProblem = (source: string, name: Name): string | undefined => {
  try {
    const { names } = compilePattern(source)
    if (name !== 'extract') return undefined
    if (names.length === 0) return 'extract needs a pattern with named groups, such as (?P<user>.*)'
    return names.includes('') ? 'extract needs a name for every group of the pattern, such as (?P<user>.*)' : undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

function* problemsOf(action: Action, at: readonly (string | number)[]): Iterable<ConfigProblem> {
  const name = nameOf(action)
  if (isGiven(action, 'from_context')) {
    yield {
      path: [...at, 'from_context'],
      message: 'is not supported: what a client sent beside its request is not kept; use value or from_attribute',
    }
    return
  }
  for (const key of valueKeys) {
    if (isGiven(action, key) && !takes[name].includes(key))
      yield { path: [...at, key], message: `${name} does not use '${key}'` }
  }
  const lack = missing(action, name)
  if (lack !== undefined) yield { path: at, message: lack }
  const wrong = isGiven(action, 'pattern') ? patternProblem(action.pattern!, name) : undefined
  if (wrong !== undefined) yield { path: [...at, 'pattern'], message: wrong }
}

/** Mistakes beyond the schema, for `check`. */
export function* actionProblems(actions: readonly Action[], at: readonly (string | number)[]): Iterable<ConfigProblem> {
  for (const [i, action] of actions.entries()) yield* problemsOf(action, [...at, i])
}

const hashed = (value: Value): string => {
  const input = hashInput(value)
  return input === undefined ? '' : hash('sha256', input, 'hex')
}

/**
 * What the reference hashes: text as UTF-8, numbers as eight bytes, lowest first, booleans as one. It has no hash of other
 * values, and leaves an empty text in their place.
 */
const hashInput = (value: Value): string | Buffer | undefined => {
  const kind = kindOf(value)
  if (kind === 'string') return value as string
  if (kind === 'bool') return Buffer.of(value === true ? 1 : 0)
  if (kind !== 'int' && kind !== 'double') return undefined
  const bytes = Buffer.alloc(8)
  if (kind === 'int') bytes.writeBigInt64LE(BigInt(value as number | bigint))
  else bytes.writeDoubleLE(Number(value))
  return bytes
}

const converters: Readonly<Record<NonNullable<Action['converted_type']>, (value: Value) => Value | undefined>> = {
  int: toInt,
  double: toDouble,
  string: (value) => textOf(value),
}

/** A function of the key, on the key of the action and on all that its pattern finds. */
const onKeys = ({ key, pattern }: Action, act: (target: AttributesTarget, key: string) => void): Apply => {
  const found = pattern ? compilePattern(pattern) : undefined
  return (target) => {
    if (key) act(target, key)
    if (found) for (const each of target.keys()) if (each !== key && found.test(each)) act(target, each)
  }
}

const changing = (target: AttributesTarget, key: string, change: (value: Value) => Value | undefined): void => {
  const before = target.get(key)
  const after = before === undefined ? undefined : change(before)
  if (after !== undefined) target.set(key, after)
}

const setting = (action: Action): Apply => {
  const key = action.key!
  const name = nameOf(action)
  const given = action.value ?? action.default_value ?? undefined
  const constant = given === undefined ? undefined : asValue(given)
  const from = action.from_attribute
  return (target) => {
    const copied = from ? target.get(from) : undefined
    // An empty value is one to copy.
    const value = copied === undefined ? constant : copied
    if (value === undefined) return
    const there = target.get(key) !== undefined
    if (there ? name !== 'insert' : name !== 'update') target.set(key, value)
  }
}

const extracting = (action: Action): Apply => {
  const { names, groups } = compilePattern(action.pattern!)
  return (target) => {
    const text = target.get(action.key!)
    const found = typeof text === 'string' ? groups(text) : undefined
    if (found) for (const [i, name] of names.entries()) target.set(name, found[i]!)
  }
}

const compileAction = (action: Action): Apply => {
  switch (nameOf(action)) {
    case 'delete':
      return onKeys(action, (target, key) => target.delete(key))
    case 'hash':
      return onKeys(action, (target, key) => changing(target, key, hashed))
    case 'extract':
      return extracting(action)
    case 'convert':
      return (target) => changing(target, action.key!, converters[action.converted_type!])
    default:
      return setting(action)
  }
}

/** All actions in order, on one target. The actions must have no problems. */
export const compileActions = (actions: readonly Action[]): Apply => {
  const compiled = actions.map(compileAction)
  return (target) => {
    for (const apply of compiled) apply(target)
  }
}
