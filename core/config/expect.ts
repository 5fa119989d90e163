/** What a schema wants, in words a person understands. */
import type { JsonSchema } from '../kit/schema.ts'
import { listOf } from './suggest.ts'

export const optionName = (path: readonly (string | number)[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  )

export const shown = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : JSON.stringify(value))

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'nothing',
}

const formatNames: Readonly<Record<string, string>> = {
  duration: 'a duration such as 5s or 200ms',
  bytesize: 'a size in bytes such as 64KiB or 10MB',
  uri: 'a URL such as http://localhost:4298/mcp',
}

export const branchesOf = (schema: JsonSchema): readonly JsonSchema[] | undefined => schema.oneOf ?? schema.anyOf

export const typesOf = (schema: JsonSchema): readonly string[] | undefined => {
  if (schema.type === undefined) return schema.properties === undefined ? undefined : ['object']
  return typeof schema.type === 'string' ? [schema.type] : schema.type
}

/** `INFO` beside `info` is a courtesy, not news. */
export const oneCase = (values: readonly unknown[]): readonly unknown[] =>
  values.filter(
    (value) => typeof value !== 'string' || value === value.toLowerCase() || !values.includes(value.toLowerCase()),
  )

/** `a whole number`, `one of 'a', 'b' or 'c'`, `text or a list of text`. */
export const expectation = (schema: JsonSchema): string => {
  const branches = branchesOf(schema)
  if (branches !== undefined) return listOf([...new Set(branches.map(expectation))], 'or')
  if (schema.const !== undefined) return shown(schema.const)
  if (schema.enum !== undefined) {
    const values = oneCase(schema.enum)
    return values.length < 3 ? listOf(values.map(shown), 'or') : `one of ${listOf(values.map(shown), 'or')}`
  }
  const format = schema.format === undefined ? undefined : formatNames[schema.format]
  if (format !== undefined) return format
  const types = typesOf(schema)
  if (types === undefined) return 'another value'
  if (types.length === 1 && types[0] === 'array' && schema.items !== undefined)
    return `a list of ${plural(schema.items)}`
  return listOf(
    types.map((type) => typeNames[type] ?? type),
    'or',
  )
}

const plural = (items: JsonSchema): string => {
  const types = typesOf(items)
  if (items.enum !== undefined || items.const !== undefined || branchesOf(items) !== undefined || types?.length !== 1)
    return 'values'
  if (items.format === 'duration') return 'durations'
  const names: Readonly<Record<string, string>> = {
    string: 'texts',
    integer: 'whole numbers',
    number: 'numbers',
    object: 'maps',
    array: 'lists',
  }
  return names[types[0] ?? ''] ?? 'values'
}
