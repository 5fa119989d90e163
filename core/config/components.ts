/** One component's section: its id, its plugin, its options. Every mistake is told; what is right comes out typed. */
import { engineOptions, engineProperties } from '../engine/options.ts'
import { completeOptions } from '../kit/options.ts'
import type { CheckInfo, Kind, PluginDefinition } from '../kit/plugin.ts'
import type { JsonSchema } from '../kit/schema.ts'
import { checkNode, type Checking } from './check.ts'
import { optionName } from './expect.ts'
import { emptyMap, isBroken, isEmpty, locate, type Entry, type MapNode, type Node, type ScalarNode } from './node.ts'
import { sourceOffset } from './parse.ts'
import { problems as gather, type Problems } from './problems.ts'
import { refusedComponent, refusedOption } from './refused.ts'
import { kinds, type Registry } from './registry.ts'
import { positionOf, span } from './source.ts'
import { didYouMean, listOf } from './suggest.ts'
import type { ComponentConfig } from './types.ts'

export const sectionOf = (kind: Kind): string => `${kind}s`

export interface Declared {
  readonly id: string
  readonly kind: Kind
  readonly type: string
  readonly entry: Entry
  readonly definition: PluginDefinition | undefined
  /** The plugin's schema with the engine's fragments. */
  readonly schema: JsonSchema | undefined
}

const idPattern = /^([a-zA-Z][0-9a-zA-Z_]{0,62})(?:\/([^\s\p{C}]{1,1024}))?$/u

export const typeOf = (id: string): string => id.split('/', 1)[0] ?? id

const idMistake = (id: string): string => {
  if (/\s/.test(id)) return 'an id holds no spaces: write type or type/name'
  if (id.endsWith('/')) return `write '${id.slice(0, -1)}', or a name after the slash`
  if (id.startsWith('/')) return 'the type stands before the slash: type/name'
  return 'an id is type or type/name; a type has letters, digits and _ and begins with a letter'
}

const article = (kind: Kind): string => (kind === 'exporter' || kind === 'extension' ? 'an' : 'a')

const unknownType = (kind: Kind, type: string, registry: Registry): string => {
  const refused = refusedComponent(kind, type)
  if (refused !== undefined) return refused
  const elsewhere = kinds.find((other) => other !== kind && registry.types(other).includes(type))
  if (elsewhere !== undefined)
    return `'${type}' is ${article(elsewhere)} ${elsewhere}: put it under '${sectionOf(elsewhere)}'`
  const types = registry.types(kind)
  return didYouMean(type, types) ?? `${sectionOf(kind)} are ${listOf(types)}; load others with 'plugins:'`
}

/** The schema a component's section is checked against. */
export const componentSchema = (definition: PluginDefinition): JsonSchema => {
  const { schema } = definition
  const fragments = engineProperties(definition)
  const free = schema.properties === undefined && schema.additionalProperties === undefined
  return {
    ...schema,
    type: 'object',
    properties: { ...schema.properties, ...fragments },
    ...(free ? { additionalProperties: true } : {}),
  }
}

/** Reads one section's ids and finds their plugins. */
export const declare = async (
  kind: Kind,
  section: MapNode,
  registry: Registry,
  problems: Problems,
): Promise<Declared[]> => {
  const declared: Declared[] = []
  for (const [id, entry] of section.entries) {
    const path = [sectionOf(kind), id]
    if (!idPattern.test(id)) {
      problems.add({ message: `'${id}' is no component id`, span: entry.keySpan, path, suggestion: idMistake(id) })
      continue
    }
    const type = typeOf(id)
    const found = await registry.find(kind, type)
    if (found === undefined) {
      const refused = refusedComponent(kind, type) !== undefined
      const message = refused
        ? `the ${kind} '${type}' of the OpenTelemetry Collector is not supported`
        : `there is no ${kind} of type '${type}'`
      problems.add({ message, span: entry.keySpan, path, suggestion: unknownType(kind, type, registry) })
    } else if ('failure' in found) {
      problems.add({ message: `the ${kind} '${type}' cannot be loaded: ${found.failure}`, span: entry.keySpan, path })
    }
    const definition = found !== undefined && 'definition' in found ? found.definition : undefined
    declared.push({ id, kind, type, entry, definition, schema: definition && componentSchema(definition) })
  }
  return declared
}

