/** Schemas by type and version, each compiled when it is first asked for. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import addFormatsModule from 'ajv-formats'
import { catalogue } from '../events/index.ts'
import { CollectorError } from '../kit/errors.ts'
import { compareVersions, type RegisteredSchema } from './definition.ts'

/** The first thing that is wrong: where (a JSON pointer into `data`, empty for the whole) and what. */
export interface Breach {
  readonly path: string
  readonly message: string
}

export interface EventSchema extends RegisteredSchema {
  /** Undefined when `data` (plain JSON values) is as it should be. */
  check(data: unknown): Breach | undefined
}

export interface Schemas {
  /** All versions, the oldest first. */
  versions(type: string): readonly EventSchema[]
  latest(type: string): EventSchema | undefined
  readonly all: readonly EventSchema[]
}

const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void

type Compile = (registered: RegisteredSchema) => ValidateFunction

/** Schemas are not kept by their `$id`, so two may carry the same one. */
const createCompile = (): Compile => {
  const ajv = new Ajv2020({ strict: false, allowUnionTypes: true, addUsedSchema: false })
  addFormats(ajv)
  return ({ schema, from, type }) => {
    try {
      return ajv.compile(schema)
    } catch (error) {
      throw new CollectorError('invalid_data', `${from}: the schema of '${type}' is wrong: ${(error as Error).message}`)
    }
  }
}

const asEventSchema = (registered: RegisteredSchema, compile: Compile): EventSchema => {
  let validate: ValidateFunction | undefined
  return {
    ...registered,
    check(data) {
      validate ??= compile(registered)
      if (validate(data)) return undefined
      const [first] = validate.errors ?? []
      const extra =
        first?.keyword === 'additionalProperties' ? ` ('${String(first.params['additionalProperty'])}')` : ''
      return { path: first?.instancePath ?? '', message: `${first?.message ?? 'is not valid'}${extra}` }
    },
  }
}

/** What is built in, as registered schemas. */
export const builtInSchemas: readonly RegisteredSchema[] = catalogue.map(({ type, version, schema }) => ({
  type,
  version,
  schema,
  from: 'catalogue',
}))

/** Throws `invalid_data` for a schema that cannot be compiled, and for two of one type and version. */
export const createSchemas = (own: readonly RegisteredSchema[]): Schemas => {
  const compile = createCompile()
  for (const one of own) compile(one)
  const byType = new Map<string, EventSchema[]>()
  for (const one of [...builtInSchemas, ...own]) {
    const versions = byType.get(one.type) ?? []
    const same = versions.find(({ version }) => compareVersions(version, one.version) === 0)
    if (same !== undefined)
      throw new CollectorError(
        'invalid_data',
        `${one.from}: version ${one.version} of '${one.type}' is registered already by ${same.from}; raise 'x-event-version'`,
      )
    versions.push(asEventSchema(one, compile))
    byType.set(one.type, versions)
  }
  for (const versions of byType.values()) versions.sort((a, b) => compareVersions(a.version, b.version))
  return {
    versions: (type) => byType.get(type) ?? [],
    latest: (type) => byType.get(type)?.at(-1),
    all: [...byType.values()].flat(),
  }
}
