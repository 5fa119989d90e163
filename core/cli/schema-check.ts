/** `schema check`: refuses a change of a schema that breaks what is written or read, and says what breaks. */
import { resolve } from 'node:path'
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
import type { Io } from './verb.ts'

interface CheckOptions {
  readonly compatibility: CompatibilityMode
  readonly schemas: readonly string[]
  readonly json: boolean
}

/** The one before: the latest registered of an older version, else the one it would replace. */
const registered = (after: RegisteredSchema, files: readonly string[], io: Io): RegisteredSchema => {
  const own = readSchemaFiles(files, io.cwd).filter(({ from }) => from !== after.from)
  const versions = createSchemas(own).versions(after.type)
  const before = versions.findLast(({ version }) => compareVersions(version, after.version) <= 0)
  if (before !== undefined) return before
  throw new CollectorError(
    'usage',
    `no schema of '${after.type}' up to version ${after.version} is registered; name the older file as well (schema check OLD NEW), ` +
      'or where the registered ones are (--schemas FILES)',
  )
}

export const checkSchema = async (
  names: readonly string[],
  { compatibility, schemas, json }: CheckOptions,
  io: Io,
): Promise<number> => {
  const [first, second] = names
  if (first === undefined || names.length > 2)
    throw new CollectorError('usage', 'schema check takes OLD and NEW, or NEW alone')
  const after = readSchemaFile(resolve(io.cwd, second ?? first))
  const before = second === undefined ? registered(after, schemas, io) : readSchemaFile(resolve(io.cwd, first))
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
