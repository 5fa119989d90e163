/**
 * ajv over the plain values, after the checks that speak in words: it catches what a third party's schema says beyond
 * our subset, and a schema that is wrong itself.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { JsonSchema } from '../kit/schema.ts'
import { strictSchema } from './strict-schema.ts'

export interface NetProblem {
  readonly path: readonly string[]
  readonly message: string
}

let ajv: Ajv2020 | undefined
const compiled = new WeakMap<JsonSchema, ValidateFunction>()

const compile = (schema: JsonSchema): ValidateFunction => {
  ajv ??= ((): Ajv2020 => {
    const made = new Ajv2020({ allErrors: true, strict: false, validateFormats: true, allowUnionTypes: true })
    addFormats.default(made)
    return made
  })()
  const known = compiled.get(schema) ?? ajv.compile(strictSchema(schema, false))
  compiled.set(schema, known)
  return known
}

const problemOf = (error: ErrorObject): NetProblem => ({
  path: error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')),
  message: error.message ?? error.keyword,
})

/** ajv has no bigint: what it checks holds numbers. */
const withoutBigints = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(withoutBigints)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutBigints(item)]))
}

/** What ajv finds; `failure` when the schema itself cannot be used. */
export const secondNet = (
  schema: JsonSchema,
  value: unknown,
): { readonly problems: readonly NetProblem[]; readonly failure?: string } => {
  try {
    const validate = compile(schema)
    return validate(withoutBigints(value))
      ? { problems: [] }
      : { problems: (validate.errors ?? []).filter(({ keyword }) => keyword !== 'anyOf').map(problemOf) }
  } catch (error) {
    return { problems: [], failure: error instanceof Error ? error.message : String(error) }
  }
}
