/** The option table of a plugin's README, printed from its schema. */
import type { JsonSchema } from 'seneca-collector'

interface Row {
  readonly key: string
  readonly type: string
  readonly fallback: string
  readonly description: string
}

const typeName = (schema: JsonSchema): string => {
  if (schema.secret) return 'secret'
  if (schema.format === 'duration' || schema.format === 'bytesize') return schema.format
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ')
  const variants = schema.oneOf ?? schema.anyOf
  if (variants) return [...new Set(variants.map(typeName))].join(' or ')
  if (schema.type === 'array') return `list of ${schema.items ? typeName(schema.items) : 'any'}`
  return typeof schema.type === 'string' ? schema.type : (schema.type?.join(' or ') ?? 'any')
}

const fallbackOf = (schema: JsonSchema, required: boolean): string => {
  if (required) return 'required'
  return schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``
}

const rows = (schema: JsonSchema, prefix = ''): Row[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const key = `${prefix}${name}`
    const row: Row = {
      key,
      type: typeName(property),
      fallback: fallbackOf(property, schema.required?.includes(name) ?? false),
      description: property.description ?? '',
    }
    const nested = property.type === 'array' && property.items?.properties ? property.items : property
    return [row, ...rows(nested, `${key}${nested === property ? '' : '[]'}.`)]
  })

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/** Markdown, ending without a newline. */
export const optionsTable = (schema: JsonSchema): string => {
  const all = rows(schema)
  if (all.length === 0) return 'It has no options.'
  const lines = all.map(
    (row) => `| \`${row.key}\` | ${cell(row.type)} | ${cell(row.fallback)} | ${cell(row.description)} |`,
  )
  return ['| option | type | default | what it does |', '| --- | --- | --- | --- |', ...lines].join('\n')
}

const BEGIN = '<!-- options -->'
const END = '<!-- /options -->'

/** The README with its table renewed; undefined when it has no markers. */
export const withOptionsTable = (readme: string, schema: JsonSchema): string | undefined => {
  const from = readme.indexOf(BEGIN)
  const to = readme.indexOf(END)
  if (from < 0 || to < from) return undefined
  return `${readme.slice(0, from + BEGIN.length)}\n\n${optionsTable(schema)}\n\n${readme.slice(to)}`
}
