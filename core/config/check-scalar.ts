/** Scalars against a schema: types, durations, sizes, bounds; and the words for what does not fit. */
import { parseByteSize, parseDuration } from '../kit/options.ts'
import type { JsonSchema } from '../kit/schema.ts'
import { expectation, oneCase, optionName, shown, typesOf } from './expect.ts'
import { describe, type ListNode, type Node, type ScalarNode } from './node.ts'
import type { ProblemInit, Problems } from './problems.ts'
import { didYouMean, nearest } from './suggest.ts'

export interface Checking {
  readonly problems: Problems
  /** `exporter 'file/all'`, `service`. */
  readonly subject: string
  /** What stands before the option's own path in `Problem.path`. */
  readonly base: readonly (string | number)[]
  /** Why an unknown option is unknown, when somebody will ask: otelcol has it, it was renamed. */
  readonly refused?: (path: readonly (string | number)[]) => string | undefined
  /** A list of texts may be written as one text with commas. */
  readonly textLists?: boolean
}

export type PathOf = readonly (string | number)[]

export const nameOf = (path: PathOf, of: Checking): string =>
  path.length === 0 ? of.subject : `'${optionName(path)}' of ${of.subject}`

export const tell = (of: Checking, path: PathOf, problem: ProblemInit): void =>
  of.problems.add({ ...problem, path: [...of.base, ...path] })

export const mismatch = (
  node: Node,
  schema: JsonSchema,
  path: PathOf,
  of: Checking,
  suggestion?: string,
): undefined => {
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

const unitWords: readonly (readonly [RegExp, string])[] = [
  [/^(?:ms|millis|milliseconds?)$/, 'ms'],
  [/^(?:s|secs?|seconds?)$/, 's'],
  [/^(?:m|mins?|minutes?)$/, 'm'],
  [/^(?:h|hrs?|hours?)$/, 'h'],
  [/^(?:d|days?)$/, 'd'],
]

/** `5 s`, `10min`, `2 hours` as durations. */
const durationHint = (text: string): string | undefined => {
  const [, amount, word = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text.trim().toLowerCase()) ?? []
  const unit = unitWords.find(([pattern]) => pattern.test(word))?.[1]
  return amount === undefined || unit === undefined ? undefined : `write it as ${amount}${unit}`
}

const booleanWords: Readonly<Record<string, string>> = {
  yes: 'true',
  on: 'true',
  y: 'true',
  no: 'false',
  off: 'false',
  n: 'false',
}

export const quotesHint = (node: ScalarNode, types: readonly string[]): string | undefined => {
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

export const fits = (value: unknown, type: string): boolean => {
  if (type === 'integer') return typeof value === 'bigint' || Number.isInteger(value)
  if (type === 'number') return typeof value === 'number' || typeof value === 'bigint'
  if (type === 'null') return value === null
  return typeof value === type
}

const converted = (node: ScalarNode, schema: JsonSchema, path: PathOf, of: Checking): unknown => {
  const { value } = node
  if (schema.format === 'duration') {
    if (value === 0 || (typeof value === 'string' && parseDuration(value) !== undefined)) return value
    const unit = typeof value === 'number' ? `write it with its unit: ${value}s or ${value}ms` : durationHint(node.text)
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

/** `5_000`, which is a number in YAML 1.1 and so in configurations of the OpenTelemetry Collector. */
const groupedInteger = ({ value }: ScalarNode, types: readonly string[]): number | undefined =>
  types.includes('integer') && typeof value === 'string' && /^\d+(?:_\d+)+$/.test(value)
    ? Number(value.replaceAll('_', ''))
    : undefined

/** `a.log,b.log` as the list it is in the OpenTelemetry Collector. */
export const textList = (node: ScalarNode, { items, ...schema }: JsonSchema): ListNode | undefined => {
  if (typesOf(schema)?.join() !== 'array' || items === undefined || !typesOf(items)?.includes('string'))
    return undefined
  if (typeof node.value !== 'string') return undefined
  const texts = node.value.split(',').map((text) => text.trim())
  return {
    kind: 'list',
    span: node.span,
    merge: 'replace',
    items: texts.map((text) => ({ ...node, value: text, text })),
  }
}

export const checkScalar = (node: ScalarNode, schema: JsonSchema, path: PathOf, of: Checking): unknown => {
  const types = typesOf(schema)
  if (schema.enum !== undefined || schema.const !== undefined) {
    const allowed = schema.enum ?? [schema.const]
    const match = allowed.find((one) => one === node.value || (node.from !== undefined && one === node.text))
    if (match !== undefined) return match
    // otelcol takes its words in any case, and prints some of them so: `verbosity: Detailed`.
    const word = node.text.toLowerCase()
    const alike = oneCase(allowed).filter((one) => typeof one === 'string' && one.toLowerCase() === word)
    if (alike.length === 1) return alike[0]
    return mismatch(node, schema, path, of, didYouMean(node.text, oneCase(allowed).map(String)))
  }
  if (schema.format === 'duration' || schema.format === 'bytesize') return converted(node, schema, path, of)
  if (types === undefined) return node.value
  const asText =
    node.from !== undefined &&
    types.includes('string') &&
    typeof node.value !== 'string' &&
    !types.some((type) => fits(node.value, type))
  const value = asText ? node.text : (groupedInteger(node, types) ?? node.value)
  if (!types.some((type) => fits(value, type))) {
    // `option: text` where a list or map is wanted
    if (
      types.includes('array') &&
      schema.items !== undefined &&
      typeof value === 'string' &&
      typesOf(schema.items)?.includes('string')
    ) {
      return mismatch(node, schema, path, of, `write it as a list: [${node.text.split(/,\s*/).map(shown).join(', ')}]`)
    }
    return mismatch(node, schema, path, of, quotesHint(node, types))
  }
  return bounds(value, node, schema, path, of) ? value : undefined
}
