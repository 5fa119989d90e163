/**
 * Where a value stands, in the words of a configuration: `agent_id` or `data.agent_id` (a key of the envelope's data),
 * `body.agents`, `attributes.NAME`, `resource.NAME` (an attribute's whole name, dots included), `event_name`. Inside a
 * map a name leads on, inside a list a number.
 */
import { attributeForDataKey, Double, isList, isMap, path, type LogRecord, type Value } from 'seneca-collector'

export type Read = (record: LogRecord) => Value | undefined

const stepOf = (part: string): string | number => (/^\d+$/.test(part) ? Number(part) : part)

const keysOf = (text: string): (string | number)[] => {
  const [first = '', ...rest] = text.split('.')
  if (first === 'attributes' && rest.length > 0) return ['attributes', rest.join('.')]
  if (first === 'resource' && rest.length > 0) return ['resource', 'attributes', rest.join('.')]
  if (first === 'body') return ['body', ...rest.map(stepOf)]
  if (text === 'event_name' || text === 'trace_id') return [text]
  const [key = '', ...inner] = first === 'data' && rest.length > 0 ? rest : [first, ...rest]
  return ['attributes', attributeForDataKey(key), ...inner.map(stepOf)]
}

/** What is wrong with it, as a sentence. */
export const placeProblem = (text: string): string | undefined =>
  text.split('.').includes('') ? `'${text}' is no place: a part of it is empty` : undefined

/** What it is called: its last part. */
export const placeName = (text: string): string => text.slice(text.lastIndexOf('.') + 1)

export const placeOf = (text: string): Read => {
  const handle = path(keysOf(text))
  return (record) => {
    const value = record.get(handle)
    return value === undefined ? undefined : plain(value)
  }
}

/** Inside a row. */
export const inRow = (row: Value | undefined, text: string): Value | undefined =>
  text.split('.').reduce<Value | undefined>((at, part) => {
    if (isMap(at)) return Object.hasOwn(at, part) ? at[part] : undefined
    return isList(at) && /^\d+$/.test(part) ? at[Number(part)] : undefined
  }, row)

/** Numbers as plain ones, so that what was saved and what is seen compare and serialize alike. */
export const plain = (value: Value): Value => {
  if (value instanceof Double) return value.value
  if (isList(value)) return value.map(plain)
  if (isMap(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  return value
}

/** A key as text; maps, lists and nothing are no keys. */
export const keyText = (value: Value | undefined): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : undefined
