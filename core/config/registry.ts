/**
 * The plugins a configuration can name: the table of built-ins, imported one by one when named, and what `plugins:`
 * loaded. A plugin that cannot be loaded is a sentence, not a crash. One registry serves one configuration.
 */
import { definitionProblems } from '../kit/definition.ts'
import type { Kind, PluginDefinition } from '../kit/plugin.ts'
import { builtIns, type BuiltIn } from '../../plugins/index.ts'

export const kinds: readonly Kind[] = ['receiver', 'processor', 'connector', 'exporter', 'extension']

type Found = { readonly definition: PluginDefinition } | { readonly failure: string }

export interface Registry {
  /** By type or alias; undefined when there is no such plugin. */
  find(kind: Kind, type: string): Promise<Found | undefined>
  /** Types and aliases. */
  types(kind: Kind): readonly string[]
  /** The answer says why not, when the definition is no good or its name is taken. */
  add(loaded: unknown, from: string): string | undefined
  all(): Promise<
    readonly { readonly kind: Kind; readonly type: string; readonly from: string; readonly found: Found }[]
  >
}

/** Why a thing is no plugin definition; undefined when it is one. */
const wrongDefinition = (value: unknown): string | undefined => {
  const problems = definitionProblems(value)
  return problems.length === 0 ? undefined : problems.join('; ')
}

const missingPackages = (definition: PluginDefinition): string | undefined => {
  const missing = (definition.requires ?? []).filter((name) => {
    try {
      import.meta.resolve(name)
      return false
    } catch {
      return true
    }
  })
  if (missing.length === 0) return undefined
  return `install ${missing.join(' ')} to use ${definition.kind}/${definition.type}: npm install ${missing.join(' ')}`
}

const loadBuiltIn = async (entry: BuiltIn): Promise<Found> => {
  try {
    const module = await entry.load()
    const wrong = wrongDefinition(module.default)
    if (wrong !== undefined) return { failure: wrong }
    const definition = module.default as PluginDefinition
    const missing = missingPackages(definition)
    return missing === undefined ? { definition } : { failure: missing }
  } catch (error) {
    return { failure: error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error) }
  }
}

export const createRegistry = (table: readonly BuiltIn[] = builtIns): Registry => {
  const loaded = new Map<string, Promise<Found>>()
  const added = new Map<string, { readonly definition: PluginDefinition; readonly from: string }>()
  const builtIn = (kind: Kind, type: string): BuiltIn | undefined =>
    table.find((entry) => entry.kind === kind && (entry.type === type || entry.aliases?.includes(type)))
  const load = (entry: BuiltIn): Promise<Found> => {
    const key = `${entry.kind}/${entry.type}`
    const open = loaded.get(key) ?? loadBuiltIn(entry)
    loaded.set(key, open)
    return open
  }
  return {
    async find(kind, type) {
      const own = added.get(`${kind}/${type}`)
      if (own !== undefined) return { definition: own.definition }
      const entry = builtIn(kind, type)
      return entry === undefined ? undefined : load(entry)
    },
    types: (kind) => [
      ...table.filter((entry) => entry.kind === kind).flatMap((entry) => [entry.type, ...(entry.aliases ?? [])]),
      ...[...added.keys()].filter((key) => key.startsWith(`${kind}/`)).map((key) => key.slice(kind.length + 1)),
    ],
    add(value, from) {
      const wrong = wrongDefinition(value)
      if (wrong !== undefined) return wrong
      const definition = value as PluginDefinition
      for (const name of [definition.type, ...(definition.aliases ?? [])]) {
        const key = `${definition.kind}/${name}`
        const other = added.get(key)
        if (other !== undefined && other.from === from) return undefined
        if (other !== undefined) return `${key} was already loaded from ${other.from}`
        if (builtIn(definition.kind, name) !== undefined) return `${key} is a built-in; give the plugin another type`
      }
      for (const name of [definition.type, ...(definition.aliases ?? [])])
        added.set(`${definition.kind}/${name}`, { definition, from })
      return undefined
    },
    all: async () => [
      ...(await Promise.all(
        table.map(async (entry) => ({
          kind: entry.kind,
          type: entry.type,
          from: 'built in',
          found: await load(entry),
        })),
      )),
      ...[...added]
        .filter(([key, { definition }]) => key === `${definition.kind}/${definition.type}`)
        .map(([, { definition, from }]) => ({
          kind: definition.kind,
          type: definition.type,
          from,
          found: { definition },
        })),
    ],
  }
}
