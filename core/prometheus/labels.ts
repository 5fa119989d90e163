/**
 * The labels of a series, by OpenTelemetry's rules for Prometheus: the point's attributes, the scope as `otel_scope_*`,
 * `job` and `instance` from the resource's `service.*`, resource attributes where asked for, and constant labels, which
 * win. Attributes whose names become the same are joined with `;`. Sorted by name; an empty value is no label.
 */
import type { Attributes, MetricRecord, Resource } from '../model/types.ts'
import { labelName } from './names.ts'
import { valueText } from './value-text.ts'

export type Labels = readonly (readonly [name: string, value: string])[]

export interface LabelOptions {
  readonly constant: Readonly<Record<string, string>>
  readonly scope: boolean
  /** Resource attributes become labels of every series. */
  readonly resource: boolean
  /** Of those, leave out what `job` and `instance` say already. */
  readonly withoutService: boolean
}

const SERVICE: ReadonlySet<string> = new Set(['service.name', 'service.namespace', 'service.instance.id'])

const text = (attributes: Attributes, key: string): string => {
  const value = attributes.get(key)
  return value === undefined ? '' : valueText(value)
}

/**
 * Attributes as labels, over those that are there. Where two names become the same, their values are joined in the order
 * of the original keys.
 */
const joined = (labels: Map<string, string>, entries: Iterable<readonly [string, string]>): void => {
  const keys = new Map<string, string>()
  let isDouble = false
  const pairs = [...entries]
  for (const [key, value] of pairs) {
    const name = labelName(key)
    if (name === '' || value === '') continue
    if (keys.has(name)) isDouble = true
    keys.set(name, value)
  }
  if (isDouble) joinDoubles(keys, pairs)
  for (const [name, value] of keys) labels.set(name, value)
}

const joinDoubles = (into: Map<string, string>, pairs: readonly (readonly [string, string])[]): void => {
  into.clear()
  for (const [key, value] of pairs.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))) {
    const name = labelName(key)
    if (name === '' || value === '') continue
    const before = into.get(name)
    into.set(name, before === undefined ? value : `${before};${value}`)
  }
}

const texts = function* (attributes: Attributes, prefix = ''): Generator<readonly [string, string]> {
  for (const [key, value] of attributes) yield [`${prefix}${key}`, valueText(value)]
}

/** `job` and `instance`. */
export const targetOf = ({ attributes }: Resource): readonly (readonly [string, string])[] => {
  const [name, namespace] = [text(attributes, 'service.name'), text(attributes, 'service.namespace')]
  const instance = text(attributes, 'service.instance.id')
  return [
    ['job', namespace === '' || name === '' ? name : `${namespace}/${name}`] as const,
    ['instance', instance] as const,
  ].filter(([, value]) => value !== '')
}

const sorted = (labels: ReadonlyMap<string, string>): Labels =>
  [...labels].filter(([, value]) => value !== '').toSorted(([a], [b]) => (a < b ? -1 : Number(a > b)))

const addConstant = (labels: Map<string, string>, constant: Readonly<Record<string, string>>): void => {
  for (const [name, value] of Object.entries(constant)) labels.set(labelName(name), value)
}

const resourceTexts = function* (resource: Resource, withoutService: boolean): Generator<readonly [string, string]> {
  for (const entry of texts(resource.attributes)) if (!withoutService || !SERVICE.has(entry[0])) yield entry
}

/** All but the point's own attributes, which are asked for point by point. */
export const labelsOf = (record: MetricRecord, options: LabelOptions): ((attributes: Attributes) => Labels) => {
  const shared = new Map<string, string>()
  const { resource, scope } = record
  if (options.resource) joined(shared, resourceTexts(resource, options.withoutService))
  const own = new Map<string, string>()
  if (options.scope) {
    joined(own, texts(scope.attributes, 'otel_scope_'))
    own.set('otel_scope_name', scope.name)
    own.set('otel_scope_version', scope.version)
    own.set('otel_scope_schema_url', scope.schemaUrl)
  }
  for (const [name, value] of targetOf(resource)) own.set(name, value)
  addConstant(own, options.constant)
  return (attributes) => {
    const labels = new Map(shared)
    joined(labels, texts(attributes))
    for (const [name, value] of own) labels.set(name, value)
    return sorted(labels)
  }
}

/** The labels of `target_info`; undefined when there is nothing to say: no job or instance, or no other attribute. */
export const targetInfoOf = (resource: Resource, constant: Readonly<Record<string, string>>): Labels | undefined => {
  const target = targetOf(resource)
  const labels = new Map<string, string>()
  joined(labels, resourceTexts(resource, true))
  if (target.length === 0 || labels.size === 0) return undefined
  for (const [name, value] of target) labels.set(name, value)
  addConstant(labels, constant)
  return sorted(labels)
}
