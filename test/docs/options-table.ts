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

/** Fewer options than this are rather told of again. */
const MANY = 4

/** Where most of what a section takes stands already, around it; undefined when it is a section of its own. */
const sameAs = (schema: JsonSchema, around: ReadonlyMap<JsonSchema, string>): string | undefined => {
  const again = Object.values(schema.properties ?? {}).filter((inner) => around.has(inner))
  return again.length < MANY ? undefined : around.get(again[0]!)
}

/** `above`: what stands around, and where; a section that comes back inside itself is not told of twice. */
const rows = (schema: JsonSchema, prefix = '', above: ReadonlyMap<JsonSchema, string> = new Map()): Row[] => {
  const comesBack = sameAs(schema, above) !== undefined
  const own = Object.entries(schema.properties ?? {}).filter(([, property]) => !comesBack || !above.has(property))
  const around = new Map([...above, ...own.map(([, property]) => [property, prefix] as const)])
  return own.flatMap(([name, property]) => {
    const key = `${prefix}${name}`
    const nested = property.type === 'array' && property.items?.properties ? property.items : property
    const same = sameAs(nested, around)
    const told = same === undefined ? '' : ` With the options of \`${same.slice(0, -1)}\`.`
    const row: Row = {
      key,
      type: typeName(property),
      fallback: fallbackOf(property, schema.required?.includes(name) ?? false),
      description: `${property.description ?? ''}${told}`,
    }
    return [row, ...rows(nested, `${key}${nested === property ? '' : '[]'}.`, around)]
  })
}

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
