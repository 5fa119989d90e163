/** Records as protobufjs says them, and values as it would. */
import { Double } from '../double.ts'
import type { Attributes, Value } from '../types.ts'
import { metricsTypes, tracesType } from './otlp-proto.ts'
import { readWith } from './requests.ts'

export type Json = Record<string, unknown>
export type MessageSignal = 'metrics' | 'traces'

const names = {
  metrics: { resources: 'resourceMetrics', scopes: 'scopeMetrics', records: 'metrics' },
  traces: { resources: 'resourceSpans', scopes: 'scopeSpans', records: 'spans' },
} as const
const emptyScope = { attributes: [], name: '', version: '', droppedAttributesCount: 0 }
const emptyResource = { attributes: [], droppedAttributesCount: 0 }

/** Each record with what stands around it, as protobufjs reads it. */
export const flat = (signal: MessageSignal, bytes: Uint8Array): Json[] => {
  const { resources, scopes, records } = names[signal]
  const request = readWith(signal === 'traces' ? tracesType : metricsTypes.packed, bytes)
  return (request[resources] as Json[]).flatMap((one) =>
    (one[scopes] as Json[]).flatMap((inner) =>
      (inner[records] as Json[]).map((record) => ({
        record,
        resource: one['resource'] ?? emptyResource,
        resourceUrl: one['schemaUrl'],
        scope: inner['scope'] ?? emptyScope,
        scopeUrl: inner['schemaUrl'],
      })),
    ),
  )
}

/** A value as protobufjs says it. */
export const anyValue = (value: Value): Json => {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (value instanceof Double) return { doubleValue: value.value }
  if (typeof value === 'number' && !Number.isInteger(value)) return { doubleValue: value }
  if (typeof value === 'number' || typeof value === 'bigint') return { intValue: value.toString() }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return { arrayValue: { values: value.map((item: Value) => anyValue(item)) } }
  return { kvlistValue: { values: entriesOf(Object.entries(value as Json) as [string, Value][]) } }
}
export const entriesOf = (entries: Iterable<readonly [string, Value]> | Attributes): Json[] =>
  Array.from(entries, ([key, value]) => ({ key, value: anyValue(value) }))
export const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
