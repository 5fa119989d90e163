/** The keys of a component's section that are the engine's, not the plugin's. */
import type { Kind, PluginDefinition } from './plugin.ts'

const keysOf: Readonly<Record<Kind, readonly string[]>> = {
  receiver: ['storage'],
  processor: ['storage'],
  connector: ['storage'],
  exporter: ['sending_queue', 'retry_on_failure', 'timeout', 'breaker', 'dead_letter'],
  extension: [],
}

/** A plugin's own option of the same name is the plugin's. `best_effort` exporters have none. */
export const engineKeys = (definition: Pick<PluginDefinition, 'kind' | 'delivery' | 'schema'>): readonly string[] => {
  if (definition.kind === 'exporter' && definition.delivery === 'best_effort') return []
  return keysOf[definition.kind].filter((key) => !Object.hasOwn(definition.schema.properties ?? {}, key))
}

/** A section without the engine's part of it. */
export const withoutEngineKeys = (definition: PluginDefinition, section: unknown): unknown => {
  if (typeof section !== 'object' || section === null) return section
  const keys = engineKeys(definition)
  return Object.fromEntries(Object.entries(section).filter(([key]) => !keys.includes(key)))
}
