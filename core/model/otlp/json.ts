/**
 * OTLP/JSON: the protobuf JSON mapping with hex ids and integers as strings. Reading is lenient where the mapping is
 * (numbers or strings, enum names), strict about types; unknown members are ignored.
 */
import { CollectorError } from '../errors.ts'
import { Double } from '../double.ts'
import { bytesToHex, hexToBytes } from '../id.ts'
import { emptyLog } from '../plain/record.ts'
import type { Entry, Group, PlainLog } from '../plain/record.ts'
import { TIME_MAX } from '../time.ts'
import type { Value, ValueMap } from '../types.ts'
import { doubleValue, intValue, newMap, VALUE_DEPTH_MAX } from '../value.ts'

export type Json = Readonly<Record<string, unknown>>

/** An AnyValue as OTLP/JSON has it. */
export const valueToOtlpJson = (value: Value): unknown => {
  switch (typeof value) {
    case 'string':
      return { stringValue: value }
    case 'boolean':
      return { boolValue: value }
    case 'bigint':
      return { intValue: value.toString() }
    case 'number':
      return Number.isInteger(value) ? { intValue: BigInt(value).toString() } : { doubleValue: jsonDouble(value) }
    default:
      if (value === null) return {}
      if (value instanceof Double) return { doubleValue: jsonDouble(value.value) }
      if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
      if (Array.isArray(value)) return { arrayValue: { values: value.map((item: Value) => valueToOtlpJson(item)) } }
      return { kvlistValue: { values: keyValues(Object.entries(value as ValueMap)) } }
  }
}

/** A double; as text where JSON numbers cannot say it. */
export const jsonDouble = (value: number): unknown => {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}

const keyValues = (entries: readonly Entry[]): unknown =>
  entries.map(([key, value]) => ({ key, value: valueToOtlpJson(value) }))

/** Members that are empty are left out. */
const full = (members: Record<string, unknown>): Record<string, unknown> => {
  for (const [key, value] of Object.entries(members)) {
    if (value === '' || value === 0 || value === undefined || (Array.isArray(value) && value.length === 0))
      delete members[key]
  }
  return members
}

/** The members of a record before and after its body. */
const headOf = (log: PlainLog): Record<string, unknown> =>
  full({
    timeUnixNano: log.time === 0n ? undefined : log.time.toString(),
    observedTimeUnixNano: log.observedTime === 0n ? undefined : log.observedTime.toString(),
    severityNumber: log.severity,
    severityText: log.severityText,
    eventName: log.eventName,
  })

const tailOf = (log: PlainLog): Record<string, unknown> =>
  full({
    attributes: keyValues(log.attributes),
    droppedAttributesCount: log.dropped,
    flags: log.flags,
    traceId: log.traceId,
    spanId: log.spanId,
  })

/** JSON text around something that is written between. */
export interface Around {
  readonly before: string
  readonly after: string
}

/** Members put together, with what goes between them. */
const around = (head: Record<string, unknown>, name: string, tail: Record<string, unknown>): Around => {
  const before = JSON.stringify(head).slice(0, -1)
  const after = JSON.stringify(tail).slice(1)
  return {
    before: `${before}${before === '{' ? '' : ','}${JSON.stringify(name)}:`,
    after: `${after === '}' ? '' : ','}${after}`,
  }
}

/** A record around its body, which is not looked at. */
export const logAround = (log: PlainLog): Around => around(headOf(log), 'body', tailOf(log))

/** A ResourceLogs around the records of a group. */
export const groupAround = (group: Group): Around => {
  const resource = full({ attributes: keyValues(group.attributes), droppedAttributesCount: group.dropped })
  const scope = full({
    name: group.scopeName,
    version: group.scopeVersion,
    attributes: keyValues(group.scopeAttributes),
    droppedAttributesCount: group.scopeDropped,
  })
  const outer = around({ resource }, 'scopeLogs', full({ schemaUrl: group.schemaUrl }))
  const inner = around({ scope }, 'logRecords', full({ schemaUrl: group.scopeSchemaUrl }))
  return { before: `${outer.before}[${inner.before}[`, after: `]${inner.after}]${outer.after}` }
}