const pluginChecks = (declared: Declared, root: Node, options: unknown, info: CheckInfo, problems: Problems): void => {
  const { definition, kind, id, entry } = declared
  if (definition?.check === undefined) return
  const base = [sectionOf(kind), id]
  try {
    for (const { path, message, suggestion, offset, length, severity } of definition.check(options as never, info)) {
      const { node, keySpan, whole } = locate(root, path)
      const within =
        offset !== undefined && whole && node.kind === 'scalar' ? sourceOffset(node as ScalarNode, offset) : undefined
      const where =
        within === undefined
          ? whole && node.span.end > node.span.start
            ? node.span
            : (keySpan ?? entry.keySpan)
          : span(node.span.source, within, within + Math.max(1, length ?? 1))
      const name = path.length === 0 ? `${kind} '${id}'` : `'${optionName(path)}' of ${kind} '${id}'`
      // A bare word is what was meant.
      const advice = suggestion !== undefined && /^\S+$/.test(suggestion) ? `did you mean '${suggestion}'?` : suggestion
      problems.add({
        message: `${name}: ${message}`,
        suggestion: advice,
        severity,
        span: where,
        path: [...base, ...path],
      })
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    problems.add({ message: `the check of ${kind} '${id}' failed: ${reason}`, span: entry.keySpan, path: base })
  }
}

/** ajv has no bigint: what it checks holds numbers. */
const withoutBigints = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(withoutBigints)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutBigints(item)]))
}

const keywords: ReadonlySet<string> = new Set(
  (
    'type description default examples enum const format pattern minimum maximum exclusiveMinimum minLength maxLength ' +
    'minItems maxItems uniqueItems properties required additionalProperties items oneOf anyOf secret exclusive deprecated title'
  ).split(' '),
)
const formats: ReadonlySet<string> = new Set(['duration', 'bytesize', 'uri'])

/** Everything a schema says that the checks in words do not know. */
const beyondSubset = (schema: JsonSchema): boolean => {
  if (Object.keys(schema).some((key) => !keywords.has(key))) return true
  if (schema.format !== undefined && !formats.has(schema.format)) return true
  const { properties = {}, additionalProperties, items, oneOf = [], anyOf = [] } = schema
  const below = [...Object.values(properties), ...oneOf, ...anyOf, ...(items === undefined ? [] : [items])]
  return [...below, ...(typeof additionalProperties === 'object' ? [additionalProperties] : [])].some(beyondSubset)
}

/**
 * ajv after the checks in words, for a schema of a third party that says more than our subset, or is wrong itself. Loading
 * and compiling costs more than all the rest of a start, so the others are spared it.
 */
const secondNet = async (
  declared: Declared,
  schema: JsonSchema,
  plain: unknown,
  node: Node,
  add: Problems['add'],
): Promise<void> => {
  if (!beyondSubset(schema)) return
  const { id, kind, type, entry } = declared
  const base = [sectionOf(kind), id]
  try {
    const { prepareOptions } = await import('../kit/prepare.ts')
    for (const { path, message } of prepareOptions(schema, withoutBigints(plain)).errors) {
      const { node: at, keySpan } = locate(node, path)
      const name = path.length === 0 ? `${kind} '${id}'` : `'${optionName(path)}' of ${kind} '${id}'`
      add({ message: `${name}: ${message}`, span: keySpan ?? at.span, path: [...base, ...path] })
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    add({ message: `the schema of ${kind} '${type}' cannot be used: ${reason}`, span: entry.keySpan, path: base })
  }
}

/** Checks, completes and types one component; undefined when something is wrong with it. */
export const configure = async (
  declared: Declared,
  info: Omit<CheckInfo, 'id'>,
  problems: Problems,
): Promise<ComponentConfig | undefined> => {
  const { id, kind, type, entry, definition, schema } = declared
  if (definition === undefined || schema === undefined) return undefined
  const base = [sectionOf(kind), id]
  const own = gather()
  const add: Problems['add'] = (problem) => {
    own.add(problem)
    problems.add(problem)
  }
  const node = isEmpty(entry.value) ? emptyMap(entry.keySpan) : entry.value
  const checking: Checking = {
    problems: { ...own, add },
    subject: `${kind} '${id}'`,
    base,
    refused: (path) => refusedOption(kind, definition.type ?? type, path),
    textLists: true,
  }
  const plain = checkNode(node, schema, [], checking, entry.keySpan)
  if (own.errors() > 0 || plain === undefined || isBroken(node)) return undefined
  await secondNet(declared, schema, plain, node, add)
  if (own.errors() > 0) return undefined
  const completed = completeOptions(schema, plain) as Readonly<Record<string, unknown>>
  const fragments = engineProperties(definition)
  const options = Object.fromEntries(Object.entries(completed).filter(([key]) => !Object.hasOwn(fragments, key)))
  const section = Object.fromEntries(Object.entries(completed).filter(([key]) => Object.hasOwn(fragments, key)))
  pluginChecks(declared, node, options, { id, ...info }, { ...own, add })
  if (own.errors() > 0) return undefined
  return { id, kind, definition, options, engine: engineOptions(section), position: positionOf(entry.keySpan) }
}
