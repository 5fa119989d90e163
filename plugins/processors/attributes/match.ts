/**
 * `include` and `exclude`: which records the actions are for. All kinds of properties that are named must fit; of a list of
 * names one must, of a list of attributes all. An empty list names nothing.
 */
import { path, kindOf, valuesEqual, asValue } from 'seneca-collector'
import type {
  Attributes,
  ConfigProblem,
  Infer,
  JsonSchema,
  MetricRecord,
  LogRecord,
  SpanRecord,
  Value,
} from 'seneca-collector'
import { compilePattern, formatFloat, textOf } from 'seneca-collector/ottl'

const texts = { type: 'array', items: { type: 'string' } } as const
const entries = {
  type: 'array',
  items: {
    type: 'object',
    required: ['key'],
    properties: {
      key: { type: 'string', minLength: 1, description: 'The attribute.' },
      value: { description: 'Its value; any when it is left out.' },
    },
  },
} as const

export const matchSchema = {
  type: 'object',
  required: ['match_type'],
  properties: {
    match_type: {
      enum: ['strict', 'regexp'],
      description: 'How names and values are compared: equal, or as patterns (RE2).',
    },
    regexp: {
      type: 'object',
      additionalProperties: true,
      description: 'Cache settings of the OpenTelemetry Collector; patterns are always compiled once here.',
      deprecated: true,
    },
    services: { ...texts, description: 'Names of services (resource attribute `service.name`). Spans.' },
    span_names: { ...texts, description: 'Names of spans.' },
    span_kinds: { ...texts, description: 'Kinds of spans: `SPAN_KIND_SERVER` and so on.' },
    log_bodies: { ...texts, description: 'Texts of bodies.' },
    log_severity_texts: { ...texts, description: 'Severity texts.' },
    log_severity_number: {
      type: 'object',
      required: ['min'],
      description: 'The least severity.',
      properties: {
        min: { type: 'integer', minimum: 0, maximum: 24, description: 'The least severity number.' },
        match_undefined: { type: 'boolean', default: false, description: 'Whether records without a severity fit.' },
      },
    },
    metric_names: { ...texts, description: 'Names of metrics.' },
    attributes: { ...entries, description: 'Attributes that must all be there. Logs and spans.' },
    resources: { ...entries, description: 'Attributes of the resource that must all be there.' },
    libraries: {
      type: 'array',
      description: 'Instrumentation scopes.',
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', description: 'The name.' },
          version: { type: 'string', description: 'The version; any when it is left out.' },
        },
      },
    },
  },
} as const satisfies JsonSchema

export type Match = Infer<typeof matchSchema>
type Item = LogRecord | MetricRecord | SpanRecord
type Test = (record: Item) => boolean
type Entry = NonNullable<Match['attributes']>[number]

/** The properties that say something about records of a signal; others would never fit. */
const forSignal: Readonly<Record<string, readonly (keyof Match)[]>> = {
  logs: ['log_bodies', 'log_severity_texts', 'log_severity_number', 'attributes', 'resources', 'libraries'],
  traces: ['services', 'span_names', 'span_kinds', 'attributes', 'resources', 'libraries'],
  metrics: ['metric_names', 'resources'],
}

const properties = [...new Set(Object.values(forSignal).flat())]

const isNamed = (match: Match, key: keyof Match): boolean => {
  const given = match[key]
  return given !== undefined && !(Array.isArray(given) && given.length === 0)
}

const kindNames = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].map(
  (name) => `SPAN_KIND_${name}`,
)

/** Mistakes for the signals it is used for. */
export function* matchProblems(
  match: Match,
  signals: ReadonlySet<string>,
  at: readonly string[],
): Iterable<ConfigProblem> {
  const given = properties.filter((key) => isNamed(match, key))
  if (given.length === 0) yield { path: at, message: `it names nothing to match; it takes ${properties.join(', ')}` }
  for (const signal of signals) {
    for (const key of given) {
      if (!forSignal[signal]?.includes(key))
        yield {
          path: [...at, key],
          message: `'${key}' says nothing about ${signal}; a pipeline of ${signal} takes ${forSignal[signal]?.join(', ')}`,
        }
    }
  }
  if (match.match_type === 'regexp') yield* patternProblems(match, at)
  else
    for (const [i, kind] of (match.span_kinds ?? []).entries())
      if (!kindNames.includes(kind))
        yield {
          path: [...at, 'span_kinds', i],
          message: `'${kind}' is no kind of span; they are ${kindNames.join(', ')}`,
        }
}

/** What a pattern is matched with has to be a text. */
const textProblem = (item: unknown): string | undefined => {
  const { value } = item as { readonly value?: unknown }
  return value === undefined || value === null || typeof value === 'string'
    ? undefined
    : `with match_type regexp it is a pattern, a text; write ${JSON.stringify(JSON.stringify(value))} or match_type: strict`
}

