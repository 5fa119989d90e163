/** How a type of event is written down: its fields in a short notation, and what goes with it. */
export type Severity = 'debug' | 'info' | 'warning' | 'error' | 'critical'
export type Category =
  | 'agent_management'
  | 'project_management'
  | 'task_execution'
  | 'system'
  | 'mcp'
  | 'analysis'
  | 'alert'

export type JsonSchemaValue = { readonly [key: string]: unknown }

export interface EventType {
  readonly type: string
  /** One sentence. */
  readonly summary: string
  readonly version: string
  readonly category: Category
  readonly severity: Severity
  /** Keys of `data` that tell one fact from another; several facts with the same ones are counted. */
  readonly key: readonly string[]
  /** The trace that settles the fact in Marcus 0.3.8. */
  readonly canonical: string
  /** JSON Schema (2020-12) of `data`. */
  readonly schema: JsonSchemaValue
  /** A valid `data`. */
  readonly example: { readonly [key: string]: unknown }
}

const string = { type: 'string' }
const kinds: Readonly<Record<string, JsonSchemaValue>> = {
  string,
  text: string,
  int: { type: 'integer' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  strings: { type: 'array', items: string },
  map: { type: 'object' },
  maps: { type: 'array', items: { type: 'object' } },
  list: { type: 'array' },
  any: {},
  time: { type: 'string', format: 'date-time' },
}

const kindOf = (kind: string): JsonSchemaValue => {
  const options = kind.split('|')
  if (options.length === 1) return kinds[kind] ?? { const: kind }
  const nullable = options.includes('null')
  const rest = options.filter((option) => option !== 'null')
  if (nullable && rest.length === 1) return { anyOf: [kindOf(rest[0]!), { type: 'null' }] }
  if (rest.every((option) => kinds[option] === undefined)) return { enum: nullable ? [...rest, null] : rest }
  return { anyOf: options.map((option) => (option === 'null' ? { type: 'null' } : kindOf(option))) }
}

/** What makes an event readable alone; any event may carry it. */
export const contextFields: readonly string[] = [
  'agent_name',
  'agent_role',
  'task_name',
  'project_id',
  'project_name',
  'parent_id',
]

export type Fields = Readonly<Record<string, string>>

export interface Definition {
  readonly summary: string
  /** `name` or `name?` → a kind: string, int, number, boolean, strings, map, list, any, time, `a|b` for one of, `…|null`. */
  readonly fields: Fields
  readonly key: readonly string[]
  readonly from: string
  readonly example: { readonly [key: string]: unknown }
  readonly severity?: Severity
  /** Data of any shape. */
  readonly open?: boolean
}

const schemaOf = ({ fields, open }: Definition): JsonSchemaValue => {
  const properties: Record<string, JsonSchemaValue> = {}
  for (const name of contextFields) properties[name] = { anyOf: [string, { type: 'null' }] }
  for (const [name, kind] of Object.entries(fields)) properties[name.replace(/\?$/, '')] = kindOf(kind)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties,
    required: Object.keys(fields).filter((name) => !name.endsWith('?')),
    additionalProperties: open === true,
  }
}

export const define = (category: Category, definitions: Readonly<Record<string, Definition>>): readonly EventType[] =>
  Object.entries(definitions).map(([type, definition]) => ({
    type,
    summary: definition.summary,
    version: '1.0',
    category,
    severity: definition.severity ?? 'info',
    key: definition.key,
    canonical: definition.from,
    schema: schemaOf(definition),
    example: definition.example,
  }))
