/**
 * A record as a Seneca envelope and back, over values: a bijection between records and the envelopes written here.
 *
 * Decoding takes any JSON object. What a known member cannot hold (a `type` that is a number) is kept as attribute
 * `seneca.envelope.<member>`; encoding puts an attribute into its place only when decoding gives it back from there,
 * else into `attributes` under its own name. Duplicate attributes: the first gets the place, the others are left out.
 */
import { isHexId } from '../id.ts'
import { setPlain } from '../plain/edit.ts'
import { emptyLog, mapOf } from '../plain/record.ts'
import type { Entry, Group, PlainLog } from '../plain/record.ts'
import { path } from '../path.ts'
import { timeFromText, timeToText } from '../time.ts'
import type { Value, ValueMap } from '../types.ts'
import { isMap, newMap } from '../value.ts'
import {
  attributeForDataKey,
  isSeverityNamed,
  knownMembers,
  MEMBER,
  memberAttributes,
  METADATA,
  placeOfAttribute,
  severityName,
  severityNumber,
} from './places.ts'

const isInt = (value: Value, min: number, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max && value !== 0
const isFullText = (value: Value): value is string => typeof value === 'string' && value !== ''
const timeOf = (value: Value): bigint | undefined =>
  typeof value === 'string' ? timeFromText(value) || undefined : undefined

const resourcePath = path(['resource'])
const scopePath = path(['scope'])

/** Takes a whole `resource` or `scope` member; false when it holds anything a group has no field for, or nothing. */
const takeGroup = (log: PlainLog, at: typeof resourcePath, value: Value): boolean => {
  if (!isMap(value)) return false
  const before = log.group
  try {
    setPlain(log, at, value)
  } catch {
    return false
  }
  const written = at === resourcePath ? resourceMember(log.group) : scopeMember(log.group)
  if (written !== undefined && Object.keys(written).length === Object.keys(value).length) return true
  log.group = before
  return false
}

type Take = (log: PlainLog, value: Value) => boolean

/** What a member does to the record; false when it cannot hold the value. */
const takers: Readonly<Record<string, Take>> = {
  type: (log, value) => isFullText(value) && ((log.eventName = value), true),
  timestamp: (log, value) => (log.time = timeOf(value) ?? 0n) !== 0n,
  observed_timestamp: (log, value) => (log.observedTime = timeOf(value) ?? 0n) !== 0n,
  severity_text: (log, value) => isFullText(value) && ((log.severityText = value), true),
  severity_number: (log, value) => isInt(value, -(2 ** 31), 2 ** 31 - 1) && ((log.severity = value), true),
  flags: (log, value) => isInt(value, 0, 2 ** 32 - 1) && ((log.flags = value), true),
  dropped_attributes_count: (log, value) => isInt(value, 0, 2 ** 32 - 1) && ((log.dropped = value), true),
  trace_id: (log, value) => isHexId(value, 32) && ((log.traceId = value), true),
  span_id: (log, value) => isHexId(value, 16) && ((log.spanId = value), true),
  body: (log, value) => ((log.body = value), true),
  resource: (log, value) => takeGroup(log, resourcePath, value),
  scope: (log, value) => takeGroup(log, scopePath, value),
}

/** `metadata` without its severity, which is the record's own when it is one of the five names. */
const takeMetadata = (log: PlainLog, metadata: ValueMap, into: Entry[]): void => {
  for (const [key, value] of Object.entries(metadata)) {
    const severity = key === 'severity' ? severityNumber(value) : undefined
    if (severity === undefined) into.push([METADATA + key, value])
    else if (log.severity === 0) log.severity = severity
    else if (severityName(log.severity) !== value) into.push([METADATA + key, value])
  }
}

/** The record an envelope says. Takes any object. */
export const plainFromEnvelope = (envelope: ValueMap): PlainLog => {
  const log = emptyLog()
  const front: Entry[] = []
  const back: Entry[] = []
  const { data, metadata, attributes } = envelope
  for (const [key, value] of Object.entries(envelope)) {
    if (!knownMembers.has(key)) front.push([MEMBER + key, value])
    else if (Object.hasOwn(memberAttributes, key)) front.push([memberAttributes[key]!, value])
    else if (key === 'data' || key === 'metadata' || key === 'attributes') {
      if (!isMap(value)) front.push([MEMBER + key, value])
    } else if (!takers[key]!(log, value)) front.push([MEMBER + key, value])
  }
  if (isMap(data)) for (const [key, value] of Object.entries(data)) front.push([attributeForDataKey(key), value])
  if (isMap(metadata)) takeMetadata(log, metadata, front)
  if (isMap(attributes)) back.push(...Object.entries(attributes))
  log.attributes = [...front, ...back]
  return log
}

const resourceMember = (group: Group): ValueMap | undefined => {
  const member = newMap()
  if (group.attributes.length > 0) member['attributes'] = mapOf(group.attributes)
  if (group.dropped !== 0) member['dropped_attributes_count'] = group.dropped
  if (group.schemaUrl !== '') member['schema_url'] = group.schemaUrl
  return Object.keys(member).length > 0 ? member : undefined
}

const scopeMember = (group: Group): ValueMap | undefined => {
  const member = newMap()
  if (group.scopeName !== '') member['name'] = group.scopeName
  if (group.scopeVersion !== '') member['version'] = group.scopeVersion
  if (group.scopeAttributes.length > 0) member['attributes'] = mapOf(group.scopeAttributes)
  if (group.scopeDropped !== 0) member['dropped_attributes_count'] = group.scopeDropped
  if (group.scopeSchemaUrl !== '') member['schema_url'] = group.scopeSchemaUrl
  return Object.keys(member).length > 0 ? member : undefined
}

const put = (map: Record<string, Value>, key: string, value: Value | undefined): void => {
  if (value !== undefined) map[key] = value
}

/** Whether the member stays an attribute `seneca.envelope.<key>` when it is read again. */
const isMisfit = (key: string, value: Value, envelope: ValueMap): boolean => {
  if (key in envelope && key !== 'data' && key !== 'metadata') return false
  if (key === 'data' || key === 'metadata') return !isMap(value) && Object.keys(envelope[key] as ValueMap).length === 0
  const taker = takers[key]
  return taker !== undefined && !taker(emptyLog(), value)
}

/** The envelope of a record: `type`, `data` and `metadata` always, the rest when it is not empty. */
export const envelopeFromPlain = (log: PlainLog): ValueMap => {
  const envelope = newMap()
  const [data, metadata, rest] = [newMap(), newMap(), newMap()]
  const misfits: Entry[] = []
  const seen = new Set<string>()
  const targets = { data, metadata, attributes: rest, member: newMap() }
  for (const [name, value] of log.attributes) {
    if (seen.has(name)) continue
    seen.add(name)
    const place = placeOfAttribute(name)
    if (place.in === 'attributes' && (name.startsWith(MEMBER) || name === `${METADATA}severity`))
      misfits.push([name, value])
    else targets[place.in][place.key] = value
  }
  const members = targets.member
  put(envelope, 'id', members['id'])
  if (log.eventName !== '') envelope['type'] = log.eventName
  put(envelope, 'source', members['source'])
  if (log.time !== 0n) envelope['timestamp'] = timeToText(log.time)
  envelope['data'] = data
  envelope['metadata'] = metadata
  if (log.severity !== 0) metadata['severity'] = severityName(log.severity)
  put(envelope, 'version', members['version'])
  putFields(envelope, log)
  for (const [key, value] of Object.entries(members)) envelope[key] = value
  placeMisfits(envelope, misfits, rest)
  if (Object.keys(rest).length > 0) envelope['attributes'] = rest
  return envelope
}

const putFields = (envelope: Record<string, Value>, log: PlainLog): void => {
  put(envelope, 'body', log.body)
  put(envelope, 'resource', resourceMember(log.group))
  put(envelope, 'scope', scopeMember(log.group))
  if (log.traceId !== '') envelope['trace_id'] = log.traceId
  if (log.spanId !== '') envelope['span_id'] = log.spanId
  if (log.flags !== 0) envelope['flags'] = log.flags
  if (log.severity !== 0 && !isSeverityNamed(log.severity)) envelope['severity_number'] = log.severity
  if (log.severityText !== '') envelope['severity_text'] = log.severityText
  if (log.observedTime !== 0n) envelope['observed_timestamp'] = timeToText(log.observedTime)
  if (log.dropped !== 0) envelope['dropped_attributes_count'] = log.dropped
}

/** Attributes that came from a member holding what it should not: back there if they would come from there again. */
const placeMisfits = (
  envelope: Record<string, Value>,
  misfits: readonly Entry[],
  rest: Record<string, Value>,
): void => {
  const odd = new Map(misfits)
  const take = (name: string, fits: (value: Value) => boolean): Value | undefined => {
    const value = odd.get(name)
    if (value === undefined || !fits(value)) return undefined
    odd.delete(name)
    return value
  }
  const metadata = envelope['metadata'] as Record<string, Value>
  put(
    metadata,
    'severity',
    take(`${METADATA}severity`, (value) => !('severity' in metadata) && severityNumber(value) === undefined),
  )
  for (const name of Array.from(odd.keys())) {
    const key = name.slice(MEMBER.length)
    if (name.startsWith(MEMBER) && key !== 'attributes')
      put(
        envelope,
        key,
        take(name, (value) => isMisfit(key, value, envelope)),
      )
  }
  const attributes = odd.get(`${MEMBER}attributes`)
  const isAlone = odd.size === 1 && Object.keys(rest).length === 0
  if (attributes !== undefined && isAlone && !isMap(attributes)) envelope['attributes'] = attributes
  else for (const [name, value] of odd) rest[name] = value
}
