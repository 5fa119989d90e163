/**
 * What a record says as a flat list of facts, path → JSON text: the way people compare records. A record has two faces:
 * `record`, its fields as the transformation language names them (`attributes["k"]`), and `event`, the envelope
 * (`data.agent_id`). Fields that are unset are no facts.
 */
import { isList, isMap, valueFromJson, valueToJson } from '../../model/index.ts'
import type { Batch, Signal, Value } from '../../model/index.ts'

export type Facts = ReadonlyMap<string, string>
export type Face = 'record' | 'event'

const around = ['resource.attributes', 'resource.schema_url', 'scope.name', 'scope.version', 'scope.attributes']

const fieldsOf = (text: string): readonly string[] => [...text.trim().split(/\s+/), ...around]

const fields: Readonly<Record<Signal, readonly string[]>> = {
  logs: fieldsOf(`
    event_name time_unix_nano observed_time_unix_nano severity_number severity_text body attributes
    dropped_attributes_count trace_id span_id flags`),
  traces: fieldsOf(`
    name kind trace_id span_id parent_span_id trace_state start_time_unix_nano end_time_unix_nano attributes
    dropped_attributes_count events dropped_events_count links dropped_links_count status flags`),
  metrics: fieldsOf(`
    name description unit type aggregation_temporality is_monotonic metadata data_points`),
}

const indexed = (path: string, key: string): string => `${path}[${JSON.stringify(key)}]`
const dotted = (path: string, key: string): string => {
  if (path === '') return key
  return /^[A-Za-z_][\w-]*$/.test(key) ? `${path}.${key}` : indexed(path, key)
}

/** A value and, of maps and lists, all that is below it. */
const put = (facts: Map<string, string>, path: string, value: Value, below: typeof indexed): void => {
  if (isList(value) && value.length > 0) value.forEach((item, i) => put(facts, `${path}[${i}]`, item, below))
  else if (isMap(value) && Object.keys(value).length > 0) {
    for (const [key, inner] of Object.entries(value)) put(facts, below(path, key), inner, below)
  } else facts.set(path, valueToJson(value))
}

const isUnset = (value: Value): boolean =>
  value === '' ||
  value === 0 ||
  value === false ||
  (isMap(value) && Object.keys(value).length === 0) ||
  (isList(value) && value.length === 0)

/** Fields that are messages: what is unset inside them is no fact either. */
const messages: ReadonlySet<string> = new Set(['events', 'links', 'status', 'data_points'])
const unsetTexts: ReadonlySet<string> = new Set(['0', '""', '{}', '[]'])
const isUnsetText = (path: string, field: string, text: string): boolean =>
  path.startsWith(field) && unsetTexts.has(text) && !path.includes('attributes')

/** Of a batch of one record. */
export const factsOf = (batch: Batch, face: Face): Facts => {
  const facts = new Map<string, string>()
  if (face === 'event') {
    put(facts, '', valueFromJson(Buffer.concat(batch.encode('envelope')).toString()), dotted)
    return facts
  }
  const record = batch.at(0)
  for (const field of fields[batch.signal]) {
    const value = record.get(field.split('.'))
    if (value === undefined || (field !== 'body' && isUnset(value))) continue
    put(facts, field, value, indexed)
    if (messages.has(field)) for (const [path, text] of facts) if (isUnsetText(path, field, text)) facts.delete(path)
  }
  return facts
}
