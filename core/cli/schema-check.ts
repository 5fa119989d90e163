/** `schema check`: refuses a change of a schema that breaks what is written or read, and says what breaks. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { toJson } from '../control/json.ts'
import { CollectorError } from '../kit/errors.ts'
import {
  compareVersions,
  type CompatibilityMode,
  compatibilityBreaks,
  createSchemas,
  readSchemaFile,
  readSchemaFiles,
  type RegisteredSchema,
} from '../schemas/index.ts'
import { exitCode } from './exit-codes.ts'
import { DEFAULT_CONFIG, type ConfigArguments } from './load.ts'
import { withOnlyExtension } from './only-extension.ts'
import type { Io } from './verb.ts'

interface CheckOptions extends ConfigArguments {
  readonly compatibility: CompatibilityMode
  readonly schemas: readonly string[]
  readonly json: boolean
}

const REGISTRY = 'schema_registry'
const isRegistry = (id: string): boolean => id === REGISTRY || id.startsWith(`${REGISTRY}/`)

/** What the registries of the configuration know, files and buckets alike; of the one in this folder when none is named. */
const configured = async (options: CheckOptions, io: Io): Promise<readonly RegisteredSchema[]> => {
  const isNamed = options.config.length > 0
  if (!isNamed && !existsSync(join(io.cwd, DEFAULT_CONFIG))) return []
  const known: RegisteredSchema[] = []
  const asked = new Set<string>()
  const next = (ids: readonly string[]): string | undefined => ids.find((id) => isRegistry(id) && !asked.has(id))
  // A registry keeps nothing, and the collector that runs here has the data directory.
  const folder = mkdtempSync(join(tmpdir(), 'seneca-schemas-'))
  const ask = (): Promise<boolean | undefined> =>
    withOnlyExtension({ ...options, 'data-dir': folder }, io, next, async (inspect, id) => {
      asked.add(id)
      known.push(...((await inspect('schemas')) as readonly RegisteredSchema[]))
      return true
    })
  try {
    while (await ask());
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  if (isNamed && asked.size === 0)
    throw new CollectorError(
      'usage',
      `${options.config.join(' + ')} starts no ${REGISTRY}; add it to service.extensions, or name files with --schemas`,
    )
  return known
}

/** The one before: the latest registered of an older version, else the one it would replace. */
const registered = async (after: RegisteredSchema, options: CheckOptions, io: Io): Promise<RegisteredSchema> => {
  const own = [...readSchemaFiles(options.schemas, io.cwd), ...(await configured(options, io))]
  // A file may be named here and in the configuration.
  const others = new Map(own.filter(({ from }) => from !== after.from).map((one) => [one.from, one]))
  const versions = createSchemas([...others.values()]).versions(after.type)
  const before = versions.findLast(({ version }) => compareVersions(version, after.version) <= 0)
  if (before !== undefined) return before
  throw new CollectorError(
    'usage',
    `no schema of '${after.type}' up to version ${after.version} is registered; name the older file as well (schema check OLD NEW), ` +
      'or where the registered ones are (--schemas FILES, or --config FILE of a configuration with a schema_registry)',
  )
}

export const checkSchema = async (names: readonly string[], options: CheckOptions, io: Io): Promise<number> => {
  const { compatibility, json } = options
  const [first, second] = names
  if (first === undefined || names.length > 2)
    throw new CollectorError('usage', 'schema check takes OLD and NEW, or NEW alone')
  const after = readSchemaFile(resolve(io.cwd, second ?? first))
  const before = second === undefined ? await registered(after, options, io) : readSchemaFile(resolve(io.cwd, first))
  // Compiled under a name of its own, so that a wrong schema is said before it is compared.
  createSchemas([{ ...after, type: `checked.${after.type}` }])
  const breaks = compatibilityBreaks(before.schema, after.schema, compatibility)
  const what = `${after.type} ${before.version} → ${after.version}`
  if (json)
    await io.out(`${toJson({ type: after.type, old: before.version, new: after.version, compatibility, breaks }, 2)}\n`)
  else if (breaks.length === 0) await io.out(`${what}: compatible (${compatibility})\n`)
  else {
    const lines = breaks.map(({ direction, path, message }) => `  ${direction}  ${path || '(the whole)'}: ${message}`)
    await io.out(`${what}: not compatible (${compatibility})\n${lines.join('\n')}\n`)
  }
  return exitCode(breaks.length === 0 ? 'ok' : 'failed')
}