export const otlpJsonOfLog = (log: PlainLog): string =>
  JSON.stringify({
    ...headOf(log),
    ...(log.body === undefined ? {} : { body: valueToOtlpJson(log.body) }),
    ...tailOf(log),
  })

export const fail = (reason: string): never => {
  throw new CollectorError('invalid_data', `OTLP/JSON: ${reason}`)
}
export const objectOf = (value: unknown, what: string): Json => {
  if (value === undefined || value === null) return {}
  return typeof value === 'object' && !Array.isArray(value) ? (value as Json) : fail(`${what} is no object`)
}
export const listOf = (value: unknown, what: string): readonly unknown[] => {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : fail(`${what} is no list`)
}
export const textOf = (value: unknown, what: string): string => {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : fail(`${what} is no string`)
}
export const bigOf = (value: unknown, what: string): bigint => {
  if (value === undefined || value === null) return 0n
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value) ? BigInt(value) : fail(`${what} is no whole number`)
}
export const rangeOf = (value: unknown, what: string, max: bigint): bigint => {
  const big = bigOf(value, what)
  return big >= 0n && big <= max ? big : fail(`${what} is out of range`)
}
export const int32Of = (value: unknown, what: string): number => {
  const int = bigOf(value, what)
  return int >= -(2n ** 31n) && int < 2n ** 31n ? Number(int) : fail(`${what} is out of range`)
}
export const boolOf = (value: unknown, what: string): boolean =>
  typeof value === 'boolean' ? value : fail(`${what} is no boolean`)
export const uintOf = (value: unknown, what: string): number => Number(rangeOf(value, what, 0xffff_ffffn))
export const idOf = (value: unknown, digits: number, what: string): string => {
  const text = textOf(value, what)
  const bytes = hexToBytes(text)
  if (text === '' || (bytes && bytes.every((byte) => byte === 0))) return ''
  return bytes && text.length === digits ? bytesToHex(bytes) : fail(`${what} is not ${digits} hex digits`)
}

