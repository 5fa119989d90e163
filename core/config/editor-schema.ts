/**
 * Our schema dialect as JSON Schema 2020-12 for editors: unknown keys refused where the dialect says so by silence,
 * durations and sizes as patterns, and a `${…}` allowed wherever a value stands, because editors read before substitution.
 */
import type { JsonSchema } from '../kit/schema.ts'

export type PlainSchema = Readonly<Record<string, unknown>>

const duration = '^[+-]?(0|((\\d+\\.?\\d*|\\.\\d+)(ns|us|µs|μs|ms|s|m|h|d))+)$'
const bytesize = '^\\s*\\d+(\\.\\d+)?\\s*([kKmMgGtT]i?)?[bB]?\\s*$'
const variable = { type: 'string', pattern: '\\$\\{' } as const

export const editorSchema = (schema: JsonSchema): PlainSchema => {
  const {
    format,
    secret: _secret,
    exclusive: _exclusive,
    type,
    properties,
    additionalProperties,
    items,
    oneOf,
    anyOf,
    ...rest
  } = schema
  const mapped: Record<string, unknown> = { ...rest }
  if (format === 'duration') Object.assign(mapped, { anyOf: [{ type: 'string', pattern: duration }, { const: 0 }] })
  else if (format === 'bytesize')
    Object.assign(mapped, {
      anyOf: [
        { type: 'string', pattern: bytesize },
        { type: 'integer', minimum: 0 },
      ],
    })
  else {
    if (type !== undefined) mapped['type'] = type
    if (format !== undefined) mapped['format'] = format
  }
  if (properties !== undefined) {
    mapped['properties'] = Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [key, editorSchema(value)]),
    )
  }
  if (additionalProperties !== undefined || properties !== undefined) {
    mapped['additionalProperties'] =
      typeof additionalProperties === 'object' ? editorSchema(additionalProperties) : (additionalProperties ?? false)
  }
  if (items !== undefined) mapped['items'] = editorSchema(items)
  if (oneOf !== undefined) mapped['anyOf'] = oneOf.map((branch) => editorSchema(branch))
  if (anyOf !== undefined) mapped['anyOf'] = anyOf.map((branch) => editorSchema(branch))
  return orVariable(mapped, schema)
}

/** Anything that is not text anyway may be written as `${env:X}` too; `key:` alone switches a section on. */
const orVariable = (mapped: Readonly<Record<string, unknown>>, schema: JsonSchema): PlainSchema => {
  const { description, default: fallback, examples, deprecated, ...constraint } = mapped
  const plainText = schema.type === 'string' && Object.keys(constraint).every((key) => key === 'type')
  if (plainText || Object.keys(constraint).length === 0) return mapped
  const alternatives: unknown[] = [constraint, variable]
  if (schema.type === 'object' || schema.properties !== undefined) alternatives.push({ type: 'null' })
  const notes = Object.entries({ description, default: fallback, examples, deprecated }).filter(
    ([, value]) => value !== undefined,
  )
  return { ...Object.fromEntries(notes), anyOf: alternatives }
}
