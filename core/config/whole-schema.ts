/**
 * One JSON Schema for a whole configuration file, with every plugin's options: what an editor (yaml-language-server)
 * completes and checks by. Components stand in `$defs` as `<kind>.<type>`.
 */
import type { PluginDefinition } from '../kit/plugin.ts'
import { componentSchema, sectionOf } from './components.ts'
import { editorSchema, type PlainSchema } from './editor-schema.ts'
import { kinds, type Registry } from './registry.ts'
import { pipelineSchema, serviceSchema } from './service.ts'

const sectionTexts: Readonly<Record<string, string>> = {
  receiver: 'Where records come from.',
  processor: 'What is done with records on their way.',
  connector: 'What joins the end of one pipeline to the beginning of others.',
  exporter: 'Where records go.',
  extension: 'What works beside the pipelines.',
}

const definitionSchema = (definition: PluginDefinition): PlainSchema => ({
  description: `${definition.summary} (${definition.stability})`,
  anyOf: [{ type: 'null' }, editorSchema(componentSchema(definition))],
})

const nameReference = (kind: string, type: string): PlainSchema => ({ $ref: `#/$defs/${kind}.${type}` })

const sectionSchema = (kind: string, types: readonly (readonly [name: string, type: string])[]): PlainSchema => ({
  description: sectionTexts[kind],
  type: ['object', 'null'],
  properties: Object.fromEntries(types.map(([name, type]) => [name, nameReference(kind, type)])),
  patternProperties: Object.fromEntries(types.map(([name, type]) => [`^${name}/.+$`, nameReference(kind, type)])),
  additionalProperties: false,
})

/** Pipelines are keyed by signal, or signal/name. */
const servicePart = (): PlainSchema => {
  const { properties, ...rest } = serviceSchema
  const pipeline = editorSchema(pipelineSchema)
  const plain = editorSchema({ ...rest, properties: { ...properties, pipelines: {} } }) as {
    readonly anyOf?: readonly PlainSchema[]
  }
  const own = (plain.anyOf?.[0] ?? plain) as { readonly properties: PlainSchema }
  return {
    ...own,
    description: serviceSchema.description,
    properties: {
      ...own.properties,
      pipelines: {
        type: 'object',
        description: properties.pipelines.description,
        properties: { logs: pipeline, metrics: pipeline, traces: pipeline },
        patternProperties: { '^(logs|metrics|traces)/\\S+$': pipeline },
        additionalProperties: false,
      },
    },
  }
}

const files = (description: string): PlainSchema => ({
  description,
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
})

export const wholeSchema = async (registry: Registry): Promise<PlainSchema> => {
  const all = await registry.all()
  const $defs: Record<string, PlainSchema> = {}
  const sections: Record<string, PlainSchema> = {}
  for (const kind of kinds) {
    const names: (readonly [string, string])[] = []
    for (const one of all) {
      if (one.kind !== kind || !('definition' in one.found)) continue
      const { definition } = one.found
      $defs[`${kind}.${definition.type}`] = definitionSchema(definition)
      for (const name of [definition.type, ...(definition.aliases ?? [])]) names.push([name, definition.type])
    }
    sections[sectionOf(kind)] = sectionSchema(kind, names)
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Seneca Collector configuration',
    type: 'object',
    properties: {
      include: files('Files merged below this one; globs allowed, relative to this file.'),
      plugins: {
        type: 'array',
        items: { type: 'string' },
        description: "Plugins to load: './scrub.ts' or the name of a package.",
      },
      ...sections,
      service: servicePart(),
    },
    patternProperties: { '^x-': { description: 'Yours: notes and YAML anchors.' } },
    additionalProperties: false,
    $defs,
  }
}

/** The options of one component, with the engine's. */
export const optionsSchema = (definition: PluginDefinition): PlainSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: `${definition.kind} ${definition.type}`,
  description: definition.summary,
  ...editorSchema(componentSchema(definition)),
})
