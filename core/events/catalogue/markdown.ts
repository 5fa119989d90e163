/** The catalogue as a page of documentation. */
import { topicOf } from '../topics.ts'
import { catalogue, type EventType, type JsonSchemaValue } from './index.ts'
import { contextFields } from './define.ts'

const kindText = (schema: JsonSchemaValue): string => {
  const {
    type,
    anyOf,
    enum: choices,
    items,
    const: only,
  } = schema as {
    type?: string
    anyOf?: JsonSchemaValue[]
    enum?: unknown[]
    items?: JsonSchemaValue
    const?: unknown
  }
  if (choices !== undefined) return choices.map((choice) => `\`${String(choice)}\``).join(', ')
  if (only !== undefined) return `\`${JSON.stringify(only)}\``
  if (anyOf !== undefined) return anyOf.map(kindText).join(' or ')
  if (type === 'array') return items === undefined ? 'list' : `list of ${kindText(items)}s`
  if (type === 'object') return 'map'
  return type ?? 'any'
}

const fieldLines = ({ schema }: EventType): string[] => {
  const { properties, required } = schema as {
    properties: Readonly<Record<string, JsonSchemaValue>>
    required: readonly string[]
  }
  const declared = Object.entries(properties).filter(
    ([name, kind]) => required.includes(name) || !contextFields.includes(name) || kind['anyOf'] === undefined,
  )
  return declared.map(
    ([name, kind]) => `- \`${name}\`${required.includes(name) ? '' : ' (optional)'}: ${kindText(kind)}`,
  )
}

const section = (entry: EventType): string =>
  [
    `### ${entry.type}`,
    '',
    `${entry.summary} Topic \`${topicOf(entry.type)}\`, severity \`${entry.severity}\`, category \`${entry.category}\`.`,
    `Source: ${entry.canonical}. One fact is told from another by ${entry.key.map((key) => `\`${key}\``).join(', ')}.`,
    '',
    ...fieldLines(entry),
    '',
    '```json',
    JSON.stringify(entry.example),
    '```',
  ].join('\n')

const groups = (): Map<string, EventType[]> => Map.groupBy(catalogue, ({ type }) => type.split('.', 1)[0] ?? type)

/** Every type with its fields and an example, grouped by subject. */
export const catalogueMarkdown = (): string =>
  [...groups()].map(([subject, entries]) => `## ${subject}\n\n${entries.map(section).join('\n\n')}\n`).join('\n')
