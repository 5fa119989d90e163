/** A path of a statement → its place, or a Mistake that says what was probably meant. */
import type { Field, PathNode } from '../ast.ts'
import { blame } from '../blame.ts'
import type { Run } from '../expression.ts'
import { Mistake, nearest } from '../problem.ts'
import type { CompiledKey } from './keys.ts'
import type { Place } from './store.ts'
import { cache } from './path-spec.ts'
import type { PathSpec, PathTable } from './path-spec.ts'
import { contexts, nestedContexts, visible } from './tables.ts'
import type { ContextName } from './tables.ts'

export interface Naming {
  /** The context of paths that name none. */
  readonly context: ContextName
  /** Refuse paths that name none. */
  readonly strict: boolean
}

const names = (fields: readonly Field[]): string => fields.map((field) => field.name).join('.')

const withContext = (
  node: PathNode,
  naming: Naming,
): { readonly context: string; readonly named: boolean; readonly fields: readonly Field[] } => {
  const [first, ...rest] = node.fields
  if (
    first !== undefined &&
    rest.length > 0 &&
    first.keys.length === 0 &&
    visible[naming.context].includes(first.name)
  ) {
    return { context: first.name, named: true, fields: rest }
  }
  if (!naming.strict) return { context: naming.context, named: false, fields: node.fields }
  const text = names(node.fields)
  throw new Mistake(`the path ${text} has no context`, node, `${naming.context}.${text}`)
}

const unknown = (
  node: PathNode,
  context: string,
  prefix: string,
  fields: readonly Field[],
  table: PathTable,
  others: readonly string[],
): Mistake => {
  const text = names(fields)
  const parent = names(fields.slice(0, -1))
  const spec = table.get(parent)
  const last = fields.at(-1)!
  const nearby = nearest(text, table.keys())
  const near = nearby === undefined ? undefined : prefix + nearby
  if (spec?.indexed !== undefined) {
    return new Mistake(`${parent} is indexed with keys, not with dots`, last, `${prefix}${parent}["${last.name}"]`)
  }
  if (spec !== undefined) return new Mistake(`${context}.${parent} has no field ${last.name}`, last, near)
  const elsewhere = others.flatMap((name) =>
    name === context ? [] : [...contexts.get(name)!.keys()].map((path) => `${name}.${path}`),
  )
  const suggestion = near ?? nearest(text, elsewhere) ?? elsewhere.find((path) => path.endsWith(`.${text}`))
  return new Mistake(`${text} is no path of the ${context} context`, node, suggestion)
}

/** A place of the record around the message that statements run on. */
const outside = ({ read, write, remove }: Place): Place => ({
  read: (run) => read(aroundOf(run)),
  write: (run, value) => write(aroundOf(run), value),
  ...(remove && { remove: (run: Run, key: string) => remove(aroundOf(run), key) }),
})

const aroundOf = (run: Run): Run => {
  const outer = run.outer ?? run
  outer.inner = run
  return outer
}

/** Keys are worked out where the statement runs, not where its path leads. */
const keyInside = (key: CompiledKey): CompiledKey =>
  key.constant === undefined ? { constant: undefined, get: (run) => key.get(run.inner ?? run) } : key

/** Events are log records. */
const sameCache = (context: string, own: ContextName): boolean =>
  context === own ||
  (context === 'event' && own === 'log') ||
  (context === 'log' && own === 'event') ||
  (context === 'instrumentation_scope' && own === 'scope')

export interface Resolved {
  readonly place: Place
  readonly context: string
}

export const resolve = (
  node: PathNode,
  naming: Naming,
  compileKeys: (field: Field) => readonly CompiledKey[],
): Resolved => {
  const { context, named, fields } = withContext(node, naming)
  const table = contexts.get(context)!
  const spec: PathSpec | undefined = table.get(names(fields))
  if (spec === undefined)
    throw unknown(node, context, named ? `${context}.` : '', fields, table, visible[naming.context])
  if (spec === cache && !sameCache(context, naming.context))
    throw new Mistake(
      `only the cache of the ${naming.context} context can be used here`,
      node,
      `${naming.context}.cache`,
    )
  const keyedTooEarly = fields.slice(0, -1).find((field) => field.keys.length > 0)
  if (keyedTooEarly !== undefined)
    throw new Mistake(`${keyedTooEarly.name} cannot be indexed here`, keyedTooEarly.keys[0]!)
  const isOutside = nestedContexts.has(naming.context) && context !== naming.context
  const last = fields.at(-1)!
  if (last.keys.length === 0) return { place: isOutside ? outside(spec.whole) : spec.whole, context }
  if (spec.indexed === undefined)
    throw new Mistake(`${names(fields)} is a ${spec.type} and takes no keys`, last.keys[0]!)
  const keys = compileKeys(last)
  const { indexed } = spec
  const place = blame(node, () => indexed(isOutside ? keys.map(keyInside) : keys))
  return { place: isOutside ? outside(place) : place, context }
}
