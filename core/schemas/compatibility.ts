/**
 * Whether a changed schema still fits what is written and read. The modes are those of Confluent's and Apicurio's
 * registries: `backward` = the new schema accepts what was written with the old one, `forward` = the old one accepts what
 * is written with the new one, `full` = both. Both directions ask the same: which data of a writer may a reader refuse?
 *
 * It looks at type, enum, const, required, properties, additionalProperties, items, anyOf/oneOf and the bounds of numbers,
 * texts and lists. Another keyword that changed (pattern, format, not, $ref, if …) cannot be judged and counts as a break.
 */
import type { JsonSchemaObject } from './definition.ts'

export const compatibilityModes = ['backward', 'forward', 'full'] as const
export type CompatibilityMode = (typeof compatibilityModes)[number]

export interface SchemaBreak {
  readonly direction: 'backward' | 'forward'
  /** Fields joined by dots, `[]` for the items of a list; empty for the whole. */
  readonly path: string
  readonly message: string
}

type Add = (path: string, message: string) => void
type Schema = JsonSchemaObject | boolean

const notes = ['$schema', '$id', '$comment', 'title', 'description', 'default', 'examples', 'deprecated']
const judged = ['type', 'enum', 'const', 'required', 'properties', 'additionalProperties', 'items', 'anyOf', 'oneOf']
const least = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties']
const most = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties']
const known = new Set([...notes, ...judged, ...least, ...most])

const everyType = ['null', 'boolean', 'integer', 'number', 'string', 'array', 'object']
const text = (value: unknown): string => JSON.stringify(value)
const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)
const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value]
const typesOf = (schema: JsonSchemaObject): readonly string[] | undefined =>
  schema['type'] === undefined ? undefined : (listOf(schema['type']) as string[])
const valuesOf = (schema: JsonSchemaObject): readonly unknown[] | undefined =>
  'const' in schema ? [schema['const']] : (schema['enum'] as readonly unknown[] | undefined)
const mapOf = (value: unknown): Readonly<Record<string, Schema>> => (value ?? {}) as Readonly<Record<string, Schema>>
const branchesOf = (schema: JsonSchemaObject): readonly Schema[] | undefined =>
  (schema['anyOf'] ?? schema['oneOf']) as readonly Schema[] | undefined

const takes = (types: readonly string[], type: string): boolean =>
  types.includes(type) || (type === 'integer' && types.includes('number'))

const typeOfValue = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

const typeBreaks = (writer: JsonSchemaObject, reader: JsonSchemaObject, path: string, add: Add): void => {
  const wanted = typesOf(reader)
  const values = valuesOf(writer)
  const written = typesOf(writer) ?? (values ? [...new Set(values.map(typeOfValue))] : undefined)
  if (wanted !== undefined) {
    const refused = (written ?? everyType).filter((type) => !takes(wanted, type))
    if (refused.length > 0)
      add(
        path,
        `type ${refused.join(', ')} is ${written === undefined ? 'possible but ' : ''}not accepted; ${wanted.join(' or ')} is`,
      )
  }
  const allowed = valuesOf(reader)?.map(text)
  if (allowed === undefined) return
  if (values === undefined) add(path, `only ${allowed.join(', ')} are accepted, any value may come`)
  else
    for (const value of values.map(text).filter((one) => !allowed.includes(one)))
      add(path, `value ${value} is not accepted`)
}

const boundBreaks = (writer: JsonSchemaObject, reader: JsonSchemaObject, path: string, add: Add): void => {
  const tighter = (key: string, isTighter: (reads: number, writes: number) => boolean): void => {
    const [reads, writes] = [reader[key], writer[key]]
    if (typeof reads !== 'number') return
    if (typeof writes !== 'number' || isTighter(reads, writes))
      add(
        path,
        `${key} is ${reads}, ${typeof writes === 'number' ? `${writes} may come` : 'what comes has no such bound'}`,
      )
  }
  for (const key of least) tighter(key, (reads, writes) => reads > writes)
  for (const key of most) tighter(key, (reads, writes) => reads < writes)
}

const fieldBreaks = (writer: JsonSchemaObject, reader: JsonSchemaObject, path: string, add: Add): void => {
  const always = listOf(writer['required']) as string[]
  const [writes, reads] = [mapOf(writer['properties']), mapOf(reader['properties'])]
  for (const name of listOf(reader['required']) as string[])
    if (!always.includes(name)) add(join(path, name), 'is required, and may be missing')
  const others = reader['additionalProperties'] as Schema | undefined
  for (const [name, written] of Object.entries(writes)) {
    const wanted = Object.hasOwn(reads, name) ? reads[name] : others
    if (wanted === false) add(join(path, name), 'is not accepted: there is no such field, and others are refused')
    else if (wanted !== undefined) walk(written, wanted, join(path, name), add)
  }
  const open = (writer['additionalProperties'] ?? true) as Schema
  if (open !== false && others !== undefined && others !== true) {
    if (others === false) add(path, 'other fields are refused, and may come')
    else walk(open, others, join(path, '*'), add)
  }
}

const withoutBranches = ({ anyOf: _any, oneOf: _one, ...rest }: JsonSchemaObject): JsonSchemaObject => rest

/** Each of the writer's alternatives must fit one of the reader's. True when that was all there is to judge. */
const branchBreaks = (writer: JsonSchemaObject, reader: JsonSchemaObject, path: string, add: Add): boolean => {
  const [writes, reads] = [branchesOf(writer), branchesOf(reader)]
  if (writes === undefined && reads === undefined) return false
  for (const branch of writes ?? [writer]) {
    const tries = (reads ?? [reader]).map((one) => {
      const found: string[] = []
      walk(branch, one, '', (at, message) => found.push(at === '' ? message : `${at}: ${message}`))
      return found
    })
    if (!tries.some((found) => found.length === 0))
      add(path, `no alternative accepts ${text(branch)}: ${tries.map(([first]) => first).join('; ')}`)
  }
  if (reads !== undefined) walk(withoutBranches(writer), withoutBranches(reader), path, add)
  return true
}

const walk = (writer: Schema, reader: Schema, path: string, add: Add): void => {
  if (reader === true || writer === false || text(writer) === text(reader)) return
  if (reader === false) return add(path, 'nothing is accepted here')
  const from = writer === true ? {} : writer
  for (const key of Object.keys(reader))
    if (!known.has(key) && !key.startsWith('x-') && text(from[key]) !== text(reader[key]))
      add(path, `'${key}' differs, and cannot be judged`)
  if (branchBreaks(from, reader, path, add)) return
  typeBreaks(from, reader, path, add)
  boundBreaks(from, reader, path, add)
  fieldBreaks(from, reader, path, add)
  if (reader['items'] !== undefined)
    walk((from['items'] ?? true) as Schema, reader['items'] as Schema, `${path}[]`, add)
}

/** What breaks when `before` becomes `after`; empty when nothing does. */
export const compatibilityBreaks = (
  before: JsonSchemaObject,
  after: JsonSchemaObject,
  mode: CompatibilityMode,
): readonly SchemaBreak[] => {
  const breaks: SchemaBreak[] = []
  const look = (direction: SchemaBreak['direction'], writer: JsonSchemaObject, reader: JsonSchemaObject): void =>
    walk(writer, reader, '', (path, message) => void breaks.push({ direction, path, message }))
  if (mode !== 'forward') look('backward', before, after)
  if (mode !== 'backward') look('forward', after, before)
  return breaks
}
