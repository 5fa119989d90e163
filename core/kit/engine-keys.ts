/** The keys of a component's section that are the engine's, not the plugin's. */
import type { Kind, PluginDefinition } from './plugin.ts'

const keysOf: Readonly<Record<Kind, readonly string[]>> = {
  receiver: ['storage'],
  processor: [],
  connector: [],
  exporter: ['sending_queue', 'retry_on_failure', 'timeout', 'storage'],
  extension: [],
}

/** A plugin's own option of the same name is the plugin's. `best_effort` exporters have no queue and no retry. */
export const engineKeys = (definition: Pick<PluginDefinition, 'kind' | 'delivery' | 'schema'>): readonly string[] => {
  const bestEffort = definition.delivery === 'best_effort'
  return (keysOf[definition.kind] ?? []).filter(
    (key) =>
      !Object.hasOwn(definition.schema.properties ?? {}, key) &&
      !(bestEffort && (key === 'sending_queue' || key === 'retry_on_failure')),
  )
}

/** A section without the engine's part of it. */
export const withoutEngineKeys = (definition: PluginDefinition, section: unknown): unknown => {
  if (typeof section !== 'object' || section === null) return section
  const keys = engineKeys(definition)
  return Object.fromEntries(Object.entries(section).filter(([key]) => !keys.includes(key)))
}
