/**
 * The configuration as it takes effect: merged, substituted, defaults filled in, secrets hidden; each value with where it
 * comes from. Durations and sizes stay as written.
 */
import { branchesFor } from '../kit/options-branch.ts'
import type { JsonSchema } from '../kit/schema.ts'
import { textList } from './check-scalar.ts'
import { sectionOf } from './components.ts'
import type { Loaded } from './load.ts'
import { plainOf, type Node } from './node.ts'
import { serviceSchema } from './service.ts'
import { positionOf } from './source.ts'

/** One value, or a list or map of them. */
export type Effective =
  | { readonly kind: 'value'; readonly value: unknown; readonly origin: string }
  | { readonly kind: 'list'; readonly items: readonly Effective[]; readonly origin: string }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Effective>; readonly origin: string }

const REDACTED = '[REDACTED]'
const DEFAULT = 'default'

const ofPlain = (value: unknown, origin: string): Effective => {
  if (Array.isArray(value)) return { kind: 'list', origin, items: value.map((item) => ofPlain(item, origin)) }
  if (typeof value !== 'object' || value === null) return { kind: 'value', value, origin }
  return {
    kind: 'map',
    origin,
    entries: new Map(Object.entries(value).map(([key, item]) => [key, ofPlain(item, origin)])),
  }
}

const originOf = (node: Node): string => {
  const { file, line } = positionOf(node.span)
  const from = node.kind === 'scalar' && node.from !== undefined ? ` ${node.from}` : ''
  return `${file === '--set' ? file : `${file}:${line}`}${from}`
}

const effectiveNode = (node: Node, schema: JsonSchema | undefined): Effective => {
  const origin = originOf(node)
  const chosen = schema === undefined ? undefined : (branchesFor(schema, plainOf(node)) ?? schema)
  if (node.kind !== 'scalar' && node.written !== undefined && chosen?.type === 'string')
    return effectiveNode(node.written, chosen)
  if (node.kind === 'scalar') {
    const list = chosen === undefined ? undefined : textList(node, chosen)
    if (list !== undefined) return effectiveNode(list, chosen)
    if (node.value === null && chosen?.properties !== undefined) return withDefaults(new Map(), chosen, origin)
    const hidden = node.secret === true || (chosen?.secret === true && node.value !== null)
    const asText = chosen?.type === 'string' && node.from !== undefined
    return { kind: 'value', value: hidden ? REDACTED : asText ? node.text : node.value, origin }
  }
  if (node.kind === 'list')
    return { kind: 'list', origin, items: node.items.map((item) => effectiveNode(item, chosen?.items)) }
  const rest = typeof chosen?.additionalProperties === 'object' ? chosen.additionalProperties : undefined
  const entries = new Map<string, Effective>()
  for (const [key, entry] of node.entries) {
    const property =
      chosen?.properties !== undefined && Object.hasOwn(chosen.properties, key) ? chosen.properties[key] : rest
    entries.set(key, effectiveNode(entry.value, property))
  }
  return withDefaults(entries, chosen, origin)
}

const withDefaults = (entries: Map<string, Effective>, schema: JsonSchema | undefined, origin: string): Effective => {
  for (const [key, property] of Object.entries(schema?.properties ?? {})) {
    if (entries.has(key) || property.default === undefined) continue
    const fallback = ofPlain(property.default, DEFAULT)
    entries.set(
      key,
      fallback.kind === 'map'
        ? withDefaults(new Map(fallback.entries), property, DEFAULT)
        : property.secret
          ? { ...fallback, kind: 'value', value: REDACTED }
          : fallback,
    )
  }
  return { kind: 'map', entries, origin }
}

/** undefined when the files could not be read. */
export const effective = ({ root, declared }: Loaded): Effective | undefined => {
  if (root === undefined) return undefined
  const entries = new Map<string, Effective>()
  for (const [section, entry] of root.entries) {
    const components = declared.filter(({ kind }) => sectionOf(kind) === section)
    if (section === 'service') entries.set(section, effectiveNode(entry.value, serviceSchema))
    else if (components.length === 0) entries.set(section, effectiveNode(entry.value, undefined))
    else {
      const own = components.map(({ id, entry: one, schema }) => [id, effectiveNode(one.value, schema)] as const)
      entries.set(section, { kind: 'map', entries: new Map(own), origin: originOf(entry.value) })
    }
  }
  return { kind: 'map', entries, origin: '' }
}

export const effectiveValue = (node: Effective): unknown => {
  if (node.kind === 'value') return node.value
  if (node.kind === 'list') return node.items.map(effectiveValue)
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, effectiveValue(value)]))
}