function* patternProblems(match: Match, at: readonly string[]): Iterable<ConfigProblem> {
  for (const key of properties) {
    const list = match[key]
    if (!Array.isArray(list)) continue
    for (const [i, item] of (list as readonly unknown[]).entries()) {
      const noText = textProblem(item)
      if (noText !== undefined) yield { path: [...at, key, i, 'value'], message: noText }
      const [source, below] =
        typeof item === 'string' ? [item, []] : [patternIn(item), [key === 'libraries' ? 'name' : 'value']]
      if (source === undefined) continue
      try {
        compilePattern(source)
      } catch (thrown) {
        yield { path: [...at, key, i, ...below], message: thrown instanceof Error ? thrown.message : String(thrown) }
      }
    }
  }
}

const patternIn = (item: unknown): string | undefined => {
  const { value, name } = item as { readonly value?: unknown; readonly name?: string }
  return name ?? (typeof value === 'string' ? value : undefined)
}

const textTest = (source: string, isPattern: boolean): ((text: string) => boolean) => {
  if (!isPattern) return (text) => text === source
  const { test } = compilePattern(source)
  return test
}

const anyOf = (sources: readonly string[], isPattern: boolean): ((text: string) => boolean) => {
  const tests = sources.map((source) => textTest(source, isPattern))
  return (text) => tests.some((test) => test(text))
}

/** A number as the reference writes it for a pattern: without an exponent. Lists, maps, bytes and nothing have no text. */
const scalarText = (value: Value): string | undefined => {
  switch (kindOf(value)) {
    case 'string':
    case 'bool':
    case 'int':
      return textOf(value)
    case 'double':
      return formatFloat(Number(value), 'f', -1)
    default:
      return undefined
  }
}

const entriesTest = (list: readonly Entry[], isPattern: boolean): ((attributes: Attributes) => boolean) => {
  const tests = list.map(({ key, value }) => {
    if (value === undefined || value === null) return (attributes: Attributes) => attributes.has(key)
    if (isPattern && typeof value === 'string') {
      const { test } = compilePattern(value)
      return (attributes: Attributes) => {
        const found = attributes.get(key)
        const written = found === undefined ? undefined : scalarText(found)
        return written !== undefined && test(written)
      }
    }
    const wanted: Value = asValue(value)
    return (attributes: Attributes) => valuesEqual(attributes.get(key), wanted)
  })
  return (attributes) => tests.every((test) => test(attributes))
}

const name = path(['name'])
const kind = path(['kind'])
const body = path(['body'])
const severityText = path(['severity_text'])
const severityNumber = path(['severity_number'])
/** What the reference compares `services` with where there is none: only a pattern that takes anything fits. */
const NO_SERVICE = '<nil-service-name>'
const text = (value: Value | undefined): string => textOf(value ?? null)

/** One test a property that is named. */
const testsOf = (match: Match): readonly Test[] => {
  const isPattern = match.match_type === 'regexp'
  const tests: Test[] = []
  const names = (list: readonly string[] | undefined, read: (record: Item) => string): void => {
    if (list === undefined || list.length === 0) return
    const test = anyOf(list, isPattern)
    tests.push((record) => test(read(record)))
  }
  names(match.services, ({ resource }) => {
    const service = resource.attributes.get('service.name')
    return service === undefined ? NO_SERVICE : textOf(service)
  })
  names(match.span_names, (record) => text(record.get(name)))
  names(match.metric_names, (record) => text(record.get(name)))
  names(match.span_kinds, (record) => kindNames[Number(record.get(kind) ?? 0)] ?? '')
  names(match.log_bodies, (record) => text(record.get(body)))
  names(match.log_severity_texts, (record) => text(record.get(severityText)))
  const least = match.log_severity_number
  if (least)
    tests.push((record) => {
      const severity = Number(record.get(severityNumber) ?? 0)
      return severity === 0 ? least.match_undefined : severity >= least.min
    })
  if (match.attributes) {
    const test = entriesTest(match.attributes, isPattern)
    tests.push((record) => 'attributes' in record && test(record.attributes))
  }
  if (match.resources) {
    const test = entriesTest(match.resources, isPattern)
    tests.push((record) => test(record.resource.attributes))
  }
  const libraries = (match.libraries ?? []).map((library) => ({
    name: textTest(library.name, isPattern),
    version: library.version === undefined ? undefined : textTest(library.version, isPattern),
  }))
  if (libraries.length > 0)
    tests.push(({ scope }) =>
      libraries.some((each) => each.name(scope.name) && (each.version === undefined || each.version(scope.version))),
    )
  return tests
}

/** Whether the actions are for a record. */
export const compileMatch = (include: Match | undefined, exclude: Match | undefined): Test => {
  const inside = include && testsOf(include)
  const outside = exclude && testsOf(exclude)
  return (record) =>
    (inside === undefined || inside.every((test) => test(record))) &&
    (outside === undefined || !outside.every((test) => test(record)))
}
