/**
 * Where a record's parts stand in a Seneca envelope. One table of rules, used by the codec over values and by the JSON
 * layout over bytes, so that the two cannot differ.
 *
 *   envelope                     record
 *   id, source, version          attributes log.record.uid, seneca.source, seneca.schema_version
 *   type, timestamp              event_name, time
 *   data.<key>                   the attribute of envelope-names.ts
 *   metadata.severity            severity 5/9/13/17/21 (other numbers: the nearest below, and member severity_number)
 *   metadata.<key>               attribute seneca.metadata.<key>
 *   attributes.<name>            any attribute that has no place above
 *   body, resource, scope, trace_id, span_id, flags, severity_number, severity_text, observed_timestamp,
 *   dropped_attributes_count     the field; absent when empty
 *   <other member>               attribute seneca.envelope.<member>, as is a member of the above that holds no such value
 */
import { attributeForDataKey, dataKeyForAttribute } from '../envelope-names.ts'

export const UID = 'log.record.uid'
export const SOURCE = 'seneca.source'
export const VERSION = 'seneca.schema_version'
export const METADATA = 'seneca.metadata.'
export const MEMBER = 'seneca.envelope.'

const wholeAttributes: Readonly<Record<string, string>> = { [UID]: 'id', [SOURCE]: 'source', [VERSION]: 'version' }
export const memberAttributes: Readonly<Record<string, string>> = { id: UID, source: SOURCE, version: VERSION }

/** Members with a meaning of their own; any other is an attribute `seneca.envelope.<member>`. */
export const knownMembers: ReadonlySet<string> = new Set([
  'id',
  'type',
  'source',
  'timestamp',
  'data',
  'metadata',
  'version',
  'attributes',
  'body',
  'resource',
  'scope',
  'trace_id',
  'span_id',
  'flags',
  'severity_number',
  'severity_text',
  'observed_timestamp',
  'dropped_attributes_count',
])

export type Place =
  | { readonly in: 'member'; readonly key: string }
  | { readonly in: 'data' | 'metadata' | 'attributes'; readonly key: string }

/** The place an attribute has by its name alone. `metadata.severity` and misfits of known members are never given here. */
export const placeOfAttribute = (name: string): Place => {
  const whole = Object.hasOwn(wholeAttributes, name) ? wholeAttributes[name] : undefined
  if (whole !== undefined) return { in: 'member', key: whole }
  const key = dataKeyForAttribute(name)
  if (key !== undefined) return { in: 'data', key }
  if (name.startsWith(METADATA) && name !== `${METADATA}severity`)
    return { in: 'metadata', key: name.slice(METADATA.length) }
  if (name.startsWith(MEMBER) && !knownMembers.has(name.slice(MEMBER.length))) {
    return { in: 'member', key: name.slice(MEMBER.length) }
  }
  return { in: 'attributes', key: name }
}

export { attributeForDataKey }

export const severityNames = ['debug', 'info', 'warning', 'error', 'critical'] as const
export const severityNumbers = [5, 9, 13, 17, 21] as const

/** The number `metadata.severity` stands for. */
export const severityNumber = (name: unknown): number | undefined => {
  const at = typeof name === 'string' ? (severityNames as readonly string[]).indexOf(name) : -1
  return at < 0 ? undefined : severityNumbers[at]
}

/** The name of a severity's band; anything below `info` is `debug`. */
export const severityName = (severity: number): string =>
  severityNames[severity < 9 ? 0 : Math.min(4, Math.floor((severity - 5) / 4))]!

export const isSeverityNamed = (severity: number): boolean => (severityNumbers as readonly number[]).includes(severity)
