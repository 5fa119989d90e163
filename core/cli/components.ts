import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createRegistry, kinds, type Registry } from '../config/index.ts'
import { toJson } from '../control/json.ts'
import { exitCode } from './exit-codes.ts'
import { DEFAULT_CONFIG, load } from './load.ts'
import { table } from './table.ts'
import { configOptions, defineVerb, type Io, jsonOption } from './verb.ts'

/** The built-ins, and what the `plugins:` of the configuration loads when there is one. */
export const registryFor = async (options: Parameters<typeof load>[0], io: Io): Promise<Registry> => {
  if (options.config.length === 0 && !existsSync(join(io.cwd, DEFAULT_CONFIG))) return createRegistry()
  const { registry, problems } = await load(options, io)
  for (const { path, message } of problems) if (path.startsWith('plugins')) io.err(`${message}\n`)
  return registry
}

const rowsOf = async (registry: Registry) =>
  (await registry.all()).map(({ kind, type, from, found }) =>
    'definition' in found
      ? {
          kind,
          type,
          aliases: found.definition.aliases ?? [],
          stability: found.definition.stability,
          signals: found.definition.signals,
          summary: found.definition.summary,
          from,
        }
      : { kind, type, aliases: [], stability: 'unavailable', signals: [], summary: found.failure, from },
  )

export const verb = defineVerb({
  name: 'components',
  summary: 'List receivers, processors, connectors, exporters and extensions: built in and loaded.',
  operands: [{ name: '[kind]', description: `only one kind: ${kinds.join(', ')}` }],
  options: { ...configOptions, ...jsonOption },
  examples: [
    ['components', 'all of them'],
    ['components exporter', 'exporters only'],
  ],
  async run({ operands, options }, io) {
    const wanted = operands[0]?.replace(/s$/, '')
    const rows = (await rowsOf(await registryFor(options, io))).filter(
      ({ kind }) => wanted === undefined || kind === wanted,
    )
    if (options.json) await io.out(`${toJson(rows, 2)}\n`)
    else {
      for (const kind of kinds) {
        const some = rows.filter((row) => row.kind === kind)
        if (some.length === 0) continue
        const cells = some.map(({ type, aliases, stability, summary, from }) => [
          [type, ...aliases].join(', '),
          stability,
          `${summary}${from === 'built in' ? '' : ` (${from})`}`,
        ])
        await io.out(`${table([`${kind}s`.toUpperCase(), 'STABILITY', ''], cells)}\n`)
      }
    }
    return exitCode('ok')
  },
})
