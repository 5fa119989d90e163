/** What the registry says about one event. */
import { dataKeyForAttribute, path, type LogRecord, type Value } from 'seneca-collector'
import { compareVersions, isVersion, type Schemas } from 'seneca-collector/schemas'
import { plain } from './plain.ts'

export type Verdict =
  | { readonly is: 'valid' | 'unknown_type' | 'newer' | 'older' }
  | { readonly is: 'refused'; readonly reason: string }

const version = path(['attributes', 'seneca.schema_version'])

/** The event's `data` as plain JSON values: `event.data` of the transformation language, without a copy in between. */
export const readData = (record: LogRecord): object => {
  // `__proto__` is a key like any other; the first of two of one name counts.
  const data = Object.create(null) as Record<string, unknown>
  for (const [name, value] of record.attributes) {
    const key = dataKeyForAttribute(name)
    if (key !== undefined && !(key in data)) data[key] = plain(value)
  }
  return data
}

export const versionOf = (record: LogRecord): Value | undefined => record.get(version)

/** `older`: of an older version that has no schema and no migration, so nothing can be said about it. */
export const judge = (schemas: Schemas, record: LogRecord, data: object): Verdict => {
  const latest = schemas.latest(record.eventName)
  if (latest === undefined) return { is: 'unknown_type' }
  const given = versionOf(record)
  if (given === undefined || given === null) return { is: 'refused', reason: "/version: must be there, such as '1.0'" }
  if (typeof given !== 'string' || !isVersion(given))
    return { is: 'refused', reason: "/version: must be text such as '1.0'" }
  if (compareVersions(given, latest.version) > 0) return { is: 'newer' }
  const schema = schemas.versions(record.eventName).find((one) => compareVersions(one.version, given) === 0)
  if (schema === undefined) return { is: 'older' }
  const breach = schema.check(data)
  if (breach === undefined) return { is: 'valid' }
  return { is: 'refused', reason: `/data${breach.path}: ${breach.message}` }
}
