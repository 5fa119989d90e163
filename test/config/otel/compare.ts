/** Our components beside those of the OpenTelemetry Collector: what becomes of each option it has. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { refusedOption } from '../../../core/config/refused.ts'
import { engineProperties } from '../../../core/engine/options.ts'
import { parseByteSize, parseDuration } from '../../../core/kit/options.ts'
import type { Kind, PluginDefinition } from '../../../core/kit/plugin.ts'
import type { JsonSchema } from '../../../core/kit/schema.ts'
import { builtIns } from '../../../plugins/index.ts'

interface Theirs {
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
}

export type Fate =
  | { readonly kind: 'supported'; readonly differs: boolean; readonly ours: unknown }
  /** `at`: the option that is refused; it, or what it stands in. `by`: the configuration, or the plugin's own check. */
  | { readonly kind: 'refused'; readonly by: 'configuration' | 'plugin'; readonly at: string; readonly advice: string }
  | { readonly kind: 'unknown' }

export interface Compared {
  /** `<kind>/<type>`, as it is called here. */
  readonly id: string
  readonly theirName: string
  readonly definition: PluginDefinition
  readonly options: readonly { readonly path: string; readonly theirs: unknown; readonly fate: Fate }[]
}

const theirs = JSON.parse(readFileSync(join(import.meta.dirname, 'options.json'), 'utf8')) as Readonly<
  Record<string, Theirs>
>

const branchesOf = (schema: JsonSchema): readonly JsonSchema[] => [schema, ...(schema.oneOf ?? schema.anyOf ?? [])]

/** What stands in a list of either kind of entries. */
const itemsOf = (schema: JsonSchema): readonly JsonSchema[] =>
  branchesOf(schema).flatMap((branch) => (branch.items === undefined ? [] : branchesOf(branch.items)))

const step = (schema: JsonSchema, name: string): readonly JsonSchema[] =>
  branchesOf(schema).flatMap((branch) => {
    const free = branch.additionalProperties
    const found = name === '*' ? undefined : branch.properties?.[name]
    if (found !== undefined) return [found]
    if (typeof free === 'object') return [free]
    // A map of anything.
    return branch.type === 'object' && branch.properties === undefined && free !== false ? [branch] : []
  })

const find = (schemas: readonly JsonSchema[], path: readonly string[]): readonly JsonSchema[] =>
  path.reduce<readonly JsonSchema[]>(
    (found, part) =>
      found.flatMap((schema) =>
        part.endsWith('[]') ? step(schema, part.slice(0, -2)).flatMap(itemsOf) : step(schema, part),
      ),
    schemas,
  )

/** No text, no list, nothing, off: a default that says nothing. */
const isNothing = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (typeof value === 'object' && Object.keys(value).length === 0)

const normal = ({ format }: JsonSchema, value: unknown): unknown => {
  if (format === 'duration' && typeof value === 'string') return parseDuration(value)
  if (format === 'bytesize' && typeof value === 'string') return parseByteSize(value)
  return value
}

/** A map of anything is taken as it is, for what it stands for. */
const isFree = ({ type, properties }: JsonSchema): boolean => type === 'object' && properties === undefined

const isSame = (schema: JsonSchema, value: unknown): boolean => {
  const [ours, other] = [normal(schema, schema.default), normal(schema, value)]
  return (isNothing(ours) && isNothing(other)) || JSON.stringify(ours) === JSON.stringify(other)
}

/** How a plugin describes an option that its check refuses. */
const NOT_SUPPORTED = 'Not supported: '

const fateOf = (kind: Kind, type: string, schema: JsonSchema, path: string, value: unknown): Fate => {
  const parts = path.split('.')
  for (let length = 1; length <= parts.length; length++) {
    const at = parts.slice(0, length)
    const advice = refusedOption(
      kind,
      type,
      at.map((part) => part.replace('[]', '')),
    )
    if (advice !== undefined && find([schema], at).length === 0)
      return { kind: 'refused', by: 'configuration', at: at.join('.'), advice }
  }
  const [found] = find([schema], parts)
  if (found === undefined) return { kind: 'unknown' }
  if (found.description?.startsWith(NOT_SUPPORTED))
    return { kind: 'refused', by: 'plugin', at: path, advice: found.description.slice(NOT_SUPPORTED.length) }
  return { kind: 'supported', differs: !isFree(found) && !isSame(found, value), ours: found.default }
}

/** In the order of the table of built-ins. */
export const compareAll = async (): Promise<readonly Compared[]> => {
  const shared = builtIns.filter(({ kind, type }) => Object.hasOwn(theirs, `${kind}/${type}`))
  return Promise.all(
    shared.map(async ({ kind, type, load }) => {
      const id = `${kind}/${type}`
      const definition = (await load()).default as PluginDefinition
      const schema: JsonSchema = {
        ...definition.schema,
        properties: { ...engineProperties(definition), ...definition.schema.properties },
      }
      const { name, options } = theirs[id]!
      return {
        id,
        theirName: name,
        definition,
        options: Object.entries(options).map(([path, value]) => ({
          path,
          theirs: value,
          fate: fateOf(kind, type, schema, path, value),
        })),
      }
    }),
  )
}
