/**
 * Checks the positioned tree against a schema and answers the plain value, so that every mistake is told at its place and
 * in words. The schema decides what a substituted value is: an option that wants text gets the text as it was written.
 * Literal values are taken strictly, as otelcol does: a number where text is wanted is a mistake, not a guess.
 *
 * The answer holds no defaults and no conversions (durations stay text): `core/kit/options.ts` does both.
 */
import type { JsonSchema } from '../kit/schema.ts'
import {
  type Checking,
  checkScalar,
  fits,
  mismatch,
  nameOf,
  type PathOf,
  quotesHint,
  tell,
  textList,
} from './check-scalar.ts'
import { branchesOf, expectation, optionName, shown, typesOf } from './expect.ts'
import { isEmpty, type Entry, type ListNode, type MapNode, type Node, type ScalarNode } from './node.ts'
import { type Problems, problems as gather, type ProblemInit } from './problems.ts'
import type { Span } from './source.ts'
import { didYouMean, listOf, nearest } from './suggest.ts'

export type { Checking } from './check-scalar.ts'

const checkList = (node: ListNode, schema: JsonSchema, path: PathOf, of: Checking): unknown => {
  const { items, minItems, maxItems } = schema
  if (minItems !== undefined && node.items.length < minItems) {
    tell(of, path, {
      message: `${nameOf(path, of)} needs at least ${minItems === 1 ? 'one item' : `${minItems} items`}`,
      span: node.span,
    })
  }
  if (maxItems !== undefined && node.items.length > maxItems) {
    tell(of, path, {
      message: `${nameOf(path, of)} takes at most ${maxItems} item${maxItems === 1 ? '' : 's'}, got ${node.items.length}`,
      span: node.span,
    })
  }
  const values = node.items.map((item, index) => checkNode(item, items ?? {}, [...path, index], of, undefined))
  if (schema.uniqueItems === true) {
    const seen = new Set<string>()
    for (const [index, value] of values.entries()) {
      const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
      if (seen.has(text))
        tell(of, [...path, index], {
          message: `${nameOf(path, of)} holds ${shown(value)} twice`,
          span: node.items[index]?.span,
        })
      seen.add(text)
    }
  }
  return values
}

const unknownKey = (entry: Entry, schema: JsonSchema, path: PathOf, of: Checking): void => {
  const known = Object.keys(schema.properties ?? {})
  const refused = of.refused?.([...path, entry.key])
  tell(of, [...path, entry.key], {
    message:
      refused === undefined
        ? `${nameOf(path, of)} has no option '${entry.key}'`
        : `'${optionName([...path, entry.key])}' of ${of.subject} is not supported`,
    span: entry.keySpan,
    suggestion:
      refused ??
      didYouMean(entry.key, known) ??
      (known.length === 0 ? 'it takes no options' : `its options are ${listOf(known)}`),
  })
}

/** Free maps (`additionalProperties`) take any key; the others only what `properties` names. */
const freeMap = ({ additionalProperties, properties }: JsonSchema): boolean =>
  additionalProperties === undefined ? properties === undefined : additionalProperties !== false

const checkMap = (
  node: MapNode,
  schema: JsonSchema,
  path: PathOf,
  of: Checking,
  keySpan: Span | undefined,
): unknown => {
  const value = Object.create(null) as Record<string, unknown>
  const free = freeMap(schema)
  const misspelt = new Set<string>()
  for (const [key, entry] of node.entries) {
    const known =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (known === undefined && !free) {
      unknownKey(entry, schema, path, of)
      const meant = nearest(key, Object.keys(schema.properties ?? {}))
      if (meant !== undefined) misspelt.add(meant)
      continue
    }
    const rest = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {}
    if (known?.deprecated === true) {
      tell(of, [...path, key], {
        severity: 'warning',
        message: `${nameOf([...path, key], of)} is deprecated`,
        span: entry.keySpan,
        suggestion: known.description,
      })
    }
    const checked = checkNode(entry.value, known ?? rest, [...path, key], of, entry.keySpan)
    if (checked !== undefined) value[key] = checked
  }
  for (const key of schema.required ?? []) {
    if (node.entries.has(key) || misspelt.has(key)) continue
    const example = schema.properties?.[key]?.examples?.[0]
    const hint = example !== undefined ? ` (such as ${shown(example)})` : ''
    tell(of, [...path, key], {
      message: `${nameOf(path, of)} needs '${key}'`,
      span: keySpan ?? node.span,
      suggestion: `add '${key}:' with ${expectation(schema.properties?.[key] ?? {})}${hint}`,
    })
  }
  return value
}