const severities = ['UNSPECIFIED', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

const severityOf = (value: unknown): number => {
  if (typeof value !== 'string' || !value.startsWith('SEVERITY_NUMBER_')) return int32Of(value, 'severityNumber')
  const match = /^SEVERITY_NUMBER_([A-Z]+?)([2-4])?$/.exec(value)
  const band = match ? severities.indexOf(match[1]!) : -1
  if (band < 0) return fail(`severityNumber ${JSON.stringify(value)}`)
  return band === 0 ? 0 : band * 4 - 3 + (match![2] ? Number(match![2]) - 1 : 0)
}

const DOUBLE = /^(?:-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|-?Infinity|NaN)$/

/** A double; as text too, with the names of what JSON numbers cannot say. */
export const numberOf = (value: unknown, what: string): number => {
  if (typeof value === 'bigint') return Number(value)
  // What is too large for a double was parsed as infinity.
  if (typeof value === 'number') return Number.isFinite(value) ? value : fail(`${what} is out of range`)
  return typeof value === 'string' && DOUBLE.test(value) ? Number(value) : fail(`${what} is no number`)
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/

/** Base64 in either alphabet, padded or not. */
const bytesOf = (value: unknown, what: string): Uint8Array => {
  const text = textOf(value, what)
  return BASE64.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : fail(`${what} is no base64`)
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

const readAny = (input: unknown, depth: number): Value => {
  if (depth > VALUE_DEPTH_MAX) return fail(`nested deeper than ${VALUE_DEPTH_MAX}`)
  const value = objectOf(input, 'a value')
  if (isGiven(value['stringValue'])) return textOf(value['stringValue'], 'stringValue')
  if (isGiven(value['boolValue'])) return boolOf(value['boolValue'], 'boolValue')
  if (isGiven(value['intValue']))
    return intValue(bigOf(value['intValue'], 'intValue')) ?? fail('intValue is out of range')
  if (isGiven(value['doubleValue'])) return doubleValue(numberOf(value['doubleValue'], 'doubleValue'))
  if (isGiven(value['bytesValue'])) return bytesOf(value['bytesValue'], 'bytesValue')
  if (value['arrayValue'] !== undefined) {
    return listOf(objectOf(value['arrayValue'], 'arrayValue')['values'], 'values').map((item) =>
      readAny(item, depth + 1),
    )
  }
  if (value['kvlistValue'] === undefined) return null
  const map = newMap()
  for (const [key, item] of readEntries(objectOf(value['kvlistValue'], 'kvlistValue')['values'], depth + 1)) {
    if (!(key in map)) map[key] = item
  }
  return map
}

/** A list of KeyValues. */
export const entriesFromJson = (input: unknown): Entry[] => readEntries(input, 0)

const readEntries = (input: unknown, depth: number): Entry[] =>
  listOf(input, 'attributes').map((item) => {
    const entry = objectOf(item, 'an attribute')
    return [textOf(entry['key'], 'key'), readAny(entry['value'], depth)]
  })

const readRecord = (input: unknown, group: Group): PlainLog => {
  const from = objectOf(input, 'a log record')
  return {
    ...emptyLog(),
    time: rangeOf(from['timeUnixNano'], 'timeUnixNano', TIME_MAX),
    observedTime: rangeOf(from['observedTimeUnixNano'], 'observedTimeUnixNano', TIME_MAX),
    severity: severityOf(from['severityNumber']),
    severityText: textOf(from['severityText'], 'severityText'),
    eventName: textOf(from['eventName'], 'eventName'),
    body: from['body'] === undefined || from['body'] === null ? undefined : readAny(from['body'], 0),
    attributes: readEntries(from['attributes'], 0),
    dropped: uintOf(from['droppedAttributesCount'], 'droppedAttributesCount'),
    flags: uintOf(from['flags'], 'flags'),
    traceId: idOf(from['traceId'], 32, 'traceId'),
    spanId: idOf(from['spanId'], 16, 'spanId'),
    group,
  }
}

/** All records of a parsed request. Throws `CollectorError('invalid_data')`. */
export const plainFromOtlpJson = (input: unknown): PlainLog[] => {
  const request =
    input !== null && typeof input === 'object' ? objectOf(input, 'the request') : fail('the request is no object')
  const logs: PlainLog[] = []
  for (const resourceItem of listOf(request['resourceLogs'], 'resourceLogs')) {
    const resourceLogs = objectOf(resourceItem, 'resourceLogs')
    const resource = objectOf(resourceLogs['resource'], 'resource')
    for (const scopeItem of listOf(resourceLogs['scopeLogs'], 'scopeLogs')) {
      const scopeLogs = objectOf(scopeItem, 'scopeLogs')
      const scope = objectOf(scopeLogs['scope'], 'scope')
      const group: Group = {
        attributes: readEntries(resource['attributes'], 0),
        dropped: uintOf(resource['droppedAttributesCount'], 'droppedAttributesCount'),
        schemaUrl: textOf(resourceLogs['schemaUrl'], 'schemaUrl'),
        scopeName: textOf(scope['name'], 'scope name'),
        scopeVersion: textOf(scope['version'], 'scope version'),
        scopeAttributes: readEntries(scope['attributes'], 0),
        scopeDropped: uintOf(scope['droppedAttributesCount'], 'droppedAttributesCount'),
        scopeSchemaUrl: textOf(scopeLogs['schemaUrl'], 'schemaUrl'),
      }
      for (const item of listOf(scopeLogs['logRecords'], 'logRecords')) logs.push(readRecord(item, group))
    }
  }
  return logs
}
