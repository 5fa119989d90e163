/**
 * A schema as a person or a program registers it: a JSON Schema (2020-12) of `data` with two keywords beside it,
 * `x-event-type` (otherwise the file's or key's name) and `x-event-version` (otherwise 1.0).
 */
import { CollectorError } from '../kit/errors.ts'

export type JsonSchemaObject = Readonly<Record<string, unknown>>

export interface RegisteredSchema {
  readonly type: string
  readonly version: string
  readonly schema: JsonSchemaObject
  /** Where it was read: a path, a key, `catalogue`. */
  readonly from: string
}

/** A schema larger than this is no schema of an event. */
export const SCHEMA_BYTES_MAX = 1024 * 1024
const VERSION = /^\d{1,6}(\.\d{1,6}){0,3}$/
const TYPE = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/i

export const isVersion = (text: string): boolean => VERSION.test(text)

/** Negative when `a` is older than `b`; numbers between the dots, missing ones are 0: 1.0 = 1, 1.9 < 1.10. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number)) as [number[], number[]]
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

const isObject = (value: unknown): value is JsonSchemaObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Throws `invalid_data` with the place and what to write instead. */
export const parseSchema = (text: string, name: string, from: string): RegisteredSchema => {
  const wrong = (what: string): CollectorError => new CollectorError('invalid_data', `${from}: ${what}`)
  if (Buffer.byteLength(text) > SCHEMA_BYTES_MAX) throw wrong(`is larger than ${SCHEMA_BYTES_MAX} bytes`)
  let schema: unknown
  try {
    schema = JSON.parse(text)
  } catch (error) {
    throw wrong(`is no JSON: ${(error as Error).message}`)
  }
  if (!isObject(schema)) throw wrong('is no JSON Schema: it must be an object')
  const { 'x-event-type': type = name, 'x-event-version': version = '1.0' } = schema
  if (typeof type !== 'string' || !TYPE.test(type))
    throw wrong(`names no event type; write "x-event-type": "deploy.finished", or name the file deploy.finished.json`)
  if (typeof version !== 'string' || !isVersion(version))
    throw wrong(`'x-event-version' must be text such as "1.0" or "2"`)
  return { type, version, schema, from }
}
