/**
 * Options from plain values in one step: checked against the schema by ajv, then completed. For those who have no YAML
 * positions to point at (the testing kit, embedders); `core/config` checks the positioned tree itself and words it better.
 */
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import addFormatsModule from 'ajv-formats'
import { completeOptions, parseByteSize, parseDuration } from './options.ts'
import type { JsonSchema } from './schema.ts'
import { Secret } from './secret.ts'

export interface OptionError {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export interface PreparedOptions {
  /** Complete and converted; meaningless when there are errors. */
  readonly options: unknown
  readonly errors: readonly OptionError[]
}

const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void

const createAjv = (): Ajv2020 => {
  const ajv = new Ajv2020({ allErrors: true, strict: false, allowUnionTypes: true })
  addFormats(ajv)
  ajv.addFormat('duration', (text: string) => parseDuration(text) !== undefined)
  ajv.addFormat('bytesize', (text: string) => parseByteSize(text) !== undefined)
  ajv.addKeyword({ keyword: 'secret', schemaType: 'boolean' })
  return ajv
}

const mapValues = <T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))

const unquoted = (schema: JsonSchema): object | undefined => {
  if (schema.format === 'duration') return { anyOf: [{ ...schema, type: 'string' }, { const: 0 }] }
  if (schema.format === 'bytesize')
    return {
      anyOf: [
        { ...schema, type: 'string' },
        { type: 'integer', minimum: 0 },
      ],
    }
  return undefined
}

/** The schema as JSON Schema 2020-12 takes it: unknown keys refused, durations `0` and sizes in bytes accepted. */
export const strictSchema = (schema: JsonSchema): object => {
  const plain = unquoted(schema)
  if (plain !== undefined) return plain
  const closed = schema.properties !== undefined && schema.additionalProperties === undefined
  return {
    ...schema,
    ...(schema.properties && { properties: mapValues(schema.properties, strictSchema) }),
    ...(schema.items && { items: strictSchema(schema.items) }),
    ...(schema.oneOf && { oneOf: schema.oneOf.map(strictSchema) }),
    ...(schema.anyOf && { anyOf: schema.anyOf.map(strictSchema) }),
    ...(typeof schema.additionalProperties === 'object' && {
      additionalProperties: strictSchema(schema.additionalProperties),
    }),
    ...(closed && { additionalProperties: false }),
  }
}

/** One compiled validator a schema, for as long as the schema lives. */
const validators = new WeakMap<JsonSchema, ValidateFunction>()

const validatorOf = (schema: JsonSchema): ValidateFunction => {
  const known = validators.get(schema)
  if (known) return known
  const compiled = createAjv().compile(strictSchema(schema))
  validators.set(schema, compiled)
  return compiled
}

const steps = (pointer: string): (string | number)[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step))

const toError = (error: ErrorObject): OptionError => {
  const path = steps(error.instancePath)
  if (error.keyword === 'additionalProperties') {
    const key = String(error.params['additionalProperty'])
    return { path: [...path, key], message: `unknown key '${key}'` }
  }
  if (error.keyword === 'required')
    return { path, message: `the key '${String(error.params['missingProperty'])}' is missing` }
  return { path, message: error.message ?? error.keyword }
}

/** Secrets may be given as such; ajv sees their text. */
const bare = (value: unknown): unknown => {
  if (value instanceof Secret) return value.reveal()
  if (Array.isArray(value)) return value.map(bare)
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
    return mapValues(value as Record<string, unknown>, bare)
  return value
}

/** `undefined` and `null` (an empty section in YAML) are `{}`. */
export const prepareOptions = (schema: JsonSchema, raw: unknown): PreparedOptions => {
  const value = bare(raw ?? {})
  const validate = validatorOf(schema)
  const errors = validate(value) ? [] : (validate.errors ?? []).map(toError)
  return { options: errors.length > 0 ? value : completeOptions(schema, value), errors }
}
