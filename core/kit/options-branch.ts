/** Which branch of a `oneOf`/`anyOf` a value took: the first it fits. A small structural test; full validation is ajv's. */
import type { JsonSchema } from './schema.ts'

const typeOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

const fitsSchema = (schema: JsonSchema, value: unknown): boolean => {
  const branches = schema.oneOf ?? schema.anyOf
  if (branches !== undefined) return branches.some((branch) => fitsSchema(branch, value))
  if (schema.const !== undefined) return schema.const === value
  if (schema.enum !== undefined) return schema.enum.includes(value)
  const type = typeOf(value)
  if ((schema.format === 'duration' || schema.format === 'bytesize') && type === 'integer') return true
  const types =
    schema.type === undefined ? (schema.properties === undefined ? undefined : ['object']) : [schema.type].flat()
  if (types !== undefined && !types.includes(type) && !(type === 'integer' && types.includes('number'))) return false
  if (typeof value === 'string' && schema.pattern !== undefined) return new RegExp(schema.pattern, 'u').test(value)
  if (Array.isArray(value))
    return schema.items === undefined || value.every((item) => fitsSchema(schema.items ?? {}, item))
  if (type !== 'object') return true
  const map = value as Readonly<Record<string, unknown>>
  if (schema.required?.some((key) => !Object.hasOwn(map, key))) return false
  const free =
    schema.additionalProperties === undefined ? schema.properties === undefined : schema.additionalProperties !== false
  return Object.entries(map).every(([key, item]) => {
    const property =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined
    return property === undefined ? free : fitsSchema(property, item)
  })
}

export const branchesFor = (schema: JsonSchema, value: unknown): JsonSchema | undefined =>
  (schema.oneOf ?? schema.anyOf)?.find((branch) => fitsSchema(branch, value))
