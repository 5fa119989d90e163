/**
 * Checks the positioned tree against a schema and answers the plain value, so that every mistake is told at its place and
 * in words. The schema decides what a substituted value is: an option that wants text gets the text as it was written.
 * Literal values are taken strictly, as otelcol does: a number where text is wanted is a mistake, not a guess.
 *
 * The answer holds no defaults and no conversions (durations stay text): `core/kit/options.ts` does both.
 */
import { parseByteSize, parseDuration } from '../kit/options.ts'
import type { JsonSchema } from '../kit/schema.ts'
import { branchesOf, expectation, oneCase, optionName, shown, typesOf } from './expect.ts'
import { describe, isEmpty, type Entry, type ListNode, type MapNode, type Node, type ScalarNode } from './node.ts'
import { type Problems, problems as gather, type ProblemInit } from './problems.ts'
import type { Span } from './source.ts'
import { didYouMean, listOf, nearest } from './suggest.ts'

export interface Checking {
  readonly problems: Problems
  /** `exporter 'file/all'`, `service`. */
  readonly subject: string
  /** What stands before the option's own path in `Problem.path`. */
  readonly base: readonly (string | number)[]
  /** Why an unknown option is unknown, when somebody will ask: otelcol has it, it was renamed. */
  readonly refused?: (path: readonly (string | number)[]) => string | undefined
}

type PathOf = readonly (string | number)[]

const nameOf = (path: PathOf, of: Checking): string =>
  path.length === 0 ? of.subject : `'${optionName(path)}' of ${of.subject}`

const tell = (of: Checking, path: PathOf, problem: ProblemInit): void =>
  of.problems.add({ ...problem, path: [...of.base, ...path] })

const mismatch = (node: Node, schema: JsonSchema, path: PathOf, of: Checking, suggestion?: string): undefined => {
  const secret = schema.secret === true
  const got = secret && node.kind === 'scalar' && node.value !== null ? 'something else' : describe(node)
  tell(of, path, {
    message: `${nameOf(path, of)} expects ${expectation(schema)}, got ${got}`,
    span: node.span,
    suggestion,
    ...(secret ? { hide: node.span } : {}),
  })
  return undefined
}

const booleanWords: Readonly<Record<string, string>> = {
  yes: 'true',
  on: 'true',
  y: 'true',
  no: 'false',
  off: 'false',
  n: 'false',
}

const quotesHint = (node: ScalarNode, types: readonly string[]): string | undefined => {
  const { value, text, from } = node
  if (from !== undefined) return undefined
  if (types.includes('string') && value !== null && typeof value !== 'string') return `put it in quotes: '${text}'`
  if (typeof value !== 'string') return undefined
  if (types.includes('boolean')) {
    const word = booleanWords[value.toLowerCase()] ?? nearest(value, ['true', 'false'])
    if (word !== undefined) return `did you mean ${word}?`
  }
  if ((types.includes('integer') || types.includes('number')) && value.trim() !== '' && Number.isFinite(Number(value)))
    return `write it without quotes: ${value.trim()}`
  return undefined
}

const fits = (value: unknown, type: string): boolean => {
  if (type === 'integer') return typeof value === 'bigint' || Number.isInteger(value)
  if (type === 'number') return typeof value === 'number' || typeof value === 'bigint'
  if (type === 'null') return value === null
  return typeof value === type
}

const converted = (node: ScalarNode, schema: JsonSchema, path: PathOf, of: Checking): unknown => {
  const { value } = node
  if (schema.format === 'duration') {
    if (value === 0 || (typeof value === 'string' && parseDuration(value) !== undefined)) return value
    const unit = typeof value === 'number' ? `write it with its unit: ${value}s or ${value}ms` : undefined
    return mismatch(node, schema, path, of, unit)
  }
  if (
    (Number.isInteger(value) && Number(value) >= 0) ||
    (typeof value === 'string' && parseByteSize(value) !== undefined)
  )
    return value
  return mismatch(node, schema, path, of)
}

const bounds = (value: unknown, node: Node, schema: JsonSchema, path: PathOf, of: Checking): boolean => {
  const wrong = (what: string): false => {
    const got = schema.secret === true ? 'something else' : describe(node)
    tell(of, path, {
      message: `${nameOf(path, of)} must ${what}, got ${got}`,
      span: node.span,
      ...(schema.secret ? { hide: node.span } : {}),
    })
    return false
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (schema.minimum !== undefined && value < schema.minimum) return wrong(`be at least ${schema.minimum}`)
    if (schema.maximum !== undefined && value > schema.maximum) return wrong(`be at most ${schema.maximum}`)
    if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum)
      return wrong(`be more than ${schema.exclusiveMinimum}`)
  }
  if (typeof value === 'string') {
    if (schema.minLength !== undefined && value.length < schema.minLength)
      return wrong(schema.minLength === 1 ? 'not be empty' : `have at least ${schema.minLength} characters`)
    if (schema.maxLength !== undefined && value.length > schema.maxLength)
      return wrong(`have at most ${schema.maxLength} characters`)
    if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value))
      return wrong(`match the pattern ${schema.pattern}`)
    if (schema.format === 'uri' && !URL.canParse(value)) return mismatch(node, schema, path, of) ?? false
  }
  return true
}

const checkScalar = (node: ScalarNode, schema: JsonSchema, path: PathOf, of: Checking): unknown => {
  const types = typesOf(schema)
  if (schema.enum !== undefined || schema.const !== undefined) {
    const allowed = schema.enum ?? [schema.const]
    const match = allowed.find((one) => one === node.value || (node.from !== undefined && one === node.text))
    if (match !== undefined) return match
    return mismatch(node, schema, path, of, didYouMean(node.text, oneCase(allowed).map(String)))
  }
  if (schema.format === 'duration' || schema.format === 'bytesize') return converted(node, schema, path, of)
  if (types === undefined) return node.value
  const asText =
    node.from !== undefined &&
    types.includes('string') &&
    typeof node.value !== 'string' &&
    !types.some((type) => fits(node.value, type))
  const value = asText ? node.text : node.value
  if (!types.some((type) => fits(value, type))) {
    // `option: text` where a list or map is wanted
    if (
      types.includes('array') &&
      schema.items !== undefined &&
      typeof value === 'string' &&
      typesOf(schema.items)?.includes('string')
    ) {
      return mismatch(node, schema, path, of, `write it as a list: ['${node.text}']`)
    }
    return mismatch(node, schema, path, of, quotesHint(node, types))
  }
  return bounds(value, node, schema, path, of) ? value : undefined
}

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
  for (const [key, entry] of node.entries) {
    const known =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    if (known === undefined && !free) {
      unknownKey(entry, schema, path, of)
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
    if (node.entries.has(key)) continue
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
  if (node.kind === 'scalar') return checkScalar(node, schema, path, of)
  const wanted = node.kind === 'list' ? 'array' : 'object'
  if ((types !== undefined && !types.includes(wanted)) || schema.enum !== undefined || schema.const !== undefined)
    return mismatch(node, schema, path, of)
  return node.kind === 'list' ? checkList(node, schema, path, of) : checkMap(node, schema, path, of, keySpan)
}
