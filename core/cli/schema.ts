import { didYouMean, kinds, listOf, optionsSchema, type Registry, wholeSchema } from '../config/index.ts'
import { toJson } from '../control/json.ts'
import { catalogue, eventType } from '../events/index.ts'
import { CollectorError } from '../kit/errors.ts'
import type { PluginDefinition } from '../kit/plugin.ts'
import { compatibilityModes } from '../schemas/index.ts'
import { checkSchema } from './schema-check.ts'
import { registryFor } from './components.ts'
import { exitCode } from './exit-codes.ts'
import { table } from './table.ts'
import { configOptions, defineVerb, type Io, jsonOption } from './verb.ts'

/** `exporter/file`, or `file` where only one kind has it. */
const findDefinition = async (name: string, registry: Registry): Promise<PluginDefinition> => {
  const [kind, type] = name.includes('/') ? name.split('/', 2) : [undefined, name]
  const found = (
    await Promise.all(
      kinds.filter((one) => kind === undefined || one === kind).map((one) => registry.find(one, type ?? '')),
    )
  ).filter((one) => one !== undefined)
  const failed = found.find((one) => 'failure' in one)
  const [first, second] = found.flatMap((one) => ('definition' in one ? [one.definition] : []))
  if (first !== undefined && second !== undefined) {
    throw new CollectorError(
      'usage',
      `'${name}' is more than one component; name the kind too: ${first.kind}/${name} or ${second.kind}/${name}`,
    )
  }
  if (first !== undefined) return first
  if (failed !== undefined)
    throw new CollectorError('plugin_failed', `the component '${name}' cannot be loaded: ${failed.failure}`)
  const names = kinds.flatMap((one) =>
    registry.types(one).flatMap((each) => (kind === undefined ? [each] : [`${one}/${each}`])),
  )
  throw new CollectorError(
    'usage',
    `there is no component '${name}'; ${didYouMean(name, names) ?? "see 'seneca-collector components'"}`,
  )
}

const listEvents = async (json: boolean, io: Io): Promise<void> => {
  const rows = catalogue.map(({ type, version, category, severity, summary }) => ({
    type,
    version,
    category,
    severity,
    summary,
  }))
  if (json) await io.out(`${toJson(rows, 2)}\n`)
  else
    await io.out(
      table(
        ['TYPE', 'VERSION', 'SEVERITY', ''],
        rows.map(({ type, version, severity, summary }) => [type, version, severity, summary]),
      ),
    )
}

const showEvent = async (type: string | undefined, io: Io): Promise<void> => {
  const types = catalogue.map((one) => one.type)
  if (type === undefined)
    throw new CollectorError('usage', "schema show needs a type of event; 'seneca-collector schema ls' lists them")
  const found = eventType(type)
  if (found === undefined)
    throw new CollectorError(
      'usage',
      `there is no event type '${type}'; ${didYouMean(type, types) ?? `types are ${listOf(types)}`}`,
    )
  await io.out(`${toJson(found, 2)}\n`)
}

export const verb = defineVerb({
  name: 'schema',
  summary: 'Print the JSON Schema of the configuration or of one component; list event types; check a changed schema.',
  operands: [
    {
      name: '[what]',
      description: "'ls' lists the event types, 'show' prints one, 'check' compares a schema with the one before",
    },
    { name: '[names...]', description: 'show: the event type; check: OLD and NEW file, or NEW alone' },
  ],
  options: {
    ...configOptions,
    ...jsonOption,
    component: { type: 'string', value: 'name', description: 'only the options of one component, e.g. exporter/file' },
    compatibility: {
      type: 'string',
      default: 'full',
      choices: compatibilityModes,
      description: 'check: backward = old events fit the new schema, forward = new events fit the old one, full = both',
    },
    schemas: {
      type: 'strings',
      value: 'files',
      description:
        "check: registered schemas, e.g. './schemas/*.json', beside the catalogue and what the configuration's schema_registry knows",
    },
  },
  examples: [
    [
      'schema > collector.schema.json',
      'for the first line of a file: # yaml-language-server: $schema=collector.schema.json',
    ],
    ['schema --component exporter/file', 'the options of one component'],
    ['schema ls', 'all types of events'],
    ['schema show agent.status.changed', 'one of them, with an example'],
    ['schema check old.json new.json', 'what breaks when the one becomes the other'],
    [
      'schema check new.json',
      "the same against the latest version that collector.yaml's schema_registry or the catalogue has",
    ],
    ["schema check new.json --schemas './schemas/*.json'", 'or that these files have'],
  ],
  async run({ operands, options }, io) {
    const [what, ...names] = operands
    const [type] = names
    if (what === 'ls') await listEvents(options.json, io)
    else if (what === 'show') await showEvent(type, io)
    else if (what === 'check') return checkSchema(names, options, io)
    else if (what !== undefined)
      throw new CollectorError('usage', `schema takes 'ls', 'show' or 'check', not '${what}'`)
    else {
      const registry = await registryFor(options, io)
      const schema =
        options.component === undefined
          ? await wholeSchema(registry)
          : optionsSchema(await findDefinition(options.component, registry))
      await io.out(`${toJson(schema, 2)}\n`)
    }
    return exitCode('ok')
  },
})