/** Does the node have the shape the schema speaks of? Decides which branch of a `oneOf` a person meant. */
const sameShape = (node: Node, schema: JsonSchema): boolean => {
  const branches = branchesOf(schema)
  if (branches !== undefined) return branches.some((branch) => sameShape(node, branch))
  const types = typesOf(schema)
  if (node.kind === 'map') {
    const constants = Object.entries(schema.properties ?? {}).filter(([, property]) => property.const !== undefined)
    const matches = constants.every(([key, property]) => {
      const value = node.entries.get(key)?.value
      return value === undefined || (value.kind === 'scalar' && value.value === property.const)
    })
    return matches && (types === undefined || types.includes('object'))
  }
  if (node.kind === 'list') return types === undefined || types.includes('array')
  if (
    schema.format === 'duration' ||
    schema.format === 'bytesize' ||
    schema.enum !== undefined ||
    schema.const !== undefined
  )
    return true
  return types === undefined || types.some((type) => fits(node.value, type))
}

const checkBranches = (
  node: Node,
  branches: readonly JsonSchema[],
  schema: JsonSchema,
  path: PathOf,
  of: Checking,
  keySpan: Span | undefined,
): unknown => {
  let best: { readonly added: ProblemInit[] } | undefined
  for (const branch of branches) {
    const added: ProblemInit[] = []
    const scratch: Problems = { ...gather(), add: (problem) => void added.push(problem) }
    const value = checkNode(node, branch, path, { ...of, problems: scratch }, keySpan)
    if (!added.some((problem) => problem.severity !== 'warning')) {
      for (const problem of added) of.problems.add(problem)
      return value
    }
    if (sameShape(node, branch) && (best === undefined || added.length < best.added.length)) best = { added }
  }
  const alike = branches.filter((branch) => sameShape(node, branch))
  if (best === undefined || (node.kind === 'scalar' && alike.length !== 1)) {
    return mismatch(
      node,
      schema,
      path,
      of,
      node.kind === 'scalar'
        ? quotesHint(
            node,
            branches.flatMap((branch) => typesOf(branch) ?? []),
          )
        : undefined,
    )
  }
  for (const problem of best.added) of.problems.add(problem)
  return undefined
}

/** The plain value, or undefined when it is absent or wrong (which was told). */
export const checkNode = (
  node: Node,
  schema: JsonSchema,
  path: PathOf,
  of: Checking,
  keySpan: Span | undefined,
): unknown => {
  if (node.kind === 'scalar' && node.broken) return undefined
  const types = typesOf(schema)
  const branches = branchesOf(schema)
  if (isEmpty(node)) {
    if (types?.includes('null') || branches?.some((branch) => typesOf(branch)?.includes('null'))) return null
    // `tls:` with nothing after it switches the section on with its defaults.
    if (types?.includes('object') || branches?.some((branch) => typesOf(branch)?.includes('object'))) {
      return checkNode({ kind: 'map', span: node.span, entries: new Map() }, schema, path, of, keySpan)
    }
    // All that stood below it is commented out, or a variable holds nothing.
    if (types?.includes('array') && schema.default === undefined)
      return checkList({ kind: 'list', span: node.span, items: [], merge: 'replace' }, schema, path, of)
    if ((node as ScalarNode).from !== undefined)
      return types?.includes('string')
        ? checkNode({ ...node, value: '' } as ScalarNode, schema, path, of, keySpan)
        : undefined
    if (types === undefined && branches === undefined) return null
    tell(of, path, {
      message: `${nameOf(path, of)} has no value`,
      span: keySpan ?? node.span,
      suggestion: `give it ${expectation(schema)}, or delete the line`,
    })
    return undefined
  }
  if (branches !== undefined) return checkBranches(node, branches, schema, path, of, keySpan)
  if (node.kind === 'scalar') {
    const list = of.textLists === true ? textList(node, schema) : undefined
    return list === undefined ? checkScalar(node, schema, path, of) : checkList(list, schema, path, of)
  }
  if (node.written !== undefined && types?.length === 1 && types[0] === 'string')
    return checkScalar(node.written, schema, path, of)
  const wanted = node.kind === 'list' ? 'array' : 'object'
  if ((types !== undefined && !types.includes(wanted)) || schema.enum !== undefined || schema.const !== undefined) {
    const dashes = node.kind === 'list' && types?.includes('object') && node.items.every((item) => item.kind === 'map')
    return mismatch(node, schema, path, of, dashes ? 'leave the dashes out' : undefined)
  }
  return node.kind === 'list' ? checkList(node, schema, path, of) : checkMap(node, schema, path, of, keySpan)
}
